"""The assertion that the walls stand, made by every process before it does anything, and by the tests."""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from tenants.acting import DatabaseRole
from tenants.database import engine

# Older minor versions leak rows through planner statistics (CVE-2025-8713) or lack transaction_timeout.
OLDEST_SERVER = 180000
# Alembic's own bookkeeping holds one revision name; no runtime role is granted anything on it.
WITHOUT_WALLS = frozenset({"alembic_version"})
# Functions that run as their owner; each filters by itself, has a fixed search_path, and is tested for it.
DEFINER_FUNCTIONS = frozenset(
    {
        "agreements_for_others",
        "feed_looked_up",
        "feed_opened",
        "feed_snapshot",
        "feed_told",
        "find_group",
        "list_groups",
        "member_may_open",
        "overseen_agreements",
        "overseen_cases",
        "overseen_restrictions",
        "processors_of_others",
        "received_by_subject",
        "refresh_statistics",
        "shared_page",
        "shared_person",
    }
)


class WallsBroken(Exception):
    """What is wrong with the database or the role; the process must not start."""


def check(role: DatabaseRole) -> None:
    """Raises WallsBroken with every finding."""
    with engine(role).connect() as connection:
        findings = [*_of_the_role(connection, role), *_of_the_server(connection), *_of_the_tables(connection)]
    if findings:
        raise WallsBroken("; ".join(findings))


def _of_the_role(connection: Connection, role: DatabaseRole) -> Iterator[str]:
    name, attributes, owned, inherits = connection.execute(
        text("""
            SELECT r.rolname,
                   r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication,
                   EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid),
                   EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid AND (
                       m.inherit_option OR m.admin_option OR r.rolname <> 'seloste_owner'
                       OR m.roleid::regrole::text <> 'seloste_door'))
            FROM pg_roles r WHERE r.rolname = current_user
        """)
    ).one()
    if name != f"seloste_{role}":
        yield f"logged in as {name}, not as seloste_{role}"
    if attributes:
        yield f"{name} has an attribute that passes or rebuilds the walls"
    if owned and role is not DatabaseRole.OWNER:
        yield f"{name} owns tables"
    if inherits:
        yield f"{name} is a member of another role"


def _of_the_server(connection: Connection) -> Iterator[str]:
    version = int(connection.scalar(text("SHOW server_version_num")) or 0)
    if version < OLDEST_SERVER:
        yield f"PostgreSQL {version} is older than {OLDEST_SERVER}"


def _of_the_tables(connection: Connection) -> Iterator[str]:
    rows = connection.execute(
        text("""
            SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
                   EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
            FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname
        """)
    ).all()
    if not rows:
        yield "there are no tables; run `seloste migrate`"
    for name, forced, has_policy in rows:
        if name not in WITHOUT_WALLS and not (forced and has_policy):
            yield f"table {name} has no forced row-level security or no policy"

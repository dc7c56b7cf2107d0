"""Policies that every table has, drawn from the catalogue after the migrations, so that no new table is forgotten.

Restrictive ones come on top of what a table's own migration lets through. Drawn again, they change nothing.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from tenants.acting import DatabaseRole
from tenants.database import engine
from tenants.migrations.walls import GROUP, once

# What a page needs that says that a group is suspended, and what verifies signatures that were made before.
OPEN_ALWAYS = frozenset({"groups", "companies", "signing_keys", "directory"})
# A subquery without columns of the table: answered once for a statement, and only if a row is looked at.
_OPEN = (
    "(SELECT CASE WHEN own.suspended_at IS NULL THEN true ELSE refuse_suspended() END"
    f" FROM groups AS own WHERE own.{once(GROUP)}) IS NOT NULL"
)

# The group that is acted for, once its erasure was confirmed. Through the policy of `groups` itself it sees no other.
_ERASED = f"{GROUP} AND group_id = ANY(ARRAY(SELECT own.group_id FROM groups AS own WHERE own.erasing_at IS NOT NULL))"
_ERASED_ITSELF = f"{GROUP} AND erasing_at IS NOT NULL"

_TABLES = text("""
    SELECT c.relname FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'group_id' AND NOT a.attisdropped
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
     ORDER BY c.relname
""")
_POLICIES = text("SELECT tablename || ' ' || policyname FROM pg_policies WHERE schemaname = current_schema()")


def draw() -> None:
    """As the owner of the tables."""
    with engine(DatabaseRole.OWNER).begin() as connection:
        draw_in(connection)


def draw_in(connection: Connection) -> None:
    """In the connection's first schema and its open transaction."""
    there = set(connection.scalars(_POLICIES))
    for table in connection.scalars(_TABLES).all():
        for name, statements in _policies(table):
            if f"{table} {name}" not in there:
                _draw(connection, statements)


def _policies(table: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    if table not in OPEN_ALWAYS:
        # Without a grant the door gives nothing, so one table of those that it reads is enough.
        roles = "seloste_app, seloste_portal" + ", seloste_door" * (table == "sharing_grants")
        closed = f"AS RESTRICTIVE FOR ALL TO {roles} USING ({_OPEN}) WITH CHECK ({_OPEN})"
        yield f"{table}_open", (f"CREATE POLICY {table}_open ON {table} {closed}",)
    erased = _ERASED_ITSELF if table == "groups" else _ERASED
    for role, command, where in (
        ("exporter", "SELECT", GROUP),
        ("eraser", "SELECT", erased),
        ("eraser", "DELETE", erased),
    ):
        name = f"{table}_{role}_{command.lower()}"
        policy = f"CREATE POLICY {name} ON {table} FOR {command} TO seloste_{role} USING ({once(where)})"
        yield name, (f"GRANT {command} ON {table} TO seloste_{role}", policy)


def _draw(connection: Connection, statements: tuple[str, ...]) -> None:
    for statement in statements:
        connection.execute(text(statement))

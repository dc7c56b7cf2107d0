"""A page of a share looks at the persons on it: whoever was noted behind it is not gone through to be passed by."""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"

SHARED_PAGE = "shared_page(uuid, uuid, uuid, integer)"
# No condition of an index: with the first part true, all that was ever noted of the scope was read.
UP_TO = """AND ((SELECT count(*) FROM found) < most
                   OR d.person_id < (SELECT f.person_id FROM found f ORDER BY f.person_id DESC LIMIT 1))"""
# Whoever is last on a full page is found on it, whether some of their records are on the next one or not.
IN_RANGE = """AND d.person_id <= (
                SELECT CASE WHEN count(*) < most THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid
                            ELSE (SELECT f.person_id FROM found f ORDER BY f.person_id DESC LIMIT 1) END
                FROM found)"""

# A question that is no join is asked row by row, by the key.
IS_NEW = """NOT EXISTS (SELECT FROM disclosures d WHERE d.group_id = the_group AND d.scope_id = given.scope_id
                                AND d.person_id = f.person_id AND d.until IS NULL)"""
BY_KEY = f"({IS_NEW.removeprefix('NOT EXISTS (').replace('SELECT FROM', 'SELECT true FROM')} IS NULL"
CHANGES = ((UP_TO, IN_RANGE), (IS_NEW, BY_KEY))


def upgrade() -> None:
    rewrite(*CHANGES)


def downgrade() -> None:
    rewrite(*((after, before) for before, after in CHANGES))


def rewrite(*places: tuple[str, str]) -> None:
    """As it stands in the catalogue, with these places changed."""
    op.execute("GRANT CREATE ON SCHEMA public TO seloste_door")
    op.execute("SET LOCAL ROLE seloste_door")
    asked = sa.text("SELECT pg_get_functiondef(CAST(:function AS regprocedure))")
    text = op.get_bind().execute(asked, {"function": SHARED_PAGE}).scalar_one()
    for before, after in places:
        if before not in text:
            raise RuntimeError(f"{SHARED_PAGE} is not what this migration changes")
        text = text.replace(before, after)
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))
    op.execute("RESET ROLE")
    op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")

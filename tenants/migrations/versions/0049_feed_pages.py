"""A page of a feed looks everything up by key: what lies before it, and how old statistics are, costs it nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"

LAW = "date, text[], text[], text[]"
SNAPSHOT = f"feed_snapshot(uuid, uuid, uuid, integer, {LAW})"
TOLD = f"feed_told(uuid, bigint, boolean, uuid, uuid, integer, {LAW})"
# Joined any other way, all persons of a company are read, or all that a recipient holds.
JOINS = ("enable_hashjoin", "enable_mergejoin")
NOT_FOUND = "AND NOT EXISTS (SELECT FROM found f WHERE f.{0} = {1}.{0})"
NONE_OF_FOUND = "AND {1}.{0} <> ALL (ARRAY(SELECT f.{0} FROM found f))"
PERSON, RECORD = ("person_id", "d"), ("record_id", "h")
# Whoever is last on a full page is found on it, whether some of their records are on the next one or not.
UP_TO = """AND ((SELECT count(*) FROM found) < $11
                     OR d.person_id < (SELECT f.person_id FROM found f ORDER BY f.person_id DESC LIMIT 1))"""
IN_RANGE = """AND d.person_id <= (
                  SELECT CASE WHEN count(*) < $11 THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid
                              ELSE (SELECT f.person_id FROM found f ORDER BY f.person_id DESC LIMIT 1) END
                  FROM found)"""
TOUCHED = """AND EXISTS (
                SELECT FROM touched t
                WHERE t.person_id = r.person_id AND (t.record_id IS NULL OR t.record_id = r.record_id))),"""
AMONG_TOUCHED = """AND (
                r.person_id = ANY (ARRAY(SELECT t.person_id FROM touched t WHERE t.record_id IS NULL))
                OR r.record_id = ANY (ARRAY(SELECT t.record_id FROM touched t WHERE t.record_id IS NOT NULL)))),"""
NOT_GONE = "AND NOT EXISTS (SELECT FROM gone g WHERE g.record_id = h.record_id)"
NONE_OF_GONE = "AND h.record_id <> ALL (ARRAY(SELECT g.record_id FROM gone g))"
# A question that is no join is asked row by row, by the key, even of a table that statistics take to be empty.
HOLDS = """NOT EXISTS (
                SELECT FROM feed_holdings k
                WHERE k.group_id = $1 AND k.company_id = $2 AND k.feed_id = $6 AND k.record_id = f.record_id
                  AND k.person_id = f.person_id AND k.gone_number IS NULL)"""
IS_NOTED = """NOT EXISTS (
                SELECT FROM disclosures d
                WHERE d.group_id = $1 AND d.scope_id = $7 AND d.person_id = f.person_id AND d.until IS NULL)"""
ROW_BY_ROW = [
    (one, f"({one.removeprefix('NOT EXISTS (').replace('SELECT FROM', 'SELECT true FROM')} IS NULL")
    for one in (HOLDS, IS_NOTED)
]
CHANGES = {
    SNAPSHOT: [*ROW_BY_ROW, (UP_TO, IN_RANGE), (NOT_FOUND.format(*PERSON), NONE_OF_FOUND.format(*PERSON))],
    TOLD: [
        *ROW_BY_ROW,
        (TOUCHED, AMONG_TOUCHED),
        (NOT_FOUND.format(*RECORD), NONE_OF_FOUND.format(*RECORD)),
        (NOT_FOUND.format(*PERSON), NONE_OF_FOUND.format(*PERSON)),
        (NOT_GONE, NONE_OF_GONE),
        ("AND d.person_id IN (SELECT t.person_id FROM touched t)", "AND d.person_id = ANY ($9)"),
    ],
}


def upgrade() -> None:
    for function, places in CHANGES.items():
        rewrite(function, places, *(f"SET {join} = off" for join in JOINS))


def downgrade() -> None:
    for function, places in CHANGES.items():
        rewrite(function, [(after, before) for before, after in places], *(f"RESET {join}" for join in JOINS))


def rewrite(function: str, places: list[tuple[str, str]], *settings: str) -> None:
    """As it stands in the catalogue, with these places changed."""
    op.execute("GRANT CREATE ON SCHEMA public TO seloste_door")
    op.execute("SET LOCAL ROLE seloste_door")
    asked = sa.text("SELECT pg_get_functiondef(CAST(:function AS regprocedure))")
    text = op.get_bind().execute(asked, {"function": function}).scalar_one()
    for before, after in places:
        if before not in text:
            raise RuntimeError(f"{function} is not what this migration changes")
        text = text.replace(before, after)
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))
    for setting in settings:
        op.execute(f"ALTER FUNCTION {function} {setting}")
    op.execute("RESET ROLE")
    op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")

"""The line of a record is put together at once: each `||` makes a text of its own, and copies what came before."""

from alembic import op

revision = "0073"
down_revision = "0072"

LINE = "feed_line(keys text[], ids text[])"
# A function takes a hundred arguments at most.
AT_ONCE = """
    SELECT string_agg('concat(' || arguments || ')', ' || ' ORDER BY part)
    FROM (SELECT place / 40 AS part, string_agg(said, ', ' ORDER BY place) AS arguments
          FROM (SELECT 0 AS place,
                       $q$'{"op":"upsert","record_id":"', r.record_id, '","person_id":"', r.person_id,
                          '","updated_at":', to_json(r.updated_at), ',"data":{'$q$ AS said
                UNION ALL
                SELECT place, format('%L, COALESCE((r.data->%L)::text, ''null'')',
                                     CASE WHEN place > 1 THEN ',' ELSE '' END || to_json(key) || ':', id)
                FROM unnest(keys, ids) WITH ORDINALITY AS one (key, id, place)
                UNION ALL
                SELECT COALESCE(cardinality(keys), 0) + 1, $q$'}}'$q$) line
          GROUP BY 1) parts
"""
STEP_BY_STEP = """
    SELECT $q$'{"op":"upsert","record_id":"' || r.record_id || '","person_id":"' || r.person_id
             || '","updated_at":' || to_json(r.updated_at) || ',"data":{'$q$
           || COALESCE(string_agg(format(
                ' || %L || COALESCE((r.data->%L)::text, ''null'')',
                CASE WHEN place > 1 THEN ',' ELSE '' END || to_json(key) || ':', id), '' ORDER BY place), '')
           || $q$ || '}}'$q$
    FROM unnest(keys, ids) WITH ORDINALITY AS one (key, id, place)
"""


def upgrade() -> None:
    say(AT_ONCE)


def downgrade() -> None:
    say(STEP_BY_STEP)


def say(line: str) -> None:
    op.execute("GRANT CREATE ON SCHEMA public TO seloste_door")
    op.execute("SET LOCAL ROLE seloste_door")
    op.get_bind().exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION {LINE} RETURNS text LANGUAGE sql IMMUTABLE AS $f$ {line} $f$".replace("%", "%%")
    )
    op.execute("RESET ROLE")
    op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")

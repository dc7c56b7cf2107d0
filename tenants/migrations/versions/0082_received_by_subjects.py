"""The person behind a request is told by name who has received their data (Art. 15(1)(c)), through a door of their own.

A block of the ledger names a hundred people, so its rows are not for the portal: the door answers for the one.
"""

from alembic import op

from tenants.migrations.walls import GROUP, OWN_REQUEST, setting

revision = "0082"
down_revision = "0081"

OF_REQUEST = f"c.{GROUP} AND c.request_id = {setting('request_id')}"
# Companies that have answered the request that is acted for, and found its person; the door sees no other case of it.
ANSWERED = f"{OWN_REQUEST} AND state = 'answered' AND person_id IS NOT NULL"
BY_COMPANY = f"{GROUP} AND company_id = ANY (ARRAY(SELECT c.company_id FROM cases c WHERE {OF_REQUEST}))"
BY_CASE = f"{GROUP} AND case_id = ANY (ARRAY(SELECT c.case_id FROM cases c WHERE {OF_REQUEST}))"
SEEN = {
    "cases": ANSWERED,
    "case_findings": BY_CASE,
    "person_changes": BY_COMPANY,
    "disclosure_scopes": BY_COMPANY,
    "disclosures": BY_COMPANY,
    "disclosure_blocks": BY_COMPANY,
}
# What the door has not read so far.
NEW = {
    "cases": "case_id, request_id, person_id",
    "case_findings": "group_id, case_id, register_id, withheld",
    "person_changes": "group_id, company_id, kind, kept_id, other_id, made_at, undone_at",
    "disclosure_scopes": "group_id, company_id, scope_id, register_id, fields, purpose_id, kind, source_id,"
    " source_version, closed_at, secret_until",
}

FUNCTION = "received_by_subject()"
IS_ONE = "(x.kind = 'merge') = (x.undone_at IS NULL)"
THERE = f"x.group_id = {setting('group_id')} AND x.company_id = o.company_id"
TODAY = "(now() AT TIME ZONE 'Europe/Helsinki')::date"


def upgrade() -> None:
    for table, columns in NEW.items():
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO seloste_door")
    for table, where in SEEN.items():
        op.execute(
            f"CREATE POLICY {table}_door_subject ON {table} AS PERMISSIVE FOR SELECT TO seloste_door USING ({where})"
        )
    create_received_by_subject()


def create_received_by_subject() -> None:
    """What each company that has answered gave of its person to whom, under whichever id they then had.

    Without what a law forbids to tell today, and without registers that ask for a surer identity than was shown.
    """
    op.execute(f"""
        CREATE FUNCTION {FUNCTION}
        RETURNS TABLE (
          company_id uuid, since timestamptz, until timestamptz, recipient_id uuid, recipient text, business_id text,
          outside boolean, register_id uuid, fields uuid[], purpose_id uuid, kind text, source_id uuid,
          source_version integer, countries text[], agreements uuid[])
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
          WITH RECURSIVE asked AS (
            SELECT c.company_id, c.case_id, c.person_id FROM cases c
            WHERE {OF_REQUEST} AND c.state = 'answered' AND c.person_id IS NOT NULL),
          own AS (
            SELECT a.company_id, a.person_id FROM asked a
            UNION
            SELECT o.company_id, x.other_id FROM own o
            JOIN person_changes x ON {THERE} AND x.kept_id = o.person_id AND {IS_ONE}),
          spans AS (
            SELECT o.company_id, o.person_id, '-infinity'::timestamptz AS since, 'infinity'::timestamptz AS until
            FROM own o
            UNION ALL
            SELECT o.company_id, x.kept_id, CASE WHEN x.kind = 'merge' THEN x.made_at ELSE '-infinity' END,
                   CASE WHEN x.kind = 'merge' THEN x.undone_at ELSE x.made_at END
            FROM own o JOIN person_changes x ON {THERE} AND x.other_id = o.person_id AND NOT ({IS_ONE})),
          ids AS (SELECT s.company_id, array_agg(DISTINCT s.person_id) AS people FROM spans s GROUP BY s.company_id),
          given AS (
            SELECT d.company_id, d.scope_id, d.person_id, d.since, d.until, d.recipient_id
            FROM ids i JOIN disclosures d
              ON d.group_id = {setting("group_id")} AND d.company_id = i.company_id AND d.person_id = ANY (i.people)
            UNION ALL
            SELECT i.company_id, b.scope_id, b.person_id, b.since, NULL, b.recipient_id
            FROM ids i CROSS JOIN LATERAL disclosed_in_blocks(
              i.company_id,
              ARRAY(SELECT s.scope_id FROM disclosure_scopes s
                    WHERE s.group_id = {setting("group_id")} AND s.company_id = i.company_id),
              i.people) b)
          SELECT g.company_id, g.since, LEAST(g.until, CASE WHEN s.closed_at <= now() THEN s.closed_at END),
                 g.recipient_id, COALESCE(m.name, p.name), COALESCE(m.business_id, p.business_id), m.company_id IS NULL,
                 s.register_id, s.fields, s.purpose_id, s.kind, s.source_id, s.source_version,
                 CASE WHEN m.company_id IS NULL THEN ARRAY(SELECT p.country UNION SELECT unnest(p.countries)) END,
                 ARRAY(SELECT e.agreement_id FROM agreements e
                       WHERE e.group_id = s.group_id AND e.company_id = g.company_id AND e.processor_id = g.recipient_id)
          FROM given g
          JOIN asked a ON a.company_id = g.company_id
          JOIN disclosure_scopes s ON s.group_id = {setting("group_id")} AND s.scope_id = g.scope_id
          LEFT JOIN companies m ON m.group_id = s.group_id AND m.company_id = g.recipient_id
          LEFT JOIN processors p ON p.group_id = s.group_id AND p.processor_id = g.recipient_id
          WHERE EXISTS (
              SELECT FROM spans k
              WHERE k.company_id = g.company_id AND k.person_id = g.person_id AND g.since BETWEEN k.since AND k.until)
            AND (s.secret_until IS NULL OR s.secret_until < {TODAY})
            AND NOT EXISTS (
              SELECT FROM case_findings w
              WHERE w.group_id = s.group_id AND w.case_id = a.case_id AND w.register_id = s.register_id
                AND w.withheld IS NOT NULL)
          ORDER BY g.since, g.scope_id
        $$
    """)
    op.execute("GRANT CREATE ON SCHEMA public TO seloste_door")
    op.execute(f"REVOKE ALL ON FUNCTION {FUNCTION} FROM PUBLIC")
    op.execute(f"ALTER FUNCTION {FUNCTION} OWNER TO seloste_door")
    op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")
    op.execute("SET LOCAL ROLE seloste_door")
    op.execute(f"GRANT EXECUTE ON FUNCTION {FUNCTION} TO seloste_portal")
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE seloste_door")
    op.execute(f"DROP FUNCTION {FUNCTION}")
    op.execute("RESET ROLE")
    for table in reversed(SEEN):
        op.execute(f"DROP POLICY {table}_door_subject ON {table}")
    for table, columns in NEW.items():
        op.execute(f"REVOKE SELECT ({columns}) ON {table} FROM seloste_door")

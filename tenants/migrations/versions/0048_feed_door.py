"""What feeds give: through the door, noted in the ledger by the statement that gives it."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import COMPANY, GROUP, HAS_PURPOSE, MAY_OPEN, actor_is, also, let, setting, wall

revision = "0048"
down_revision = "0047"

MINE, KIND = setting("company_id"), setting("purpose", "text")
IS_CLIENT = actor_is("client")
OWN = f"{GROUP} AND {IS_CLIENT} AND agreement_id = {setting('actor_id')}"
OVERSEEN = f"{GROUP} AND company_id = ANY ((SELECT overseen_companies())::uuid[])"
# Whoever is itself the processor in an agreement is a party to it.
PARTY = f"""{GROUP} AND processor_id = ANY (ARRAY(
    SELECT p.processor_id FROM processors p WHERE p.{GROUP} AND p.company_id = {MINE}))"""
# The company whose feeds are read: a client has one agreement, and sees no other's.
GIVER = f"company_id = ANY (ARRAY(SELECT f.company_id FROM feeds f WHERE f.{GROUP} AND {IS_CLIENT}))"
IN_FORCE = """opens_at <= statement_timestamp()
      AND ({0}.closes_at IS NULL OR {0}.closes_at > statement_timestamp())"""
SHARED = f"""SELECT unnest(g.reads) FROM sharing_grants g
    WHERE g.{GROUP} AND g.recipient_id = {MINE} AND g.kind = {KIND} AND g.{IN_FORCE.format("g")}"""
FED = f"""SELECT unnest(s.reads) FROM feed_scopes s
    WHERE s.{GROUP} AND {IS_CLIENT} AND s.agreement_id = {setting("actor_id")} AND s.{IN_FORCE.format("s")}
      AND s.suspended_at IS NULL"""
OF_RECORDS = f"{GROUP} AND NOT restricted AND register_id = ANY (ARRAY(\n    {{0}}))"
# The receiver: the company that acts, or the processor of the agreement under which a client acts.
RECEIVER = f"""COALESCE({MINE}, (SELECT a.processor_id FROM agreements a
    WHERE a.{GROUP} AND {IS_CLIENT} AND a.agreement_id = {setting("actor_id")}))"""
RECEIVED = f"{GROUP} AND recipient_id = {RECEIVER}"

LAW = "today date, free text[], adequate text[], partly text[]"
LAW_TYPES = "date, text[], text[], text[]"
GIVEN = "today, free, adequate, partly"
FIXED = "SET search_path = pg_catalog, public, pg_temp"
INSIDE = (f"feed_in_force(uuid, uuid, uuid, {LAW_TYPES})", "feed_projection(text[], text[])")
THE_DOOR = (
    f"feed_opened(uuid, {LAW_TYPES})",
    f"feed_snapshot(uuid, uuid, uuid, integer, {LAW_TYPES})",
    f"feed_told(uuid, bigint, boolean, uuid, uuid, integer, {LAW_TYPES})",
)


def upgrade() -> None:
    create_holdings()
    let_the_door_see()
    draw("audit_entries_app_insert", "audit_entries", f"WITH CHECK ({audited(f'OR ({IS_CLIENT} AND {GIVER})')})")
    create_scope_in_force()
    create_opening()
    create_snapshot()
    create_told()
    hand_over_to_the_door()


def create_holdings() -> None:
    table = "feed_holdings"
    op.create_table(
        table,
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("group_id", "company_id", "feed_id", "record_id")),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("gone_number", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "feed_id"], ["feeds.group_id", "feeds.feed_id"], name=op.f(f"fk_{table}_group_id_feed_id")
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "feed_id", "record_id", name=op.f(f"pk_{table}")),
    )
    op.create_index(
        "ix_feed_holdings_person", table, ["group_id", "company_id", "feed_id", "person_id", "record_id"], unique=False
    )
    wall(table)
    let("app", "SELECT", table, f"{COMPANY} AND {HAS_PURPOSE}")
    also("app", "SELECT", table, MAY_OPEN)
    let("door", "SELECT, INSERT, UPDATE", table, f"{GROUP} AND {GIVER}", columns="person_id, gone_number")


def let_the_door_see() -> None:
    for table in ("feeds", "feed_scopes"):
        let("door", "SELECT", table, OWN)
    let("door", "SELECT", "changes", f"{GROUP} AND number IS NOT NULL AND {GIVER}")
    let("door", "SELECT", "change_counters", f"{GROUP} AND {GIVER}")
    see("agreements", f"({OVERSEEN}) OR ({PARTY}) OR ({OWN})")
    see("sub_processor_objections", f"({OVERSEEN}) OR ({GROUP} AND {GIVER})")
    see("records", OF_RECORDS.format(f"{SHARED}\n    UNION ALL {FED}"))
    see("disclosures", RECEIVED)
    draw("disclosures_door_insert", "disclosures", f"WITH CHECK ({RECEIVED})")
    draw("disclosures_door_update", "disclosures", f"USING ({RECEIVED}) WITH CHECK ({RECEIVED})")


def see(table: str, where: str) -> None:
    draw(f"{table}_door_select", table, f"USING ({where})")


def draw(policy: str, table: str, clauses: str) -> None:
    """A wall anew."""
    op.execute(f"ALTER POLICY {policy} ON {table} {clauses}")


def audited(by_clients: str = "") -> str:
    """A client is audited in the chain of the company whose data it gets, for which it does not act."""
    as_oneself = f"actor = {setting('actor', 'text')} AND actor_id IS NOT DISTINCT FROM {setting('actor_id')}"
    for_own_company = (
        f"(company_id IS NOT DISTINCT FROM {MINE} OR ({actor_is('system')} AND {MINE} IS NULL) {by_clients})"
    )
    return f"{GROUP} AND {as_oneself} AND {for_own_company} AND NOT sealed"


def create_scope_in_force() -> None:
    """Approved, within its time, and still said by the agreement and the notice in force: register, purpose, field."""
    op.execute(f"""
        CREATE FUNCTION feed_in_force(the_group uuid, the_agreement uuid, the_feed uuid, {LAW})
        RETURNS TABLE (company_id uuid, recipient_id uuid, register_id uuid, kind text, condition jsonb,
                       version integer, scope_id uuid, epoch integer, in_bulk boolean, asked uuid[], reads uuid[],
                       keys text[], ids text[], sealed boolean[])
        LANGUAGE sql STABLE AS $$
          SELECT s.company_id, a.processor_id, s.register_id, s.kind::text, NULLIF(s.compiled, 'null'::jsonb),
                 s.version, s.scope_id, f.epoch, NOT s.bound_to_event, s.asked, s.reads, o.keys, o.ids, o.sealed
          FROM feeds f
          JOIN feed_scopes s ON s.group_id = f.group_id AND s.feed_id = f.feed_id
          JOIN agreements a ON a.group_id = f.group_id AND a.agreement_id = f.agreement_id
          JOIN purposes p ON p.group_id = s.group_id AND p.purpose_id = s.purpose_id AND p.retired_at IS NULL
                         AND p.kind = s.kind
          JOIN registers r ON r.group_id = s.group_id AND r.register_id = s.register_id AND r.retired_at IS NULL
          CROSS JOIN LATERAL (
            SELECT array_agg(d.key ORDER BY d.position) AS keys, array_agg(d.field_id::text ORDER BY d.position) AS ids,
                   array_agg(d.sealed ORDER BY d.position) AS sealed
            FROM fields d
            WHERE d.group_id = s.group_id AND d.register_id = s.register_id AND d.retired_at IS NULL
              AND p.key = ANY (d.purposes)
              AND COALESCE(NULLIF(d.rule, 'null'::jsonb)->'kinds' ? s.kind::text, true)
              AND d.field_id = ANY (CASE WHEN d.sealed THEN s.sealed_ids ELSE s.field_ids END)) o
          WHERE f.group_id = the_group AND f.feed_id = the_feed AND f.agreement_id = the_agreement
            AND f.stopped_at IS NULL AND f.ended_at IS NULL
            AND s.{IN_FORCE.format("s")} AND s.suspended_at IS NULL
            AND EXISTS (
              SELECT FROM agreement_versions v
              WHERE v.group_id = f.group_id AND v.agreement_id = f.agreement_id AND v.approved_at IS NOT NULL
                AND v.valid_from <= today AND COALESCE(v.replaced_on > today, true)
                AND s.register_id = ANY (v.registers) AND s.purpose_id = ANY (v.purposes))
            AND NOT EXISTS (SELECT FROM agreement_stops(the_group, the_agreement, {GIVEN}))
        $$
    """)
    # An object is made of a hundred arguments at most.
    op.execute("""
        CREATE FUNCTION feed_projection(keys text[], ids text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
          SELECT COALESCE(string_agg(part, ' || ' ORDER BY part_number), 'jsonb_build_object()')
          FROM (SELECT (place - 1) / 40 AS part_number,
                       'jsonb_build_object(' || string_agg(format('%L, r.data->%L', key, id), ', ' ORDER BY place) || ')'
                         AS part
                FROM unnest(keys, ids) WITH ORDINALITY AS one (key, id, place) GROUP BY 1) parts
        $$
    """)


LINES = "op text, number bigint, person_id uuid, record_id uuid, cause text, data jsonb, updated_at timestamptz"
WHO = f"""the_group uuid := {setting("group_id")};
          the_agreement uuid := {setting("actor_id")};
          given record;"""
# One page of a feed at a time: what a page notes, the next one must see.
OPEN = f"""PERFORM pg_advisory_xact_lock(hashtextextended('feed ' || the_feed::text, 0));
          SELECT * INTO given FROM feed_in_force(the_group, the_agreement, the_feed, {GIVEN}) g;
          IF NOT FOUND OR NOT given.in_bulk THEN
            RETURN;
          END IF;"""
FOUND = """found AS MATERIALIZED (
              SELECT r.person_id, r.record_id, %s AS data, r.updated_at
              FROM fit_to_share($1, $2, $3, $4, $5) r"""
USING = """USING the_group, given.company_id, given.register_id, given.kind, given.condition, the_feed, given.scope_id,
                given.recipient_id"""
HELD = """held AS (
              INSERT INTO feed_holdings AS h (group_id, company_id, feed_id, record_id, person_id)
              SELECT $1, $2, $6, f.record_id, f.person_id FROM found f
              WHERE NOT EXISTS (
                SELECT FROM feed_holdings k
                WHERE k.group_id = $1 AND k.company_id = $2 AND k.feed_id = $6 AND k.record_id = f.record_id
                  AND k.person_id = f.person_id AND k.gone_number IS NULL)
              ON CONFLICT (group_id, company_id, feed_id, record_id)
                DO UPDATE SET person_id = excluded.person_id, gone_number = NULL)"""
NOTED = """noted AS (
              INSERT INTO disclosures (group_id, company_id, scope_id, person_id, since, recipient_id)
              SELECT DISTINCT $1, $2, $7, f.person_id, clock_timestamp(), $8 FROM found f
              WHERE NOT EXISTS (
                SELECT FROM disclosures d
                WHERE d.group_id = $1 AND d.scope_id = $7 AND d.person_id = f.person_id AND d.until IS NULL)
              ON CONFLICT DO NOTHING)"""


def create_opening() -> None:
    op.execute(f"""
        CREATE FUNCTION feed_opened(the_feed uuid, {LAW})
        RETURNS TABLE (company_id uuid, register_id uuid, version integer, epoch integer, in_bulk boolean,
                       keys text[], ids text[], sealed boolean[], last bigint)
        LANGUAGE sql STABLE SECURITY DEFINER {FIXED} AS $$
          SELECT g.company_id, g.register_id, g.version, g.epoch, g.in_bulk, g.keys, g.ids, g.sealed,
                 COALESCE((SELECT c.last FROM change_counters c
                           WHERE c.group_id = {setting("group_id")} AND c.company_id = g.company_id), 0)
          FROM feed_in_force({setting("group_id")}, {setting("actor_id")}, the_feed, {GIVEN}) g
        $$
    """)


def create_snapshot() -> None:
    """A page of all that is in scope, person by person. Whoever is not found where a page has been has left it.

    The first line says no more than that the feed is open.
    """
    op.execute(f"""
        CREATE FUNCTION feed_snapshot(the_feed uuid, after_person uuid, after_record uuid, most integer, {LAW})
        RETURNS TABLE ({LINES}) LANGUAGE plpgsql VOLATILE SECURITY DEFINER {FIXED} SET enable_seqscan = off AS $$
        DECLARE
          {WHO}
        BEGIN
          {OPEN}
          RETURN QUERY SELECT 'seen', NULL::bigint, NULL::uuid, NULL::uuid, NULL, NULL::jsonb, NULL::timestamptz;
          RETURN QUERY EXECUTE format($q$
            WITH {FOUND}
              WHERE (r.person_id, r.record_id) > ($9, $10)
              ORDER BY r.person_id, r.record_id LIMIT $11),
            {HELD},
            {NOTED},
            lost AS (
              UPDATE disclosures d SET until = clock_timestamp()
              WHERE d.group_id = $1 AND d.scope_id = $7 AND d.until IS NULL AND d.person_id > $9
                AND ((SELECT count(*) FROM found) < $11
                     OR d.person_id < (SELECT f.person_id FROM found f ORDER BY f.person_id DESC LIMIT 1))
                AND NOT EXISTS (SELECT FROM found f WHERE f.person_id = d.person_id))
            SELECT 'upsert', NULL::bigint, f.person_id, f.record_id, NULL, f.data, f.updated_at
            FROM found f ORDER BY f.person_id, f.record_id
          $q$, feed_projection(given.keys, given.ids))
          {USING}, after_person, after_record, most;
        END $$
    """)


# Of what is read with the changes, the ones that concern the feed. A record's own change is about that record, unless
# the condition asks for records of the same register: then it is about all of the person.
CHANGED = """SELECT max(k.number), array_agg(k.person_id) FILTER (WHERE k.concerns),
                   array_agg(k.record_id) FILTER (WHERE k.concerns), array_agg(k.cause) FILTER (WHERE k.concerns),
                   array_agg(k.number) FILTER (WHERE k.concerns)
            INTO last_number, people, records, causes, numbers
            FROM (SELECT c.number - cardinality(c.person_ids) + one.place AS number, c.cause::text AS cause,
                         one.person_id, c.register_id IS NULL OR c.register_id = ANY (given.reads) AS concerns,
                         CASE WHEN c.register_id = given.register_id AND c.register_id <> ALL (given.asked)
                              THEN one.record_id END AS record_id
                  FROM (SELECT * FROM changes n
                        WHERE n.group_id = the_group AND n.company_id = given.company_id AND n.number > the_number
                        ORDER BY n.number LIMIT most) c,
                       unnest(c.person_ids, c.record_ids) WITH ORDINALITY AS one (person_id, record_id, place)
                  WHERE c.number - cardinality(c.person_ids) + one.place > the_number
                  ORDER BY 1 LIMIT most) k;"""
HELD_SO_FAR = """SELECT the_number, array_agg(k.person_id), array_agg(k.record_id), array_agg('narrowed'::text),
                   array_agg(the_number)
            INTO last_number, people, records, causes, numbers
            FROM (SELECT h.person_id, h.record_id FROM feed_holdings h
                  WHERE h.group_id = the_group AND h.company_id = given.company_id AND h.feed_id = the_feed
                    AND (h.person_id, h.record_id) > (after_person, after_record)
                    AND (h.gone_number IS NULL OR h.gone_number >= the_number)
                  ORDER BY h.person_id, h.record_id LIMIT most) k;"""


def create_told() -> None:
    """What became of those who changed, or, after a narrowing, of all that the recipient holds, a page at a time.

    A record is told as gone when the recipient holds it, and once more when the same change is read again. The first
    line says how far the page has looked.
    """
    op.execute(f"""
        CREATE FUNCTION feed_told(
          the_feed uuid, the_number bigint, narrowed boolean, after_person uuid, after_record uuid, most integer, {LAW})
        RETURNS TABLE ({LINES}) LANGUAGE plpgsql VOLATILE SECURITY DEFINER {FIXED} SET enable_seqscan = off AS $$
        #variable_conflict use_column
        DECLARE
          {WHO}
          last_number bigint;
          people uuid[];
          records uuid[];
          causes text[];
          numbers bigint[];
        BEGIN
          {OPEN}
          IF narrowed THEN
            {HELD_SO_FAR}
          ELSE
            {CHANGED}
          END IF;
          RETURN QUERY SELECT 'seen', COALESCE(last_number, the_number), people[cardinality(people)],
                              records[cardinality(records)], NULL, NULL::jsonb, NULL::timestamptz;
          IF people IS NULL THEN
            RETURN;
          END IF;
          RETURN QUERY EXECUTE format($q$
            WITH touched AS MATERIALIZED (
              SELECT person_id, record_id, min(number) AS first, max(number) AS last,
                     (array_agg(cause ORDER BY cause IN ('written', 'corrected', 'narrowed'), number DESC))[1] AS cause
              FROM unnest($9, $10, $11, $12) AS one (person_id, record_id, cause, number)
              GROUP BY person_id, record_id),
            {FOUND}
              WHERE r.person_id = ANY ($9) AND EXISTS (
                SELECT FROM touched t
                WHERE t.person_id = r.person_id AND (t.record_id IS NULL OR t.record_id = r.record_id))),
            gone AS MATERIALIZED (
              SELECT h.person_id, h.record_id, max(t.last) AS last,
                     (array_agg(t.cause ORDER BY t.cause IN ('written', 'corrected', 'narrowed'), t.last DESC))[1]
                       AS cause
              FROM touched t
              JOIN feed_holdings h ON h.group_id = $1 AND h.company_id = $2 AND h.feed_id = $6
                AND h.person_id = t.person_id AND (t.record_id IS NULL OR h.record_id = t.record_id)
              WHERE (h.gone_number IS NULL OR h.gone_number >= t.first)
                AND NOT EXISTS (SELECT FROM found f WHERE f.record_id = h.record_id)
              GROUP BY h.person_id, h.record_id),
            told AS (
              UPDATE feed_holdings h SET gone_number = GREATEST(h.gone_number, g.last)
              FROM gone g WHERE h.group_id = $1 AND h.company_id = $2 AND h.feed_id = $6 AND h.record_id = g.record_id),
            {HELD},
            {NOTED},
            ended AS (
              UPDATE disclosures d SET until = clock_timestamp()
              WHERE d.group_id = $1 AND d.company_id = $2 AND d.scope_id = $7 AND d.until IS NULL
                AND d.person_id IN (SELECT t.person_id FROM touched t)
                AND NOT EXISTS (SELECT FROM found f WHERE f.person_id = d.person_id)
                AND NOT EXISTS (
                  SELECT FROM feed_holdings h
                  WHERE h.group_id = $1 AND h.company_id = $2 AND h.feed_id = $6 AND h.person_id = d.person_id
                    AND h.gone_number IS NULL
                    AND NOT EXISTS (SELECT FROM gone g WHERE g.record_id = h.record_id)
                    AND NOT EXISTS (SELECT FROM found f WHERE f.record_id = h.record_id)))
            SELECT 'tombstone', g.last, g.person_id, g.record_id, g.cause, NULL::jsonb, NULL::timestamptz FROM gone g
            UNION ALL
            SELECT 'upsert', NULL, f.person_id, f.record_id, NULL, f.data, f.updated_at FROM found f
            ORDER BY 1, 3, 4
          $q$, feed_projection(given.keys, given.ids))
          {USING}, people, records, causes, numbers;
        END $$
    """)


def hand_over_to_the_door() -> None:
    op.execute("GRANT CREATE ON SCHEMA public TO seloste_door")
    for function in (*INSIDE, *THE_DOOR):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"ALTER FUNCTION {function} OWNER TO seloste_door")
    op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")
    op.execute("SET LOCAL ROLE seloste_door")
    for function in THE_DOOR:
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO seloste_app")
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE seloste_door")
    for function in (*reversed(THE_DOOR), *reversed(INSIDE)):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("RESET ROLE")
    received = f"{GROUP} AND recipient_id = {MINE}"
    draw("disclosures_door_update", "disclosures", f"USING ({received}) WITH CHECK ({received})")
    draw("disclosures_door_insert", "disclosures", f"WITH CHECK ({received})")
    see("disclosures", received)
    see("records", OF_RECORDS.format(SHARED))
    see("sub_processor_objections", OVERSEEN)
    see("agreements", f"({OVERSEEN}) OR ({PARTY})")
    draw("audit_entries_app_insert", "audit_entries", f"WITH CHECK ({audited()})")
    for table in ("change_counters", "changes", "feed_scopes", "feeds"):
        op.execute(f"DROP POLICY {table}_door_select ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM seloste_door")
    op.drop_table("feed_holdings")

"""A feed's page is one text made in the database, and the ledger notes it by blocks: what a snapshot gives is a row for
a hundred people, and only what changes afterwards is a row for each.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, GROUP, HAS_PURPOSE, MAY_OPEN, actor_is, also, let, setting, wall

revision = "0061"
down_revision = "0060"

MINE = setting("company_id")
RECEIVER = f"""COALESCE({MINE}, (SELECT a.processor_id FROM agreements a
    WHERE a.{GROUP} AND {actor_is("client")} AND a.agreement_id = {setting("actor_id")}))"""
RECEIVED = f"{GROUP} AND recipient_id = {RECEIVER}"

# The company whose feeds are read: a client has one agreement, and sees no other's.
GIVER = f"company_id = ANY (ARRAY(SELECT f.company_id FROM feeds f WHERE f.{GROUP} AND {actor_is('client')}))"

LAW = "today date, free text[], adequate text[], partly text[]"
LAW_TYPES = "date, text[], text[], text[]"
GIVEN = "today, free, adequate, partly"
FIXED = "SET search_path = pg_catalog, public, pg_temp"
# No table is scanned, and nothing is sorted that an index has in order, however old the statistics are. What is known
# when the function is made is planned once; to plan whether a feed is open takes longer than to ask.
BY_KEY = f"""{FIXED} SET enable_seqscan = off SET jit = off SET max_parallel_workers_per_gather = 0
        SET plan_cache_mode = force_generic_plan"""
IN_ORDER = f"{BY_KEY} SET enable_hashjoin = off SET enable_bitmapscan = off SET enable_sort = off"
ONE_BY_ONE = f"{BY_KEY} SET enable_hashjoin = off SET enable_mergejoin = off"
# Within the two above: arrays are compared by hash, tables are asked by keys.
OF_ARRAYS = f"""{BY_KEY} SET enable_hashjoin = on SET enable_mergejoin = off SET enable_nestloop = off
        SET enable_bitmapscan = on SET enable_sort = on"""
LAST_OF_ALL = "'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid"
# Two such rows fill a page of the table.
IN_A_BLOCK = 115

OPENED = f"feed_opened(uuid, {LAW_TYPES})"
SNAPSHOT = f"feed_snapshot(uuid, uuid, uuid, uuid, integer, {LAW_TYPES})"
TOLD = f"feed_told(uuid, uuid, bigint, boolean, uuid, uuid, integer, {LAW_TYPES})"
FORMER = (
    f"feed_snapshot(uuid, uuid, uuid, integer, {LAW_TYPES})",
    f"feed_told(uuid, bigint, boolean, uuid, uuid, integer, {LAW_TYPES})",
)
SHARED_PAGE = "shared_page(uuid, uuid, uuid, integer)"
INSIDE = (
    "feed_condition(jsonb)",
    "feed_line(text[], text[])",
    "feed_held(uuid, uuid, uuid, uuid[])",
    "feed_noted(uuid, uuid, uuid, uuid, uuid, uuid, uuid[], uuid[], boolean)",
    "feed_noted_changes(uuid, uuid, uuid, uuid, uuid, uuid[], uuid[], text[], bigint[], uuid[], uuid[])",
)
THE_DOOR = (SNAPSHOT, TOLD)


def upgrade() -> None:
    create_blocks()
    let_the_door_audit()
    create_disclosed()
    drop_the_former()
    create_condition()
    create_line()
    create_held()
    create_noted()
    create_noted_changes()
    create_snapshot()
    create_told()
    hand_over_to_the_door()


def create_blocks() -> None:
    table = "disclosure_blocks"
    op.create_table(
        table,
        *(
            sa.Column(name, sa.Uuid(), nullable=False)
            for name in ("group_id", "company_id", "scope_id", "last_person_id", "first_person_id", "recipient_id")
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("record_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.CheckConstraint(
            "cardinality(person_ids) = cardinality(record_ids)", name=op.f(f"ck_{table}_records_of_persons")
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "scope_id"],
            ["disclosure_scopes.group_id", "disclosure_scopes.scope_id"],
            name=op.f(f"fk_{table}_group_id_scope_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "scope_id", "last_person_id", name=op.f(f"pk_{table}")),
    )
    # Read by its range, and then whole: kept in the row, and as it is.
    op.execute(f"ALTER TABLE {table} SET (toast_tuple_target = 8160)")
    op.execute(f"ALTER TABLE {table} ALTER person_ids SET STORAGE EXTERNAL, ALTER record_ids SET STORAGE EXTERNAL")
    wall(table)
    let("app", "SELECT", table, f"{COMPANY} AND {HAS_PURPOSE}")
    also("app", "SELECT", table, MAY_OPEN)
    let("door", "SELECT, INSERT", table, RECEIVED)


def let_the_door_audit() -> None:
    """Whoever is given a page is named in the audit by the function that gives it: their ids never leave the database."""
    # To compress as many ids as a page has takes as long as to find them.
    op.execute("ALTER TABLE audit_entries ALTER about_ids SET STORAGE EXTERNAL")
    as_client = f"{actor_is('client')} AND actor = 'client' AND actor_id = {setting('actor_id')}"
    let("door", "INSERT", "audit_entries", f"{GROUP} AND {as_client} AND {GIVER} AND NOT sealed")


IN_ITS_BLOCK = """CROSS JOIN LATERAL (
            SELECT k.* FROM disclosure_blocks k
            WHERE k.group_id = {group} AND k.company_id = giver AND k.scope_id = {scope}
              AND k.last_person_id >= one.person_id
            ORDER BY k.last_person_id LIMIT 1) b"""


def create_disclosed() -> None:
    """What blocks say of some people and no row of `disclosures` says in their place. Shows what its caller may see."""
    op.execute(f"""
        CREATE FUNCTION disclosed_in_blocks(giver uuid, scopes uuid[], people uuid[])
        RETURNS TABLE (scope_id uuid, person_id uuid, since timestamptz, recipient_id uuid)
        LANGUAGE sql STABLE AS $$
          SELECT b.scope_id, one.person_id, b.since, b.recipient_id
          FROM unnest(scopes) s (scope_id) CROSS JOIN unnest(people) one (person_id)
          {IN_ITS_BLOCK.format(group=setting("group_id"), scope="s.scope_id")}
          WHERE one.person_id = ANY (b.person_ids)
            AND (SELECT true FROM disclosures d
                 WHERE d.group_id = b.group_id AND d.company_id = giver AND d.scope_id = b.scope_id
                   AND d.person_id = one.person_id AND d.since = b.since) IS NULL
        $$
    """)
    op.execute("REVOKE ALL ON FUNCTION disclosed_in_blocks(uuid, uuid[], uuid[]) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION disclosed_in_blocks(uuid, uuid[], uuid[]) TO seloste_app, seloste_door")


def drop_the_former() -> None:
    op.execute("SET LOCAL ROLE seloste_door")
    for function in FORMER:
        op.execute(f"DROP FUNCTION {function}")
    op.execute(f"ALTER FUNCTION {OPENED} SET plan_cache_mode = force_generic_plan")
    op.execute("RESET ROLE")


def create_condition() -> None:
    """The vocabulary of conditions.py as SQL about a record `r`; what it does not know holds for nobody.

    A question about another table is asked row by row, by the key, even of one that statistics take to be empty.
    """
    of_person = "{0}.group_id = r.group_id AND {0}.company_id = r.company_id AND {0}.person_id = r.person_id"
    op.execute(f"""
        CREATE FUNCTION feed_condition(condition jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $f$
        BEGIN
          RETURN COALESCE(CASE condition->>'type'
            WHEN 'field_is' THEN format('COALESCE(%L::jsonb @> (r.data->%L), false)',
                                        condition->'values', condition->>'field')
            WHEN 'has_record' THEN format(
              '(SELECT true FROM records x WHERE {of_person.format("x")} AND x.register_id = %L AND NOT x.restricted'
              ' AND %L::jsonb @> (x.data->%L) LIMIT 1) IS NOT NULL',
              condition->>'register', condition->'values', condition->>'field')
            WHEN 'consented' THEN format(
              '(SELECT true FROM consents c WHERE {of_person.format("c")} AND c.kind = %L AND c.until IS NULL) IS NOT NULL',
              condition->>'kind')
            WHEN 'not_objected' THEN format(
              '(SELECT true FROM objections c WHERE {of_person.format("c")} AND c.kind = %L AND c.until IS NULL) IS NULL',
              condition->>'kind')
            WHEN 'all' THEN (
              SELECT COALESCE('(' || string_agg(feed_condition(part), ' AND ') || ')', 'true')
              FROM jsonb_array_elements(condition->'of') part)
            WHEN 'any' THEN (
              SELECT COALESCE('(' || string_agg(feed_condition(part), ' OR ') || ')', 'false')
              FROM jsonb_array_elements(condition->'of') part)
          END, 'false');
        END $f$
    """)


def create_line() -> None:
    """A record `r` as a line of JSON. Put together as text: to build an object and then to write it takes longer."""
    op.execute("""
        CREATE FUNCTION feed_line(keys text[], ids text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $f$
          SELECT $q$'{"op":"upsert","record_id":"' || r.record_id || '","person_id":"' || r.person_id
                   || '","updated_at":' || to_json(r.updated_at) || ',"data":{'$q$
                 || COALESCE(string_agg(format(
                      ' || %L || COALESCE((r.data->%L)::text, ''null'')',
                      CASE WHEN place > 1 THEN ',' ELSE '' END || to_json(key) || ':', id), '' ORDER BY place), '')
                 || $q$ || '}}'$q$
          FROM unnest(keys, ids) WITH ORDINALITY AS one (key, id, place)
        $f$
    """)


def create_held() -> None:
    """What a feed's recipient holds of these people, or was told is gone. A row of its own is newer than a block."""
    op.execute(f"""
        CREATE FUNCTION feed_held(the_group uuid, giver uuid, the_feed uuid, people uuid[])
        RETURNS TABLE (person_id uuid, record_id uuid, gone_number bigint) LANGUAGE sql STABLE AS $$
          SELECT h.person_id, h.record_id, h.gone_number FROM feed_holdings h
          WHERE h.group_id = the_group AND h.company_id = giver AND h.feed_id = the_feed AND h.person_id = ANY (people)
          UNION
          SELECT one.person_id, b.record_ids[place], NULL
          FROM feed_scopes s CROSS JOIN unnest(people) one (person_id)
          {IN_ITS_BLOCK.format(group="the_group", scope="s.scope_id")}
          CROSS JOIN LATERAL unnest(array_positions(b.person_ids, one.person_id)) place
          WHERE s.group_id = the_group AND s.feed_id = the_feed AND s.scope_id IS NOT NULL
            AND (SELECT true FROM feed_holdings h
                 WHERE h.group_id = the_group AND h.company_id = giver AND h.feed_id = the_feed
                   AND h.record_id = b.record_ids[place]) IS NULL
        $$
    """)


OF_FEED = "group_id = the_group AND {0}.company_id = giver AND {0}.feed_id = the_feed"
OF_SCOPE = "group_id = the_group AND {0}.company_id = giver AND {0}.scope_id = the_scope"
UNTIL_NOW = """ON CONFLICT (group_id, company_id, scope_id, person_id, since) DO UPDATE SET until = excluded.until"""
IS_NOTED = """INSERT INTO disclosures (group_id, company_id, scope_id, person_id, since, recipient_id)
          SELECT the_group, giver, the_scope, one, clock_timestamp(), recipient FROM unnest({0}) one
          ON CONFLICT DO NOTHING;"""
HAS_ENDED = (
    """INSERT INTO disclosures (group_id, company_id, scope_id, person_id, since, recipient_id, until)
          SELECT the_group, giver, the_scope, o.person_id, o.since, recipient, clock_timestamp()
          FROM unnest(open_people, open_since) o (person_id, since)
          WHERE {0}
          """
    + UNTIL_NOW
)
NOW_HELD = "DO UPDATE SET person_id = excluded.person_id, gone_number = NULL"


def create_noted() -> None:
    """Notes a page of a snapshot: `people` and `records` in its order, behind `after_person`; `is_full` if more may follow.

    Whoever is not found where the page has been has left the scope. Blocks hold people with all their records, and no
    two of a scope overlap: so only whoever is whole on the page and behind all blocks gets into one, the others get
    rows of their own. A block that is on the page as it was, and of which no row says anything else, is passed by;
    `rest` is what is not in such blocks.
    """
    single_in = "d.{0} AND d.person_id BETWEEN {1} AND {2}"
    on_page = single_in.format(OF_SCOPE.format("d"), "after_person", "highest")
    op.execute(f"""
        CREATE FUNCTION feed_noted(the_group uuid, giver uuid, the_feed uuid, the_scope uuid, recipient uuid,
                                   after_person uuid, people uuid[], records uuid[], is_full boolean)
        RETURNS void LANGUAGE plpgsql VOLATILE {OF_ARRAYS} AS $$
        #variable_conflict use_column
        DECLARE
          amount integer := COALESCE(cardinality(people), 0);
          highest uuid := CASE WHEN is_full THEN people[amount] ELSE {LAST_OF_ALL} END;
          block record; size integer; i integer := 1; j integer;
          behind_blocks uuid; changed uuid[] := '{{}}';
          rest uuid[] := '{{}}'; rest_records uuid[] := '{{}}';
          open_people uuid[]; open_since timestamptz[]; new_people uuid[]; whole uuid[] := '{{}}';
          block_people uuid[]; block_records uuid[]; some_people uuid[]; some_records uuid[];
        BEGIN
          UPDATE feed_holdings h SET person_id = f.person_id, gone_number = NULL
          FROM unnest(people, records) f (person_id, record_id)
          WHERE h.{OF_FEED.format("h")} AND h.record_id = ANY (records) AND h.record_id = f.record_id
            AND (h.person_id <> f.person_id OR h.gone_number IS NOT NULL);

          FOR block IN
            SELECT b.first_person_id, b.last_person_id, b.person_ids, b.record_ids FROM disclosure_blocks b
            WHERE b.{OF_SCOPE.format("b")} AND b.last_person_id >= after_person ORDER BY b.last_person_id
          LOOP
            EXIT WHEN block.first_person_id > highest;
            behind_blocks := block.last_person_id;
            j := i;
            WHILE people[j] < block.first_person_id LOOP
              j := j + 1;
            END LOOP;
            IF j > i THEN
              rest := rest || people[i:j - 1];
              rest_records := rest_records || records[i:j - 1];
            END IF;
            size := cardinality(block.person_ids);
            IF people[j:j + size - 1] = block.person_ids AND records[j:j + size - 1] = block.record_ids
               AND COALESCE(people[j + size] > block.last_person_id, NOT is_full)
               AND NOT EXISTS (
                 SELECT FROM disclosures d
                 WHERE {single_in.format(OF_SCOPE.format("d"), "block.first_person_id", "block.last_person_id")})
            THEN
              i := j + size;
            ELSE
              changed := changed || block.last_person_id;
              i := j;
              WHILE people[i] <= block.last_person_id LOOP
                i := i + 1;
              END LOOP;
              rest := rest || people[j:i - 1];
              rest_records := rest_records || records[j:i - 1];
            END IF;
          END LOOP;
          rest := rest || people[i:amount];
          rest_records := rest_records || records[i:amount];

          SELECT array_agg(o.person_id), array_agg(o.since) INTO open_people, open_since
          FROM (
            (SELECT one.person_id, b.since FROM disclosure_blocks b CROSS JOIN unnest(b.person_ids) one (person_id)
             WHERE b.{OF_SCOPE.format("b")} AND b.last_person_id = ANY (changed)
               AND one.person_id BETWEEN after_person AND highest
             EXCEPT SELECT d.person_id, d.since FROM disclosures d WHERE {on_page})
            UNION ALL SELECT d.person_id, d.since FROM disclosures d WHERE {on_page} AND d.until IS NULL) o;
          {HAS_ENDED.format("o.person_id > after_person AND o.person_id NOT IN (SELECT unnest(rest))")};

          behind_blocks := COALESCE(behind_blocks, (
            SELECT b.last_person_id FROM disclosure_blocks b
            WHERE b.{OF_SCOPE.format("b")} AND b.last_person_id < highest ORDER BY b.last_person_id DESC LIMIT 1));
          IF open_people IS NULL AND COALESCE(rest[1] > behind_blocks, true) THEN
            i := 1;
            j := cardinality(rest);
            WHILE rest[i] = after_person LOOP
              i := i + 1;
            END LOOP;
            WHILE is_full AND rest[j] = highest LOOP
              j := j - 1;
            END LOOP;
            block_people := rest[i:j];
            block_records := rest_records[i:j];
            some_people := rest[1:i - 1] || rest[GREATEST(i, j + 1):];
            some_records := rest_records[1:i - 1] || rest_records[GREATEST(i, j + 1):];
          ELSE
            whole := ARRAY(
              SELECT p FROM unnest(rest) p
              WHERE COALESCE(p > behind_blocks, true) AND p <> after_person AND NOT (is_full AND p = highest)
              EXCEPT SELECT unnest(open_people));
            SELECT COALESCE(array_agg(f.person_id), '{{}}'), array_agg(f.record_id) INTO block_people, block_records
            FROM unnest(rest, rest_records) f (person_id, record_id) WHERE f.person_id IN (SELECT unnest(whole));
            SELECT COALESCE(array_agg(f.person_id), '{{}}'), array_agg(f.record_id) INTO some_people, some_records
            FROM unnest(rest, rest_records) f (person_id, record_id) WHERE f.person_id NOT IN (SELECT unnest(whole));
          END IF;

          i := 1;
          WHILE i <= cardinality(block_people) LOOP
            j := LEAST(i + {IN_A_BLOCK - 1}, cardinality(block_people));
            WHILE block_people[j + 1] = block_people[j] LOOP
              j := j + 1;
            END LOOP;
            INSERT INTO disclosure_blocks (group_id, company_id, scope_id, last_person_id, first_person_id,
                                           recipient_id, since, person_ids, record_ids)
            VALUES (the_group, giver, the_scope, block_people[j], block_people[i], recipient, clock_timestamp(),
                    block_people[i:j], block_records[i:j]);
            i := j + 1;
          END LOOP;

          IF cardinality(some_people) > 0 THEN
            new_people := ARRAY(SELECT unnest(some_people) EXCEPT SELECT unnest(open_people));
            {IS_NOTED.format("new_people")}
            INSERT INTO feed_holdings AS h (group_id, company_id, feed_id, record_id, person_id)
            SELECT the_group, giver, the_feed, e.record_id, e.person_id
            FROM (SELECT * FROM unnest(some_people, some_records) f (person_id, record_id)
                  EXCEPT
                  SELECT k.person_id, k.record_id
                  FROM feed_held(the_group, giver, the_feed, ARRAY(SELECT DISTINCT unnest(some_people))) k
                  WHERE k.gone_number IS NULL) e
            ON CONFLICT (group_id, company_id, feed_id, record_id) {NOW_HELD};
          END IF;
        END $$
    """)


def create_noted_changes() -> None:
    """Notes what is told of those who changed, and says which of their records are gone.

    Of `people`, `records`, `causes` and `numbers` each place is one change; an empty record is all of the person.
    """
    cause = "(array_agg({0}.cause ORDER BY {0}.cause IN ('written', 'corrected', 'narrowed'), {0}.{1} DESC))[1]"
    op.execute(f"""
        CREATE FUNCTION feed_noted_changes(the_group uuid, giver uuid, the_feed uuid, the_scope uuid, recipient uuid,
                                           people uuid[], records uuid[], causes text[], numbers bigint[],
                                           found_people uuid[], found_records uuid[],
                                           OUT gone_people uuid[], OUT gone_records uuid[], OUT gone_causes text[])
        LANGUAGE plpgsql VOLATILE {OF_ARRAYS} AS $$
        #variable_conflict use_column
        DECLARE
          touched uuid[] := ARRAY(SELECT DISTINCT unnest(people));
          held_people uuid[]; held_records uuid[]; held_gone bigint[]; gone_numbers bigint[];
          open_people uuid[]; open_since timestamptz[]; new_people uuid[]; still uuid[];
        BEGIN
          SELECT array_agg(h.person_id), array_agg(h.record_id), array_agg(h.gone_number)
            INTO held_people, held_records, held_gone
          FROM feed_held(the_group, giver, the_feed, touched) h;

          SELECT array_agg(g.person_id), array_agg(g.record_id), array_agg(g.cause), array_agg(g.last)
            INTO gone_people, gone_records, gone_causes, gone_numbers
          FROM (SELECT h.person_id, h.record_id, max(t.last) AS last, {cause.format("t", "last")} AS cause
                FROM (SELECT c.person_id, c.record_id, min(c.number) AS first, max(c.number) AS last,
                             {cause.format("c", "number")} AS cause
                      FROM unnest(people, records, causes, numbers) c (person_id, record_id, cause, number)
                      GROUP BY c.person_id, c.record_id) t
                JOIN unnest(held_people, held_records, held_gone) h (person_id, record_id, gone_number)
                  ON h.person_id = t.person_id AND (t.record_id IS NULL OR h.record_id = t.record_id)
                WHERE (h.gone_number IS NULL OR h.gone_number >= t.first)
                  AND h.record_id NOT IN (SELECT unnest(found_records))
                GROUP BY h.person_id, h.record_id ORDER BY h.person_id, h.record_id) g;

          INSERT INTO feed_holdings AS h (group_id, company_id, feed_id, record_id, person_id, gone_number)
          SELECT the_group, giver, the_feed, g.record_id, g.person_id, g.last
          FROM unnest(gone_people, gone_records, gone_numbers) g (person_id, record_id, last)
          ON CONFLICT (group_id, company_id, feed_id, record_id)
            DO UPDATE SET gone_number = GREATEST(h.gone_number, excluded.gone_number);

          INSERT INTO feed_holdings AS h (group_id, company_id, feed_id, record_id, person_id)
          SELECT the_group, giver, the_feed, e.record_id, e.person_id
          FROM (SELECT f.person_id, f.record_id FROM unnest(found_people, found_records) f (person_id, record_id)
                EXCEPT
                SELECT h.person_id, h.record_id
                FROM unnest(held_people, held_records, held_gone) h (person_id, record_id, gone_number)
                WHERE h.gone_number IS NULL) e
          ON CONFLICT (group_id, company_id, feed_id, record_id) {NOW_HELD};

          SELECT array_agg(o.person_id), array_agg(o.since) INTO open_people, open_since
          FROM (SELECT d.person_id, d.since FROM disclosures d
                WHERE d.group_id = the_group AND d.scope_id = the_scope AND d.person_id = ANY (touched)
                  AND d.until IS NULL
                UNION ALL
                SELECT b.person_id, b.since FROM disclosed_in_blocks(giver, ARRAY[the_scope], touched) b) o;
          new_people := ARRAY(SELECT unnest(found_people) EXCEPT SELECT unnest(open_people));
          {IS_NOTED.format("new_people")}
          still := ARRAY(
            SELECT h.person_id FROM unnest(held_people, held_records, held_gone) h (person_id, record_id, gone_number)
            WHERE h.gone_number IS NULL
              AND h.record_id NOT IN (SELECT unnest(gone_records)) AND h.record_id NOT IN (SELECT unnest(found_records))
            UNION SELECT unnest(found_people));
          {HAS_ENDED.format("o.person_id NOT IN (SELECT unnest(still))")};
        END $$
    """)


PAGE = """seen_number bigint, seen_person uuid, seen_record uuid, lines text, gone_people uuid[], gone_records uuid[],
          gone_causes text[]"""
WHO = f"""the_group uuid := {setting("group_id")};
          the_agreement uuid := {setting("actor_id")};
          given record; found_people uuid[]; found_records uuid[]; people uuid[];"""
# One page of a feed at a time: what a page notes, the next one must see.
OPEN = f"""PERFORM pg_advisory_xact_lock(hashtextextended('feed ' || the_feed::text, 0));
          SELECT * INTO given FROM feed_in_force(the_group, the_agreement, the_feed, {GIVEN}) g;
          IF NOT FOUND OR NOT given.in_bulk THEN
            RETURN;
          END IF;"""
# What fit_to_share asks, with the condition as SQL, and where to begin said of each table.
FOUND = """SELECT array_agg(f.person_id), array_agg(f.record_id), string_agg(f.line, E'\\n')
            FROM (SELECT r.person_id, r.record_id, %s AS line
                  FROM records r
                  JOIN persons p ON p.group_id = r.group_id AND p.company_id = r.company_id AND p.person_id = r.person_id
                  WHERE r.group_id = $1 AND r.company_id = $2 AND r.register_id = $3
                    AND NOT r.restricted AND NOT p.restricted
                    AND NOT EXISTS (
                      SELECT FROM objections o
                      WHERE o.group_id = r.group_id AND o.company_id = r.company_id AND o.person_id = r.person_id
                        AND o.kind = $4 AND o.until IS NULL {0})
                    AND %s
                    {1}
                  ORDER BY r.person_id, r.record_id {2}) f"""
SAID = """feed_line(given.keys, given.ids),
            CASE WHEN given.condition IS NULL THEN 'true' ELSE feed_condition(given.condition) END)
          INTO found_people, found_records, lines
          USING the_group, given.company_id, given.register_id, given.kind"""


AUDITED = """IF cardinality(people) > 0 THEN
            INSERT INTO audit_entries (group_id, entry_id, company_id, actor, actor_id, action, about, about_ids, figures)
            VALUES (the_group, the_entry, given.company_id, 'client', the_agreement, 'feed.delivered', 'person', people,
                    jsonb_build_object('feed', the_feed, 'version', given.version));
          END IF;"""


def create_snapshot() -> None:
    """A page of all that is in scope, person by person, as one row; none where the feed is not open."""
    found = FOUND.format(
        "AND o.person_id >= $5",
        "AND p.person_id >= $5 AND (r.person_id, r.record_id) > ($5, $6)",
        "LIMIT $7",
    )
    op.execute(f"""
        CREATE FUNCTION feed_snapshot(the_entry uuid, the_feed uuid, after_person uuid, after_record uuid, most integer, {LAW})
        RETURNS TABLE ({PAGE}) LANGUAGE plpgsql VOLATILE SECURITY DEFINER {IN_ORDER} SET timezone = 'UTC' AS $$
        DECLARE
          {WHO}
          is_full boolean;
        BEGIN
          {OPEN}
          EXECUTE format($q${found}$q$, {SAID}, after_person, after_record, most;
          is_full := COALESCE(cardinality(found_people), 0) = most;
          PERFORM feed_noted(the_group, given.company_id, the_feed, given.scope_id, given.recipient_id, after_person,
                             found_people, found_records, is_full);
          IF is_full THEN
            seen_person := found_people[most];
            seen_record := found_records[most];
          END IF;
          people := ARRAY(SELECT DISTINCT unnest(found_people) ORDER BY 1);
          {AUDITED}
          RETURN NEXT;
        END $$
    """)


# Of what is read with the changes, the ones that concern the feed. A record's own change is about that record, unless
# the condition asks for records of the same register: then it is about all of the person.
CHANGED = """SELECT max(k.number), array_agg(k.person_id) FILTER (WHERE k.concerns),
                   array_agg(k.record_id) FILTER (WHERE k.concerns), array_agg(k.cause) FILTER (WHERE k.concerns),
                   array_agg(k.number) FILTER (WHERE k.concerns)
            INTO seen_number, touched, records, causes, numbers
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
# Gone through range by range: a range ends where as many blocks end as a page has room for, of any version.
HELD_SO_FAR = f"""SELECT (array_agg(k.last_person_id ORDER BY k.last_person_id DESC))[1] INTO up_to
            FROM (SELECT b.last_person_id FROM feed_scopes s
                  CROSS JOIN LATERAL (
                    SELECT k.last_person_id FROM disclosure_blocks k
                    WHERE k.group_id = the_group AND k.company_id = given.company_id AND k.scope_id = s.scope_id
                      AND (k.last_person_id, {LAST_OF_ALL}) > (after_person, after_record)
                    ORDER BY k.last_person_id LIMIT 1 + most / {IN_A_BLOCK}) b
                  WHERE s.group_id = the_group AND s.feed_id = the_feed AND s.scope_id IS NOT NULL
                  ORDER BY b.last_person_id LIMIT 1 + most / {IN_A_BLOCK}) k;
            SELECT the_number, array_agg(k.person_id), array_agg(k.record_id), array_agg('narrowed'::text),
                   array_agg(the_number)
            INTO seen_number, touched, records, causes, numbers
            FROM (SELECT h.person_id, h.record_id FROM feed_holdings h
                  WHERE h.group_id = the_group AND h.company_id = given.company_id AND h.feed_id = the_feed
                    AND (h.person_id, h.record_id) > (after_person, after_record)
                    AND h.person_id <= COALESCE(up_to, {LAST_OF_ALL})
                    AND (h.gone_number IS NULL OR h.gone_number >= the_number)
                  UNION
                  SELECT one.person_id, one.record_id
                  FROM feed_scopes s
                  JOIN disclosure_blocks b
                    ON b.group_id = the_group AND b.company_id = given.company_id AND b.scope_id = s.scope_id
                  CROSS JOIN unnest(b.person_ids, b.record_ids) one (person_id, record_id)
                  WHERE s.group_id = the_group AND s.feed_id = the_feed AND s.scope_id IS NOT NULL
                    AND b.last_person_id >= after_person
                    AND b.last_person_id <= COALESCE(
                      (SELECT k.last_person_id FROM disclosure_blocks k
                       WHERE k.group_id = the_group AND k.company_id = given.company_id AND k.scope_id = s.scope_id
                         AND k.last_person_id >= up_to ORDER BY k.last_person_id LIMIT 1), up_to)
                    AND one.person_id <= up_to
                    AND (one.person_id, one.record_id) > (after_person, after_record)
                    AND (SELECT true FROM feed_holdings h
                         WHERE h.group_id = the_group AND h.company_id = given.company_id AND h.feed_id = the_feed
                           AND h.record_id = one.record_id) IS NULL
                  ORDER BY 1, 2 LIMIT most) k;
            IF COALESCE(cardinality(touched), 0) < most AND up_to IS NOT NULL THEN
              seen_person := up_to;
              seen_record := {LAST_OF_ALL};
            END IF;"""


def create_told() -> None:
    """What became of those who changed, or, after a narrowing, of all that the recipient holds, a page at a time.

    A record is told as gone when the recipient holds it, and once more when the same change is read again.
    """
    found = FOUND.format("", "AND r.person_id = ANY ($5) AND (r.person_id = ANY ($6) OR r.record_id = ANY ($7))", "")
    op.execute(f"""
        CREATE FUNCTION feed_told(
          the_entry uuid, the_feed uuid, the_number bigint, narrowed boolean, after_person uuid, after_record uuid,
          most integer, {LAW})
        RETURNS TABLE ({PAGE}) LANGUAGE plpgsql VOLATILE SECURITY DEFINER {ONE_BY_ONE} SET timezone = 'UTC' AS $$
        #variable_conflict use_column
        DECLARE
          {WHO}
          touched uuid[]; records uuid[]; causes text[]; numbers bigint[]; up_to uuid;
        BEGIN
          {OPEN}
          IF narrowed THEN
            {HELD_SO_FAR}
          ELSE
            {CHANGED}
          END IF;
          seen_number := COALESCE(seen_number, the_number);
          IF touched IS NOT NULL THEN
            IF seen_person IS NULL THEN
              seen_person := touched[cardinality(touched)];
              seen_record := records[cardinality(touched)];
            END IF;
            EXECUTE format($q${found}$q$, {SAID},
              ARRAY(SELECT DISTINCT unnest(touched)),
              ARRAY(SELECT DISTINCT t.person_id FROM unnest(touched, records) t (person_id, record_id)
                    WHERE t.record_id IS NULL),
              ARRAY(SELECT DISTINCT t.record_id FROM unnest(touched, records) t (person_id, record_id)
                    WHERE t.record_id IS NOT NULL);
            SELECT * INTO gone_people, gone_records, gone_causes
            FROM feed_noted_changes(the_group, given.company_id, the_feed, given.scope_id, given.recipient_id,
                                    touched, records, causes, numbers, found_people, found_records);
            people := ARRAY(SELECT unnest(found_people) UNION SELECT unnest(gone_people) ORDER BY 1);
            {AUDITED}
          END IF;
          RETURN NEXT;
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
    raise NotImplementedError("What blocks say of people is said nowhere else")

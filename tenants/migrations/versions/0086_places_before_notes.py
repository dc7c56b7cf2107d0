"""A page says where it ends before it is noted, so that the next one is begun; a page of changes reads what is on it."""

from tenants.migrations.rewriting import back, rewrite

revision = "0086"
down_revision = "0085"

SNAPSHOT = "feed_snapshot(uuid, uuid, uuid, uuid, integer, date, text[], text[], text[])"
TOLD = "feed_told(uuid, uuid, bigint, boolean, uuid, uuid, integer, date, text[], text[], text[])"
NOTED_CHANGES = "feed_noted_changes(uuid, uuid, uuid, uuid, uuid, uuid[], uuid[], text[], bigint[], uuid[], uuid[])"
LINE = "feed_line(text[], text[])"

# An array that is known when the statement is planned is looked up in the statistics, one element after the other. One
# says by which index to go; of the others nothing needs to be guessed.
GUESSED = "AND r.person_id = ANY ($5) AND (r.person_id = ANY ($6) OR r.record_id = ANY ($7))"
ASKED = "AND r.person_id = ANY ($5) AND (r.person_id IN (SELECT unnest($6)) OR r.record_id IN (SELECT unnest($7)))"
# As many rows as a page is long were read, and all their people sorted, though the first may hold enough of them.
AS_MANY_ROWS = """                        WHERE n.group_id = the_group AND n.company_id = given.company_id AND n.number > the_number
"""
AS_FAR_AS_A_PAGE = f"""{AS_MANY_ROWS}                          AND n.number <= COALESCE(
                            (SELECT m.number FROM changes m
                             WHERE m.group_id = the_group AND m.company_id = given.company_id
                               AND m.number >= the_number + most
                             ORDER BY m.number LIMIT 1), 9223372036854775807)
"""
# To read from a function takes longer than to find the place.
PLACE_AS_A_TABLE = [
    "          FROM (SELECT s.scope_id, one.person_id, b.record_ids[place] AS record_id, b.since\n",
    "                  ORDER BY k.last_person_id LIMIT 1) b\n"
    "                CROSS JOIN LATERAL unnest(array_positions(b.person_ids, one.person_id)) place\n",
    "                WHERE s.group_id = the_group AND s.feed_id = the_feed AND s.scope_id IS NOT NULL) k;\n",
]
PLACE_AS_A_VALUE = [
    "          FROM (SELECT i.scope_id, i.person_id, i.record_ids[i.place] AS record_id, i.since\n"
    "                FROM (SELECT s.scope_id, one.person_id, b.record_ids, b.since,\n"
    "                             unnest(array_positions(b.person_ids, one.person_id)) AS place\n",
    "                  ORDER BY k.last_person_id LIMIT 1) b\n",
    "                WHERE s.group_id = the_group AND s.feed_id = the_feed AND s.scope_id IS NOT NULL) i) k;\n",
]

# What a page of a snapshot has read is noted one page after the other, as before. It is read without waiting for that: only
# where changes were numbered meanwhile, so that others may have been told what was not so yet, it is read once more.
HELD = """          PERFORM pg_advisory_xact_lock(hashtextextended('feed ' || the_feed::text, 0));
"""
BEGUN = f"""        BEGIN
{HELD}          SELECT * INTO given"""
BEGUN_AT_ONCE = """        BEGIN
          LOOP
          SELECT * INTO given"""
LAST = "(SELECT c.last FROM change_counters c WHERE c.group_id = the_group AND c.company_id = given.company_id)"
READ = "          EXECUTE format($q$SELECT array_agg(f.person_id)"
READ_AS_OF = f"""          counted := {LAST};
{READ}"""
FULL = """          is_full := COALESCE(cardinality(found_people), 0) = most;
"""
FULL_AND_HELD = f"""{FULL}          EXIT WHEN held;
          IF is_full THEN
            RAISE NOTICE USING MESSAGE = 'place', DETAIL = found_people[most] || ' ' || found_records[most];
          END IF;
{HELD}          held := true;
          EXIT WHEN counted IS NOT DISTINCT FROM {LAST};
          END LOOP;
"""
DECLARED = "          is_full boolean;\n"
DECLARED_BESIDE = "          is_full boolean; held boolean := false; counted bigint;\n"

# Whoever puts a page together need not copy all of it for the sake of its last line feed.
BETWEEN, BEHIND = "string_agg(f.line, E'\\n')", "string_agg(f.line, '')"
ENDS = ("$q$'}}'$q$", "$q$E'}}\\n'$q$")

CHANGES = {
    LINE: [ENDS],
    SNAPSHOT: [
        (BETWEEN, BEHIND),
        (BEGUN, BEGUN_AT_ONCE),
        (READ, READ_AS_OF),
        (FULL, FULL_AND_HELD),
        (DECLARED, DECLARED_BESIDE),
    ],
    TOLD: [(BETWEEN, BEHIND), (GUESSED, ASKED), (AS_MANY_ROWS, AS_FAR_AS_A_PAGE)],
    NOTED_CHANGES: list(zip(PLACE_AS_A_TABLE, PLACE_AS_A_VALUE, strict=True)),
}


def upgrade() -> None:
    for function, places in CHANGES.items():
        rewrite(function, places)


def downgrade() -> None:
    for function, places in CHANGES.items():
        rewrite(function, back(places))

"""A page of a feed costs less: no array is copied for each of its blocks, and whose block somebody is in is asked once."""

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"

LAW = "date, text[], text[], text[]"
NOTED = "feed_noted(uuid, uuid, uuid, uuid, uuid, uuid, uuid[], uuid[], boolean)"
NOTED_CHANGES = "feed_noted_changes(uuid, uuid, uuid, uuid, uuid, uuid[], uuid[], text[], bigint[], uuid[], uuid[])"
TOLD = f"feed_told(uuid, uuid, bigint, boolean, uuid, uuid, integer, {LAW})"
LINE = "feed_line(text[], text[])"

# A variable that is an array is copied whole for every slice of it; the field of a record is not. And every statement
# asks the walls anew, so that nothing is asked block by block.
SINGLE_IN = "d.group_id = the_group AND d.company_id = giver AND d.scope_id = the_scope AND d.person_id BETWEEN"
BLOCKS_IN_TURN = [
    # Whoever was last on the page before has a row, and alone stands in nobody's way.
    ("IF open_people IS NULL AND", "IF COALESCE(open_people <@ ARRAY[after_person], true) AND"),
    (
        "some_people uuid[]; some_records uuid[];",
        """some_people uuid[]; some_records uuid[]; few uuid[];
          page record; fresh record; firsts integer[] := '{}'; lasts integer[] := '{}';
          singles uuid[]; single integer := 1;""",
    ),
    (
        "          FOR block IN",
        f"""          SELECT people AS people, records AS records INTO page;
          singles := ARRAY(SELECT DISTINCT d.person_id FROM disclosures d
                           WHERE {SINGLE_IN} after_person AND highest ORDER BY d.person_id);

          FOR block IN""",
    ),
    (
        "            size := cardinality(block.person_ids);",
        """            size := cardinality(block.person_ids);
            WHILE singles[single] < block.first_person_id LOOP
              single := single + 1;
            END LOOP;""",
    ),
    (
        f"""               AND NOT EXISTS (
                 SELECT FROM disclosures d
                 WHERE {SINGLE_IN} block.first_person_id AND block.last_person_id)
""",
        "               AND COALESCE(singles[single] > block.last_person_id, true)\n",
    ),
    ("IF people[j:j + size - 1] = block.person_ids", "IF page.people[j:j + size - 1] = block.person_ids"),
    ("AND records[j:j + size - 1] = block.record_ids", "AND page.records[j:j + size - 1] = block.record_ids"),
    (
        """            INSERT INTO disclosure_blocks (group_id, company_id, scope_id, last_person_id, first_person_id,
                                           recipient_id, since, person_ids, record_ids)
            VALUES (the_group, giver, the_scope, block_people[j], block_people[i], recipient, clock_timestamp(),
                    block_people[i:j], block_records[i:j]);
            i := j + 1;
          END LOOP;
""",
        """            firsts := firsts || i;
            lasts := lasts || j;
            i := j + 1;
          END LOOP;
          SELECT block_people AS people, block_records AS records INTO fresh;
          INSERT INTO disclosure_blocks (group_id, company_id, scope_id, last_person_id, first_person_id,
                                         recipient_id, since, person_ids, record_ids)
          SELECT the_group, giver, the_scope, fresh.people[b.j], fresh.people[b.i], recipient, clock_timestamp(),
                 fresh.people[b.i:b.j], fresh.records[b.i:b.j]
          FROM unnest(firsts, lasts) b (i, j);
""",
    ),
]
# Whoever was only given snapshots has few rows of holdings: of these it is asked whether anything is new, and not of the
# whole page. A record is found by its key, under the person that it belongs to now.
OF_ALL = """          UPDATE feed_holdings h SET person_id = f.person_id, gone_number = NULL
          FROM unnest(people, records) f (person_id, record_id)
          WHERE h.group_id = the_group AND h.company_id = giver AND h.feed_id = the_feed AND h.record_id = ANY (records) AND h.record_id = f.record_id
            AND (h.person_id <> f.person_id OR h.gone_number IS NOT NULL);
"""
OF_FEW = """          few := ARRAY(SELECT h.record_id FROM feed_holdings h
                       WHERE h.group_id = the_group AND h.company_id = giver AND h.feed_id = the_feed
                       LIMIT 1 + amount / 10);
          IF cardinality(few) > amount / 10 THEN
            few := records;
          ELSE
            few := ARRAY(SELECT h.record_id FROM feed_holdings h
                         WHERE h.group_id = the_group AND h.company_id = giver AND h.feed_id = the_feed
                           AND h.record_id = ANY (few)
                           AND (SELECT h.gone_number IS NOT NULL OR r.person_id <> h.person_id FROM records r
                                WHERE r.group_id = the_group AND r.company_id = giver AND r.record_id = h.record_id
                                  AND r.person_id BETWEEN after_person AND highest));
          END IF;
          IF cardinality(few) > 0 THEN
            UPDATE feed_holdings h SET person_id = f.person_id, gone_number = NULL
            FROM unnest(people, records) f (person_id, record_id)
            WHERE h.group_id = the_group AND h.company_id = giver AND h.feed_id = the_feed AND h.record_id = ANY (few)
              AND h.record_id = f.record_id AND (h.person_id <> f.person_id OR h.gone_number IS NOT NULL);
          END IF;
"""

# What blocks of the feed say of those who changed, of any version of its scope.
TWICE = [
    (
        "          FROM feed_held(the_group, giver, the_feed, touched) h;",
        """          FROM (SELECT h.person_id, h.record_id, h.gone_number FROM feed_holdings h
                WHERE h.group_id = the_group AND h.company_id = giver AND h.feed_id = the_feed
                  AND h.person_id = ANY (touched)
                UNION
                SELECT k.person_id, k.record_id, NULL FROM unnest(in_people, in_records) k (person_id, record_id)
                WHERE k.record_id NOT IN (
                  SELECT h.record_id FROM feed_holdings h
                  WHERE h.group_id = the_group AND h.company_id = giver AND h.feed_id = the_feed
                    AND h.record_id = ANY (in_records))) h;""",
    ),
    (
        "                SELECT b.person_id, b.since FROM disclosed_in_blocks(giver, ARRAY[the_scope], touched) b) o;",
        """                (SELECT k.person_id, k.since FROM unnest(in_scopes, in_people, in_since) k (scope_id, person_id, since)
                 WHERE k.scope_id = the_scope
                 EXCEPT
                 SELECT d.person_id, d.since FROM disclosures d
                 WHERE d.group_id = the_group AND d.company_id = giver AND d.scope_id = the_scope
                   AND d.person_id = ANY (touched))) o;""",
    ),
]
ONCE = [
    *TWICE,
    (
        "new_people uuid[]; still uuid[];",
        "new_people uuid[]; still uuid[];\n"
        "          in_scopes uuid[]; in_people uuid[]; in_records uuid[]; in_since timestamptz[];",
    ),
    (
        "        BEGIN\n",
        """        BEGIN
          SELECT array_agg(k.scope_id), array_agg(k.person_id), array_agg(k.record_id), array_agg(k.since)
            INTO in_scopes, in_people, in_records, in_since
          FROM (SELECT s.scope_id, one.person_id, b.record_ids[place] AS record_id, b.since
                FROM feed_scopes s CROSS JOIN unnest(touched) one (person_id)
                CROSS JOIN LATERAL (
                  SELECT k.* FROM disclosure_blocks k
                  WHERE k.group_id = the_group AND k.company_id = giver AND k.scope_id = s.scope_id
                    AND k.last_person_id >= one.person_id
                  ORDER BY k.last_person_id LIMIT 1) b
                CROSS JOIN LATERAL unnest(array_positions(b.person_ids, one.person_id)) place
                WHERE s.group_id = the_group AND s.feed_id = the_feed AND s.scope_id IS NOT NULL) k;

""",
    ),
]
# How many persons a change has is asked of it once, not for each of them: they may be kept elsewhere.
COUNTED_FOR_EACH = "c.number - cardinality(c.person_ids) + one.place"
COUNTED_ONCE = [
    (COUNTED_FOR_EACH, "c.before + one.place"),
    (
        "FROM (SELECT * FROM changes n",
        "FROM (SELECT n.*, n.number - cardinality(n.person_ids) AS before FROM changes n",
    ),
]
# To write a value as text and that text into the line copies it twice.
AS_IT_IS = [("COALESCE((r.data->%L)::text, ''null'')", "COALESCE(r.data->%L, ''null'')")]

CHANGES = {NOTED: [(OF_ALL, OF_FEW), *BLOCKS_IN_TURN], NOTED_CHANGES: ONCE, TOLD: COUNTED_ONCE, LINE: AS_IT_IS}


def upgrade() -> None:
    for function, places in CHANGES.items():
        rewrite(function, places)


def downgrade() -> None:
    for function, places in CHANGES.items():
        rewrite(function, [(after, before) for before, after in places])


def rewrite(function: str, places: list[tuple[str, str]]) -> None:
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
    op.execute("RESET ROLE")
    op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")

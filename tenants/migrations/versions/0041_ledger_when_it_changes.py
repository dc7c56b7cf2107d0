"""The ledger is written by a look at one person where it changes, and only read where it says already what is so.

To insert nothing and to end nothing took as long as the look itself: both statements were set up for it each time.
"""

from alembic import op

from tenants.migrations.walls import setting

revision = "0041"
down_revision = "0040"

FOUND = (
    "company_id uuid, register_id uuid, person_id uuid, record_id uuid, data jsonb, updated_at timestamptz,"
    " policy_id uuid, version integer, scope_id uuid"
)
COLUMNS = "company_id, register_id, person_id, record_id, data, updated_at, policy_id, version, scope_id"
# Of the person, and within the grants for this kind of purpose: what is not found any more has left its scope.
LOST = """UPDATE disclosures d SET until = clock_timestamp()
            WHERE d.group_id = the_group AND d.company_id = giver AND d.person_id = the_person
              AND d.recipient_id = receiver AND d.until IS NULL
              AND d.scope_id IN (SELECT g.scope_id FROM sharing_grants g
                                 WHERE g.group_id = the_group AND g.recipient_id = receiver AND g.kind = the_kind)"""


def upgrade() -> None:
    replace(
        "scopes uuid[] := '{}'; noted uuid[];",
        f"""
          FOR {COLUMNS} IN
            SELECT f.* FROM found_of_person(the_group, receiver, the_kind, giver, the_person) f
          LOOP
            scopes := scopes || shared_person.scope_id;
            RETURN NEXT;
          END LOOP;
          noted := ARRAY(
            SELECT d.scope_id FROM disclosures d
            WHERE d.group_id = the_group AND d.company_id = giver AND d.person_id = the_person
              AND d.recipient_id = receiver AND d.until IS NULL);
          IF NOT scopes <@ noted THEN
            INSERT INTO disclosures (group_id, company_id, scope_id, person_id, since, recipient_id)
            SELECT DISTINCT the_group, giver, scope, the_person, clock_timestamp(), receiver
            FROM unnest(scopes) scope WHERE scope <> ALL (noted)
            ON CONFLICT DO NOTHING;
          END IF;
          IF NOT noted <@ scopes THEN
            {LOST}
              AND d.scope_id <> ALL (scopes);
          END IF;""",
    )


def downgrade() -> None:
    replace(
        "",
        f"""
          RETURN QUERY WITH
          found AS MATERIALIZED (SELECT * FROM found_of_person(the_group, receiver, the_kind, giver, the_person)),
          noted AS (
            INSERT INTO disclosures (group_id, company_id, scope_id, person_id, since, recipient_id)
            SELECT DISTINCT the_group, f.company_id, f.scope_id, f.person_id, clock_timestamp(), receiver FROM found f
            WHERE NOT EXISTS (SELECT FROM disclosures d WHERE d.group_id = the_group AND d.scope_id = f.scope_id
                                AND d.person_id = f.person_id AND d.until IS NULL)
            ON CONFLICT DO NOTHING),
          lost AS (
            {LOST}
              AND NOT EXISTS (SELECT FROM found f WHERE f.scope_id = d.scope_id))
          SELECT * FROM found;""",
    )


def replace(declared: str, body: str) -> None:
    """As the role that owns the function. All is read by keys, and planned once."""
    op.execute("GRANT CREATE ON SCHEMA public TO seloste_door")
    op.execute("SET LOCAL ROLE seloste_door")
    op.execute(f"""
        CREATE OR REPLACE FUNCTION shared_person(giver uuid, the_person uuid) RETURNS TABLE ({FOUND})
        LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
        SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
        #variable_conflict use_column
        DECLARE
          the_group uuid := {setting("group_id")};
          receiver uuid := {setting("company_id")};
          the_kind text := {setting("purpose", "text")};
          {declared}
        BEGIN{body}
        END $$
    """)
    op.execute("RESET ROLE")
    op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")

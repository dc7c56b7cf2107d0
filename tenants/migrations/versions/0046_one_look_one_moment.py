"""A look at one person compares what it finds with what the ledger says at the same moment.

Each asked in its turn, another could write between them: whoever had left came back, or had come back and was gone.
"""

from alembic import op

from tenants.migrations.walls import setting

revision = "0046"
down_revision = "0045"

COLUMNS = "company_id, register_id, person_id, record_id, data, updated_at, policy_id, version, scope_id"
NOTED = """SELECT d.scope_id FROM disclosures d
            WHERE d.group_id = the_group AND d.company_id = giver AND d.person_id = the_person
              AND d.recipient_id = receiver AND d.until IS NULL"""
FOUND = "found_of_person(the_group, receiver, the_kind, giver, the_person) f"
AT_ONCE = f"""
          FOR {COLUMNS}, noted IN
            SELECT f.*, ARRAY({NOTED}) FROM (VALUES (1)) one LEFT JOIN {FOUND} ON true
          LOOP
            CONTINUE WHEN record_id IS NULL;
            scopes := scopes || shared_person.scope_id;
            RETURN NEXT;
          END LOOP;"""
IN_TURN = f"""
          FOR {COLUMNS} IN SELECT f.* FROM {FOUND}
          LOOP
            scopes := scopes || shared_person.scope_id;
            RETURN NEXT;
          END LOOP;
          noted := ARRAY({NOTED});"""


def upgrade() -> None:
    replace(AT_ONCE, "AND d.scope_id = ANY (noted)")


def downgrade() -> None:
    replace(IN_TURN, "")


def replace(look: str, lost: str) -> None:
    """As the role that owns the function. All is read by keys, and planned once."""
    op.execute("GRANT CREATE ON SCHEMA public TO seloste_door")
    op.execute("SET LOCAL ROLE seloste_door")
    op.execute(f"""
        CREATE OR REPLACE FUNCTION shared_person(giver uuid, the_person uuid)
        RETURNS TABLE (company_id uuid, register_id uuid, person_id uuid, record_id uuid, data jsonb,
                       updated_at timestamptz, policy_id uuid, version integer, scope_id uuid)
        LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
        SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
        #variable_conflict use_column
        DECLARE
          the_group uuid := {setting("group_id")};
          receiver uuid := {setting("company_id")};
          the_kind text := {setting("purpose", "text")};
          scopes uuid[] := '{{}}'; noted uuid[];
        BEGIN{look}
          IF NOT scopes <@ noted THEN
            INSERT INTO disclosures (group_id, company_id, scope_id, person_id, since, recipient_id)
            SELECT DISTINCT the_group, giver, scope, the_person, clock_timestamp(), receiver
            FROM unnest(scopes) scope WHERE scope <> ALL (noted)
            ON CONFLICT DO NOTHING;
          END IF;
          IF NOT noted <@ scopes THEN
            UPDATE disclosures d SET until = clock_timestamp()
            WHERE d.group_id = the_group AND d.company_id = giver AND d.person_id = the_person
              AND d.recipient_id = receiver AND d.until IS NULL
              AND d.scope_id IN (SELECT g.scope_id FROM sharing_grants g
                                 WHERE g.group_id = the_group AND g.recipient_id = receiver AND g.kind = the_kind)
              AND d.scope_id <> ALL (scopes) {lost};
          END IF;
        END $$
    """)
    op.execute("RESET ROLE")
    op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")

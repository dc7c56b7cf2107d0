"""Facts of a processor on which another company's agreement rests are changed for the whole group, and by no company."""

from alembic import op

from tenants.migrations.walls import GROUP, actor_is, once, setting

revision = "0072"
down_revision = "0071"

MINE, ME = setting("company_id"), setting("actor_id")
IS_CLIENT = actor_is("client")
OVERSEEN = f"{GROUP} AND company_id = ANY ((SELECT overseen_companies())::uuid[])"
OWN_PROCESSORS = f"SELECT p.processor_id FROM processors p WHERE p.{GROUP} AND p.company_id = {MINE}"
PARTY = f"{GROUP} AND processor_id = ANY (ARRAY(\n    {OWN_PROCESSORS}))"
OWN = f"{GROUP} AND {IS_CLIENT} AND agreement_id = {ME}"
APPROVED = (
    f"{GROUP} AND approved_at IS NOT NULL AND agreement_id = ANY (ARRAY(\n    SELECT a.agreement_id FROM agreements a"
)
# Whoever is itself the processor in an agreement, or its client. It is said here: the agreements do not say it any more.
OF_PARTIES = f"""{APPROVED} WHERE a.{GROUP} AND (
      ({IS_CLIENT} AND a.agreement_id = {ME}) OR a.processor_id = ANY (ARRAY({OWN_PROCESSORS})))))"""

FUNCTION = "processors_of_others()"
FREE = f"{GROUP} AND processor_id <> ALL ((SELECT {FUNCTION})::uuid[])"


def upgrade() -> None:
    draw("agreement_versions_door_select", "agreement_versions", f"USING (({OVERSEEN}) OR ({OF_PARTIES}))")
    draw("agreements_door_select", "agreements", f"USING ({GROUP})")
    create_processors_of_others()
    draw("processors_app_update", "processors", f"USING ({once(FREE)}) WITH CHECK ({GROUP})")
    draw("sub_processors_app_update", "sub_processors", f"USING ({once(FREE)}) WITH CHECK ({FREE})")
    draw("sub_processors_app_insert", "sub_processors", f"WITH CHECK ({FREE})")


def draw(policy: str, table: str, clauses: str) -> None:
    """A wall anew."""
    op.execute(f"ALTER POLICY {policy} ON {table} {clauses}")


def create_processors_of_others() -> None:
    """Of whoever acts for a company: those with whom another one has an agreement, and those whom they engage."""
    op.execute(f"""
        CREATE FUNCTION {FUNCTION} RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = pg_catalog, public, pg_temp AS $$
          WITH RECURSIVE relied_on AS (
            SELECT a.processor_id FROM public.agreements a
            WHERE a.group_id = {setting("group_id")} AND a.company_id <> {MINE}
            UNION
            SELECT s.sub_processor_id FROM public.sub_processors s
            JOIN relied_on r ON r.processor_id = s.processor_id
            WHERE s.group_id = {setting("group_id")} AND s.ended_at IS NULL)
          SELECT ARRAY(SELECT processor_id FROM relied_on)
        $$
    """)
    op.execute("GRANT CREATE ON SCHEMA public TO seloste_door")
    op.execute(f"REVOKE ALL ON FUNCTION {FUNCTION} FROM PUBLIC")
    op.execute(f"ALTER FUNCTION {FUNCTION} OWNER TO seloste_door")
    op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")
    op.execute("SET LOCAL ROLE seloste_door")
    op.execute(f"GRANT EXECUTE ON FUNCTION {FUNCTION} TO seloste_app")
    op.execute("RESET ROLE")


def downgrade() -> None:
    for table in ("sub_processors", "processors"):
        draw(f"{table}_app_update", table, f"USING ({once(GROUP)}) WITH CHECK ({GROUP})")
    draw("sub_processors_app_insert", "sub_processors", f"WITH CHECK ({GROUP})")
    op.execute("SET LOCAL ROLE seloste_door")
    op.execute(f"DROP FUNCTION {FUNCTION}")
    op.execute("RESET ROLE")
    draw("agreements_door_select", "agreements", f"USING (({OVERSEEN}) OR ({PARTY}) OR ({OWN}))")
    of_those_seen = f"{APPROVED} WHERE a.{GROUP}))"
    draw("agreement_versions_door_select", "agreement_versions", f"USING (({OVERSEEN}) OR ({of_those_seen}))")

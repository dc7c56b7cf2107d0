"""What must hold before a member of staff opens personal data, kept in the database.

The commitment is signed, a role or a granted maintenance access is there, the contract of an outsider is in force: asked
anew by every statement. Departments keep their registers to themselves.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, GROUP, actor_is, also, let, let_see, setting, wall

revision = "0025"
down_revision = "0024"

ROLES = (
    "group_admin",
    "company_admin",
    "register_owner",
    "data_protection_officer",
    "request_handler",
    "customer_care",
    "maintenance",
    "auditor",
)
KINDS = (
    "customer_care",
    "sales",
    "invoicing",
    "delivery",
    "marketing",
    "analytics",
    "research",
    "credit",
    "accounting",
    "service_use",
    "competition",
    "legal_duty",
    "rights_request",
    "retention",
    "storage",
    "legal_claim",
)
ME = setting("actor_id")
BY_MEMBER = actor_is("member")
# No member changes what they hold themselves.
OF_OTHERS = f"NOT ({BY_MEMBER} AND member_id = {ME})"
FUNCTIONS = ("may_open()", "closed_registers()", "overseen_companies()")
PERSONAL_TABLES = {
    "persons": "SELECT, INSERT, UPDATE, DELETE",
    "records": "SELECT, INSERT, UPDATE, DELETE",
    "identifiers": "SELECT, INSERT, UPDATE, DELETE",
    "corrections": "SELECT, INSERT, UPDATE, DELETE",
    "restrictions": "SELECT, INSERT, UPDATE",
    "person_changes": "SELECT, INSERT, UPDATE",
    "consents": "SELECT, INSERT, UPDATE, DELETE",
    "objections": "SELECT, INSERT, UPDATE, DELETE",
    "disclosures": "SELECT, UPDATE",
    "cases": "SELECT, INSERT, UPDATE",
    "case_matches": "SELECT, INSERT, UPDATE, DELETE",
    "case_findings": "SELECT, INSERT, UPDATE, DELETE",
    "case_events": "SELECT, INSERT",
    "exports": "SELECT, INSERT, UPDATE",
    "letters": "SELECT, INSERT, UPDATE",
}
BOUND_TABLES = {
    "records": "SELECT, INSERT, UPDATE, DELETE",
    "corrections": "SELECT, INSERT, UPDATE, DELETE",
    "imports": "SELECT, INSERT, UPDATE, DELETE",
}
# What the door reads of others' records, it reads for a member.
DOOR_TABLES = ("persons", "records", "consents", "objections")


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def key(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=null)


def text(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=null)


def instant(name: str, *, null: bool = True, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=null and not now)


def refers(table: str, to: str, *columns: str, targets: tuple[str, ...] = ()) -> sa.ForeignKeyConstraint:
    keys = ("group_id", *columns)
    named = [f"{to}.{name}" for name in ("group_id", *(targets or columns))]
    return sa.ForeignKeyConstraint(keys, named, name=op.f(f"fk_{table}_{'_'.join(keys)}"))


def primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("group_id", *columns, name=op.f(f"pk_{table}"))


def unique(table: str, *columns: str, name: str = "", together: bool = False) -> sa.UniqueConstraint:
    keys = ("group_id", *columns)
    called = op.f(name or f"uq_{table}_{'_'.join(keys)}")
    return sa.UniqueConstraint(*keys, name=called, postgresql_nulls_not_distinct=True if together else None)


def upgrade() -> None:
    op.drop_constraint(op.f("ck_assignments_role"), "assignments", type_="check")
    op.create_check_constraint(op.f("ck_assignments_role"), "assignments", sa.column("role", sa.String()).in_(ROLES))
    op.add_column("groups", sa.Column("maintenance_hours", sa.Integer(), server_default="8", nullable=False))
    op.add_column("groups", sa.Column("certify_months", sa.Integer(), nullable=True))
    op.add_column("identity_providers", text("label", null=True))
    create_commitments()
    create_contracts()
    create_departments()
    create_maintenance()
    create_certifications()
    create_claim_rules()
    raise_walls()
    create_functions()
    lock_personal_data()
    let_the_officer_count()


def create_commitments() -> None:
    op.create_table(
        "commitments",
        key("group_id"),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", postgresql.JSONB(), nullable=False),
        instant("created_at", now=True),
        refers("commitments", "groups"),
        primary("commitments", "version"),
    )
    op.create_table(
        "commitment_signatures",
        key("group_id"),
        key("member_id"),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        text("language"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        instant("signed_at", now=True),
        refers("commitment_signatures", "members", "member_id"),
        refers("commitment_signatures", "commitments", "version"),
        primary("commitment_signatures", "member_id", "version"),
    )


def create_contracts() -> None:
    op.create_table(
        "staff_contracts",
        key("group_id"),
        key("contract_id"),
        key("company_id"),
        text("processor"),
        text("reference"),
        sa.Column("ends_on", sa.Date(), nullable=False),
        instant("created_at", now=True),
        instant("ended_at"),
        refers("staff_contracts", "companies", "company_id"),
        primary("staff_contracts", "contract_id"),
        unique("staff_contracts", "company_id", "reference"),
    )
    op.add_column("members", key("contract_id", null=True))
    op.create_foreign_key(
        op.f("fk_members_group_id_contract_id"),
        "members",
        "staff_contracts",
        ["group_id", "contract_id"],
        ["group_id", "contract_id"],
    )


def create_departments() -> None:
    op.create_table(
        "departments",
        key("group_id"),
        key("department_id"),
        key("company_id"),
        text("key"),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        instant("created_at", now=True),
        instant("retired_at"),
        refers("departments", "companies", "company_id"),
        primary("departments", "department_id"),
        unique("departments", "company_id", "key"),
        unique("departments", "company_id", "department_id"),
    )
    op.create_table(
        "department_members",
        key("group_id"),
        key("department_id"),
        key("member_id"),
        instant("created_at", now=True),
        refers("department_members", "departments", "department_id"),
        refers("department_members", "members", "member_id"),
        primary("department_members", "department_id", "member_id"),
    )
    op.create_table(
        "register_departments",
        key("group_id"),
        key("register_id"),
        key("department_id"),
        key("company_id"),
        instant("bound_at", now=True),
        refers("register_departments", "registers", "company_id", "register_id"),
        refers("register_departments", "departments", "company_id", "department_id"),
        primary("register_departments", "register_id", "department_id"),
    )
    op.create_index(
        op.f("ix_register_departments_group_id_company_id"),
        "register_departments",
        ["group_id", "company_id"],
        unique=False,
    )


def create_maintenance() -> None:
    asked = ("ask_id", "member_id", "company_id", "purpose")
    op.create_table(
        "maintenance_asks",
        key("group_id"),
        key("ask_id"),
        key("member_id"),
        key("company_id"),
        sa.Column("purpose", words("purposekind", *KINDS), nullable=False),
        text("ticket"),
        text("reason"),
        instant("ends_at", null=False),
        instant("asked_at", now=True),
        sa.CheckConstraint(
            "purpose IN ('storage', 'customer_care')", name=op.f("ck_maintenance_asks_purpose_of_maintenance")
        ),
        sa.CheckConstraint("ends_at > asked_at", name=op.f("ck_maintenance_asks_ends_later")),
        refers("maintenance_asks", "members", "member_id"),
        refers("maintenance_asks", "companies", "company_id"),
        primary("maintenance_asks", "ask_id"),
        unique("maintenance_asks", *asked, name="uq_maintenance_asks_ask"),
    )
    op.create_index(
        op.f("ix_maintenance_asks_group_id_company_id_asked_at"),
        "maintenance_asks",
        ["group_id", "company_id", "asked_at"],
        unique=False,
    )
    op.create_table(
        "maintenance_grants",
        key("group_id"),
        key("ask_id"),
        key("member_id"),
        key("company_id"),
        sa.Column("purpose", words("purposekind", *KINDS), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        key("granted_by"),
        instant("granted_at", now=True),
        instant("ends_at", null=False),
        instant("ended_at"),
        key("ended_by", null=True),
        sa.CheckConstraint("granted_by <> member_id", name=op.f("ck_maintenance_grants_by_another")),
        sa.ForeignKeyConstraint(
            ["group_id", *asked],
            [f"maintenance_asks.{name}" for name in ("group_id", *asked)],
            name=op.f("fk_maintenance_grants_ask"),
        ),
        refers("maintenance_grants", "members", "granted_by", targets=("member_id",)),
        primary("maintenance_grants", "ask_id"),
    )
    op.create_index(
        op.f("ix_maintenance_grants_group_id_member_id_ends_at"),
        "maintenance_grants",
        ["group_id", "member_id", "ends_at"],
        unique=False,
    )


def create_certifications() -> None:
    op.create_table(
        "certification_campaigns",
        key("group_id"),
        key("campaign_id"),
        key("company_id", null=True),
        instant("opened_at", now=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        instant("told_at"),
        instant("closed_at"),
        refers("certification_campaigns", "companies", "company_id"),
        primary("certification_campaigns", "campaign_id"),
    )
    op.create_index(
        "uq_certification_campaigns_open",
        "certification_campaigns",
        ["group_id", "company_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "certifications",
        key("group_id"),
        key("campaign_id"),
        key("assignment_id"),
        key("member_id"),
        sa.Column("role", words("role", *ROLES), nullable=False),
        sa.Column("verdict", words("verdict", "kept", "revoked", "lapsed"), nullable=True),
        key("decided_by", null=True),
        instant("decided_at"),
        sa.CheckConstraint("decided_by <> member_id", name=op.f("ck_certifications_by_another")),
        refers("certifications", "certification_campaigns", "campaign_id"),
        refers("certifications", "members", "member_id"),
        primary("certifications", "campaign_id", "assignment_id"),
    )


def create_claim_rules() -> None:
    op.create_table(
        "claim_rules",
        key("group_id"),
        key("rule_id"),
        key("provider_id"),
        text("claim"),
        text("value"),
        sa.Column("role", words("role", *ROLES), nullable=False),
        key("company_id", null=True),
        refers("claim_rules", "companies", "company_id"),
        refers("claim_rules", "identity_providers", "provider_id"),
        primary("claim_rules", "rule_id"),
        unique(
            "claim_rules",
            "provider_id",
            "claim",
            "value",
            "role",
            "company_id",
            name="uq_claim_rules_said",
            together=True,
        ),
    )
    op.add_column("assignments", key("provider_id", null=True))
    op.create_foreign_key(
        op.f("fk_assignments_group_id_provider_id"),
        "assignments",
        "identity_providers",
        ["group_id", "provider_id"],
        ["group_id", "provider_id"],
    )


def raise_walls() -> None:
    wall("commitments")
    let("app", "SELECT, INSERT", "commitments", GROUP)
    wall("commitment_signatures")
    let("app", "SELECT", "commitment_signatures", GROUP)
    let("app", "INSERT", "commitment_signatures", f"{GROUP} AND {BY_MEMBER} AND member_id = {ME}")
    wall("staff_contracts")
    let("app", "SELECT, INSERT, UPDATE", "staff_contracts", GROUP)
    wall("departments")
    let("app", "SELECT, INSERT, UPDATE", "departments", GROUP)
    for table in ("department_members", "register_departments", "claim_rules"):
        wall(table)
        let("app", "SELECT, INSERT, DELETE", table, GROUP)
    also("app", "INSERT, DELETE", "department_members", OF_OTHERS)
    also("app", "INSERT, UPDATE, DELETE", "assignments", OF_OTHERS)
    wall("maintenance_asks")
    let("app", "SELECT", "maintenance_asks", GROUP)
    let("app", "INSERT", "maintenance_asks", f"{GROUP} AND {BY_MEMBER} AND member_id = {ME}")
    wall("maintenance_grants")
    let("app", "SELECT", "maintenance_grants", GROUP)
    let("app", "INSERT", "maintenance_grants", f"{COMPANY} AND {BY_MEMBER} AND granted_by = {ME}")
    let("app", "UPDATE", "maintenance_grants", GROUP, columns="ended_at, ended_by")
    for table in ("certification_campaigns", "certifications"):
        wall(table)
        let("app", "SELECT, INSERT, UPDATE", table, GROUP)
    # The door asks for whom it is opened.
    for table in ("members", "assignments", "commitments", "commitment_signatures", "staff_contracts"):
        let("door", "SELECT", table, GROUP)
    let("door", "SELECT", "maintenance_grants", GROUP)


def create_functions() -> None:
    """They run as whoever asks. Names are written with their schema: a temporary table stands in for none of them."""
    create_may_open()
    create_closed_registers()
    create_overseen_companies()
    for function in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO seloste_app, seloste_door")


def create_may_open() -> None:
    op.execute(f"""
        CREATE FUNCTION may_open() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
        DECLARE
          the_group uuid;
          here uuid;
          me uuid;
        BEGIN
          IF {setting("actor", "text")} IS DISTINCT FROM 'member' THEN
            RETURN true;
          END IF;
          the_group := {setting("group_id")};
          here := {setting("company_id")};
          me := {ME};
          RETURN here IS NOT NULL AND EXISTS (
            SELECT FROM public.members m
            LEFT JOIN public.staff_contracts c ON c.group_id = m.group_id AND c.contract_id = m.contract_id
            WHERE m.group_id = the_group AND m.member_id = me AND m.deactivated_at IS NULL
              AND (m.contract_id IS NULL OR (
                c.company_id = here AND c.ended_at IS NULL
                AND c.ends_on >= (statement_timestamp() AT TIME ZONE 'Europe/Helsinki')::date))
              AND EXISTS (
                SELECT FROM public.commitment_signatures s
                WHERE s.group_id = the_group AND s.member_id = me
                  AND s.version = (SELECT max(v.version) FROM public.commitments v WHERE v.group_id = the_group))
              AND (EXISTS (
                SELECT FROM public.assignments a
                WHERE a.group_id = the_group AND a.member_id = me
                  AND (a.company_id = here OR (a.company_id IS NULL AND m.contract_id IS NULL))
                  AND a.role NOT IN ('group_admin', 'maintenance', 'auditor')
                  AND (m.contract_id IS NULL
                       OR a.role IN ('request_handler', 'customer_care', 'data_protection_officer')))
                OR EXISTS (
                SELECT FROM public.maintenance_grants g
                WHERE g.group_id = the_group AND g.member_id = me AND g.company_id = here
                  AND g.purpose = {setting("purpose", "text")} AND NOT g.refused
                  AND g.ends_at > statement_timestamp() AND g.ended_at IS NULL)));
        END $$
    """)


def create_closed_registers() -> None:
    """To requests of data subjects the law opens them all (Art. 15), through whoever answers these here."""
    op.execute(f"""
        CREATE FUNCTION closed_registers() RETURNS uuid[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
        DECLARE
          the_group uuid;
        BEGIN
          IF {setting("actor", "text")} IS DISTINCT FROM 'member'
             OR {setting("purpose", "text")} = 'rights_request' THEN
            RETURN '{{}}';
          END IF;
          the_group := {setting("group_id")};
          RETURN ARRAY(
            SELECT DISTINCT b.register_id FROM public.register_departments b
            WHERE b.group_id = the_group AND b.company_id = {setting("company_id")}
              AND NOT EXISTS (
                SELECT FROM public.register_departments o
                JOIN public.department_members w ON w.group_id = o.group_id AND w.department_id = o.department_id
                WHERE o.group_id = the_group AND o.register_id = b.register_id AND w.member_id = {ME}));
        END $$
    """)


def create_overseen_companies() -> None:
    op.execute(f"""
        CREATE FUNCTION overseen_companies() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
          SELECT ARRAY(
            SELECT c.company_id FROM public.companies c
            WHERE c.group_id = {setting("group_id")} AND {setting("actor", "text")} = 'member'
              AND EXISTS (
                SELECT FROM public.assignments a
                JOIN public.members m ON m.group_id = a.group_id AND m.member_id = a.member_id
                LEFT JOIN public.staff_contracts t ON t.group_id = m.group_id AND t.contract_id = m.contract_id
                WHERE a.group_id = c.group_id AND a.member_id = {ME} AND m.deactivated_at IS NULL
                  AND a.role = 'data_protection_officer'
                  AND (a.company_id = c.company_id OR (a.company_id IS NULL AND m.contract_id IS NULL))
                  AND (m.contract_id IS NULL OR (
                    t.company_id = c.company_id AND t.ended_at IS NULL
                    AND t.ends_on >= (statement_timestamp() AT TIME ZONE 'Europe/Helsinki')::date))))
        $$
    """)


def lock_personal_data() -> None:
    # As a subquery each is asked once a statement, not once a row.
    for table, commands in PERSONAL_TABLES.items():
        also("app", commands, table, "(SELECT may_open())")
    for table in DOOR_TABLES:
        also("door", "SELECT", table, "(SELECT may_open())")
    for table, commands in BOUND_TABLES.items():
        also("app", commands, table, "register_id <> ALL ((SELECT closed_registers())::uuid[])", name="bound")


def let_the_officer_count() -> None:
    """Figures, dates and states of all companies: no more columns than these, and counted, never listed."""
    overseen = f"{GROUP} AND company_id = ANY ((SELECT overseen_companies())::uuid[])"
    let_see("door", "cases", overseen, columns="group_id, company_id, state, due_on, latest_on")
    let_see("door", "restrictions", overseen, columns="group_id, company_id, state, review_on")
    op.execute("""
        CREATE FUNCTION overseen_cases(today date)
        RETURNS TABLE (company_id uuid, state text, cases bigint, late bigint, first_due date)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
          SELECT c.company_id, c.state::text, count(*), count(*) FILTER (WHERE c.due_on < today), min(c.due_on)
          FROM public.cases c GROUP BY c.company_id, c.state
        $$
    """)
    op.execute("""
        CREATE FUNCTION overseen_restrictions(today date)
        RETURNS TABLE (company_id uuid, state text, restrictions bigint, overdue bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
          SELECT r.company_id, r.state::text, count(*), count(*) FILTER (WHERE r.review_on < today)
          FROM public.restrictions r GROUP BY r.company_id, r.state
        $$
    """)
    op.execute("GRANT CREATE ON SCHEMA public TO seloste_door")
    for function in OVERSIGHT:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"ALTER FUNCTION {function} OWNER TO seloste_door")
    op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")
    op.execute("SET LOCAL ROLE seloste_door")
    for function in OVERSIGHT:
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO seloste_app")
    op.execute("RESET ROLE")


OVERSIGHT = ("overseen_cases(date)", "overseen_restrictions(date)")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE seloste_door")
    for function in OVERSIGHT:
        op.execute(f"DROP FUNCTION {function}")
    op.execute("RESET ROLE")
    unlock()
    op.drop_constraint(op.f("fk_assignments_group_id_provider_id"), "assignments")
    op.drop_column("assignments", "provider_id")
    op.drop_constraint(op.f("fk_members_group_id_contract_id"), "members")
    op.drop_column("members", "contract_id")
    for table in (
        "claim_rules",
        "certifications",
        "certification_campaigns",
        "maintenance_grants",
        "maintenance_asks",
        "register_departments",
        "department_members",
        "departments",
        "staff_contracts",
        "commitment_signatures",
        "commitments",
    ):
        op.drop_table(table)
    op.drop_column("identity_providers", "label")
    op.drop_column("groups", "certify_months")
    op.drop_column("groups", "maintenance_hours")
    op.drop_constraint(op.f("ck_assignments_role"), "assignments", type_="check")
    former = tuple(role for role in ROLES if role != "maintenance")
    op.create_check_constraint(op.f("ck_assignments_role"), "assignments", sa.column("role", sa.String()).in_(former))


def unlock() -> None:
    for table, name in (("cases", "cases_door_select"), ("restrictions", "restrictions_door_select")):
        op.execute(f"DROP POLICY {name} ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM seloste_door")
    locked = [("app", table, commands, "also") for table, commands in PERSONAL_TABLES.items()]
    locked += [("door", table, "SELECT", "also") for table in DOOR_TABLES]
    locked += [("app", table, commands, "bound") for table, commands in BOUND_TABLES.items()]
    locked += [("app", "assignments", "INSERT, UPDATE, DELETE", "also")]
    for role, table, commands, name in locked:
        for command in commands.split(", "):
            op.execute(f"DROP POLICY {table}_{role}_{command.lower()}_{name} ON {table}")
    for table in ("members", "assignments"):
        op.execute(f"DROP POLICY {table}_door_select ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM seloste_door")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")

"""Sharing inside the group: consents and objections, the ledger of disclosures, policies, and the door."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, GROUP, HAS_PURPOSE, let, setting, wall

revision = "0018"
down_revision = "0017"

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
BASES = ("consent", "contract", "legal_obligation", "vital_interest", "public_task", "legitimate_interest")

MINE = setting("company_id")
RECEIVED = f"{GROUP} AND recipient_id = {MINE}"
BOTH = f"{GROUP} AND (company_id = {MINE} OR recipient_id = {MINE})"
# What a record's register must be among for the door to see the record at all, whatever its functions ask for.
GRANTED = f"""register_id = ANY (ARRAY(
    SELECT unnest(g.reads) FROM sharing_grants g
    WHERE g.{RECEIVED} AND g.kind = {setting("purpose", "text")} AND g.opens_at <= statement_timestamp()
      AND (g.closes_at IS NULL OR g.closes_at > statement_timestamp())))"""

# What the door's functions run with: no table of the caller's own making comes before the real one.
FIXED = "SET search_path = pg_catalog, public, pg_temp"
FUNCTIONS = (
    "share_meets(jsonb, uuid, uuid, uuid, jsonb)",
    "fit_to_share(uuid, uuid, uuid, text, jsonb)",
    "open_grants(uuid, uuid, text)",
    "found_of_person(uuid, uuid, text, uuid, uuid)",
    "found_on_page(uuid, uuid, uuid, text, jsonb, text[], uuid, uuid, integer)",
    "shared_person(uuid, uuid)",
    "shared_page(uuid, uuid, uuid, integer)",
)
# What runs as whoever calls it, inside the caller's own walls.
FOR_ANYBODY = FUNCTIONS[:3]
THE_DOOR = FUNCTIONS[5:]


def upgrade() -> None:
    op.add_column("groups", sa.Column("four_eyes", sa.Boolean(), server_default="false", nullable=False))
    # A register read person by person, a page at a time.
    op.create_index(
        "ix_records_register", "records", ["group_id", "register_id", "person_id", "record_id"], unique=False
    )
    create_consents()
    create_ledger()
    create_policies()
    create_grants()
    raise_walls()
    let_the_door_see()
    create_functions()
    hand_over_to_the_door()


def kind_column(name: str = "kind") -> sa.Column[str]:
    return sa.Column(
        name, sa.Enum(*KINDS, name="purposekind", native_enum=False, create_constraint=True, length=40), nullable=False
    )


def create_consents() -> None:
    for table in ("objections", "consents"):
        op.create_table(
            table,
            sa.Column("group_id", sa.Uuid(), nullable=False),
            sa.Column("company_id", sa.Uuid(), nullable=False),
            sa.Column("person_id", sa.Uuid(), nullable=False),
            kind_column(),
            sa.Column("since", sa.DateTime(timezone=True), nullable=False),
            sa.Column("until", sa.DateTime(timezone=True), nullable=True),
            *([sa.Column("source", sa.Text(), nullable=False)] if table == "consents" else []),
            sa.ForeignKeyConstraint(
                ["group_id", "company_id", "person_id"],
                ["persons.group_id", "persons.company_id", "persons.person_id"],
                name=op.f(f"fk_{table}_group_id_company_id_person_id"),
            ),
            sa.PrimaryKeyConstraint("group_id", "company_id", "person_id", "kind", "since", name=op.f(f"pk_{table}")),
        )
        op.create_index(
            f"uq_{table}_in_force",
            table,
            ["group_id", "company_id", "person_id", "kind"],
            unique=True,
            postgresql_where=sa.text("until IS NULL"),
        )


def create_ledger() -> None:
    op.create_table(
        "disclosure_scopes",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("purpose_id", sa.Uuid(), nullable=False),
        kind_column(),
        sa.Column("fields", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("source_version", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id"],
            ["companies.group_id", "companies.company_id"],
            name=op.f("fk_disclosure_scopes_group_id_company_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "register_id"],
            ["registers.group_id", "registers.company_id", "registers.register_id"],
            name=op.f("fk_disclosure_scopes_group_id_company_id_register_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "purpose_id"],
            ["purposes.group_id", "purposes.purpose_id"],
            name=op.f("fk_disclosure_scopes_group_id_purpose_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "scope_id", name=op.f("pk_disclosure_scopes")),
    )
    op.create_index("ix_disclosure_scopes_recipient", "disclosure_scopes", ["group_id", "recipient_id"], unique=False)
    op.create_table(
        "disclosures",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "scope_id"],
            ["disclosure_scopes.group_id", "disclosure_scopes.scope_id"],
            name=op.f("fk_disclosures_group_id_scope_id"),
        ),
        sa.PrimaryKeyConstraint(
            "group_id", "company_id", "scope_id", "person_id", "since", name=op.f("pk_disclosures")
        ),
    )
    op.create_index(
        "uq_disclosures_going_on",
        "disclosures",
        ["group_id", "scope_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index("ix_disclosures_person", "disclosures", ["group_id", "company_id", "person_id"], unique=False)


def create_policies() -> None:
    op.create_table(
        "sharing_policies",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("recipients", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("purpose_id", sa.Uuid(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("condition", postgresql.JSONB(), nullable=True),
        sa.Column(
            "legal_basis",
            sa.Enum(*BASES, name="legalbasis", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("balancing", sa.Text(), nullable=True),
        sa.Column("agreement", postgresql.JSONB(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("drafted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("drafted_by", sa.Uuid(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "register_id"],
            ["registers.group_id", "registers.company_id", "registers.register_id"],
            name=op.f("fk_sharing_policies_group_id_company_id_register_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "purpose_id"],
            ["purposes.group_id", "purposes.purpose_id"],
            name=op.f("fk_sharing_policies_group_id_purpose_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "policy_id", "version", name=op.f("pk_sharing_policies")),
    )
    op.create_index("ix_sharing_policies_company", "sharing_policies", ["group_id", "company_id"], unique=False)


def create_grants() -> None:
    op.create_table(
        "sharing_grants",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("purpose_id", sa.Uuid(), nullable=False),
        kind_column(),
        sa.Column("fields", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("condition", postgresql.JSONB(), nullable=True),
        sa.Column("reads", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("company_id <> recipient_id", name=op.f("ck_sharing_grants_given_to_another")),
        sa.ForeignKeyConstraint(
            ["group_id", "policy_id", "version"],
            ["sharing_policies.group_id", "sharing_policies.policy_id", "sharing_policies.version"],
            name=op.f("fk_sharing_grants_group_id_policy_id_version"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "scope_id"],
            ["disclosure_scopes.group_id", "disclosure_scopes.scope_id"],
            name=op.f("fk_sharing_grants_group_id_scope_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "recipient_id"],
            ["companies.group_id", "companies.company_id"],
            name=op.f("fk_sharing_grants_group_id_recipient_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "grant_id", name=op.f("pk_sharing_grants")),
        sa.UniqueConstraint(
            "group_id", "grant_id", "recipient_id", name=op.f("uq_sharing_grants_group_id_grant_id_recipient_id")
        ),
        sa.UniqueConstraint(
            "group_id",
            "policy_id",
            "version",
            "recipient_id",
            name=op.f("uq_sharing_grants_group_id_policy_id_version_recipient_id"),
        ),
    )
    op.create_index("ix_sharing_grants_recipient", "sharing_grants", ["group_id", "recipient_id", "kind"], unique=False)
    op.create_table(
        "sharing_acceptances",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "grant_id", "company_id"],
            ["sharing_grants.group_id", "sharing_grants.grant_id", "sharing_grants.recipient_id"],
            name=op.f("fk_sharing_acceptances_group_id_grant_id_company_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "grant_id", name=op.f("pk_sharing_acceptances")),
    )


def raise_walls() -> None:
    for table in ("objections", "consents"):
        wall(table)
        let("app", "SELECT, INSERT, UPDATE", table, f"{COMPANY} AND {HAS_PURPOSE}", columns="until")
    wall("disclosure_scopes")
    let("app", "SELECT", "disclosure_scopes", BOTH)
    let("app", "INSERT, UPDATE", "disclosure_scopes", COMPANY, columns="closed_at")
    wall("disclosures")
    let("app", "SELECT", "disclosures", f"({BOTH}) AND {HAS_PURPOSE}")
    wall("sharing_policies")
    let("app", "SELECT", "sharing_policies", GROUP)
    let("app", "INSERT, UPDATE", "sharing_policies", COMPANY)
    wall("sharing_grants")
    let("app", "SELECT", "sharing_grants", GROUP)
    let("app", "INSERT, UPDATE", "sharing_grants", COMPANY, columns="scope_id, closes_at")
    wall("sharing_acceptances")
    let("app", "SELECT", "sharing_acceptances", GROUP)
    let("app", "INSERT", "sharing_acceptances", COMPANY)


def let_the_door_see() -> None:
    for table in ("companies", "registers", "fields", "purposes", "consents", "objections"):
        let("door", "SELECT", table, GROUP)
    let("door", "SELECT", "sharing_grants", RECEIVED)
    let("door", "SELECT", "sharing_acceptances", COMPANY)
    let("door", "SELECT", "persons", f"{GROUP} AND NOT restricted")
    let("door", "SELECT", "records", f"{GROUP} AND NOT restricted AND {GRANTED}")
    let("door", "SELECT, INSERT, UPDATE", "disclosures", RECEIVED, columns="until")


def create_functions() -> None:
    create_conditions()
    create_grants_in_force()
    create_findings()
    create_door()


def create_conditions() -> None:
    """The vocabulary of conditions.py, word for word; what it does not know holds for nobody."""
    op.execute("""
        CREATE FUNCTION share_meets(condition jsonb, the_group uuid, giver uuid, the_person uuid, of_record jsonb)
        RETURNS boolean LANGUAGE plpgsql STABLE AS $$
        BEGIN
          RETURN COALESCE(CASE condition->>'type'
            WHEN 'field_is' THEN condition->'values' @> (of_record->(condition->>'field'))
            WHEN 'has_record' THEN EXISTS (
              SELECT FROM records r
              WHERE r.group_id = the_group AND r.company_id = giver AND r.person_id = the_person
                AND r.register_id = (condition->>'register')::uuid AND NOT r.restricted
                AND condition->'values' @> (r.data->(condition->>'field')))
            WHEN 'consented' THEN EXISTS (
              SELECT FROM consents c
              WHERE c.group_id = the_group AND c.company_id = giver AND c.person_id = the_person
                AND c.kind = condition->>'kind' AND c.until IS NULL)
            WHEN 'not_objected' THEN NOT EXISTS (
              SELECT FROM objections o
              WHERE o.group_id = the_group AND o.company_id = giver AND o.person_id = the_person
                AND o.kind = condition->>'kind' AND o.until IS NULL)
            WHEN 'all' THEN NOT EXISTS (
              SELECT FROM jsonb_array_elements(condition->'of') part
              WHERE NOT share_meets(part, the_group, giver, the_person, of_record))
            WHEN 'any' THEN EXISTS (
              SELECT FROM jsonb_array_elements(condition->'of') part
              WHERE share_meets(part, the_group, giver, the_person, of_record))
          END, false);
        END $$
    """)
    op.execute("""
        CREATE FUNCTION fit_to_share(the_group uuid, giver uuid, the_register uuid, the_kind text, the_condition jsonb)
        RETURNS TABLE (person_id uuid, record_id uuid, data jsonb, updated_at timestamptz)
        LANGUAGE sql STABLE AS $$
          SELECT r.person_id, r.record_id, r.data, r.updated_at
          FROM records r
          JOIN persons p ON p.group_id = r.group_id AND p.company_id = r.company_id AND p.person_id = r.person_id
          WHERE r.group_id = the_group AND r.company_id = giver AND r.register_id = the_register
            AND NOT r.restricted AND NOT p.restricted
            AND NOT EXISTS (
              SELECT FROM objections o
              WHERE o.group_id = r.group_id AND o.company_id = r.company_id AND o.person_id = r.person_id
                AND o.kind = the_kind AND o.until IS NULL)
            AND (the_condition IS NULL OR share_meets(the_condition, r.group_id, r.company_id, r.person_id, r.data))
        $$
    """)


def create_grants_in_force() -> None:
    """Granted, accepted, within its time, and still said by the notice in force: field, purpose and recipient."""
    op.execute("""
        CREATE FUNCTION open_grants(the_group uuid, receiver uuid, the_kind text)
        RETURNS TABLE (company_id uuid, register_id uuid, policy_id uuid, version integer, scope_id uuid, kind text,
                       condition jsonb, field_ids text[], closes_at timestamptz)
        LANGUAGE sql STABLE AS $$
          SELECT g.company_id, g.register_id, g.policy_id, g.version, g.scope_id, g.kind::text,
                 NULLIF(g.condition, 'null'::jsonb),
                 ARRAY(SELECT f.field_id::text FROM fields f
                       WHERE f.group_id = g.group_id AND f.register_id = g.register_id AND f.field_id = ANY (g.fields)
                         AND f.retired_at IS NULL AND NOT f.sealed AND p.key = ANY (f.purposes)
                       ORDER BY f.position),
                 g.closes_at
          FROM sharing_grants g
          JOIN sharing_acceptances a ON a.group_id = g.group_id AND a.grant_id = g.grant_id
                                    AND a.company_id = g.recipient_id
          JOIN purposes p ON p.group_id = g.group_id AND p.purpose_id = g.purpose_id AND p.retired_at IS NULL
                         AND p.kind = g.kind
          JOIN registers r ON r.group_id = g.group_id AND r.register_id = g.register_id AND r.retired_at IS NULL
          JOIN companies c ON c.group_id = g.group_id AND c.company_id = g.recipient_id AND c.retired_at IS NULL
          WHERE g.group_id = the_group AND g.recipient_id = receiver AND g.kind = the_kind
            AND g.opens_at <= statement_timestamp() AND (g.closes_at IS NULL OR g.closes_at > statement_timestamp())
            AND EXISTS (SELECT FROM jsonb_array_elements(r.recipients) named
                        WHERE named->>'in_group' = 'true' OR named->>'name' = c.name)
        $$
    """)


FOUND = (
    "company_id uuid, register_id uuid, person_id uuid, record_id uuid, data jsonb, updated_at timestamptz,"
    " policy_id uuid, version integer, scope_id uuid"
)
PROJECTED = """g.company_id, g.register_id, r.person_id, r.record_id,
                 (SELECT COALESCE(jsonb_object_agg(f, r.data->f), '{}') FROM unnest(g.field_ids) f WHERE r.data ? f),
                 r.updated_at, g.policy_id, g.version, g.scope_id"""


def create_findings() -> None:
    """The queries behind the door. Called by its functions only; they show what the role that runs them may see."""
    op.execute(f"""
        CREATE FUNCTION found_of_person(the_group uuid, receiver uuid, the_kind text, giver uuid, the_person uuid)
        RETURNS TABLE ({FOUND}) LANGUAGE sql STABLE AS $$
          SELECT {PROJECTED}
          FROM open_grants(the_group, receiver, the_kind) g
          CROSS JOIN LATERAL fit_to_share(the_group, g.company_id, g.register_id, g.kind, g.condition) r
          WHERE g.company_id = giver AND r.person_id = the_person
          ORDER BY g.register_id, r.record_id
        $$
    """)
    # What the grant says is given, not joined: only then is the register read in the order of its index, up to `most`.
    op.execute("""
        CREATE FUNCTION found_on_page(the_group uuid, giver uuid, the_register uuid, the_kind text, the_condition jsonb,
                                      field_ids text[], after_person uuid, after_record uuid, most integer)
        RETURNS TABLE (person_id uuid, record_id uuid, data jsonb, updated_at timestamptz) LANGUAGE sql STABLE AS $$
          SELECT r.person_id, r.record_id,
                 (SELECT COALESCE(jsonb_object_agg(f, r.data->f), '{}') FROM unnest(field_ids) f WHERE r.data ? f),
                 r.updated_at
          FROM fit_to_share(the_group, giver, the_register, the_kind, the_condition) r
          WHERE (r.person_id, r.record_id) > (after_person, after_record)
          ORDER BY r.person_id, r.record_id LIMIT most
        $$
    """)


def create_door() -> None:
    """What was found is noted in the same statement; whoever is not found any more has left the scope."""
    who = f"""the_group uuid := {setting("group_id")};
          receiver uuid := {MINE};
          the_kind text := {setting("purpose", "text")};"""
    # All is read by keys, and planned once. No table is scanned, however old its statistics are: the ledger of a
    # busy day is larger than they say.
    # Of each person once; one who is within the scope already is not noted again.
    noted = """noted AS (
            INSERT INTO disclosures (group_id, company_id, scope_id, person_id, since, recipient_id)
            SELECT DISTINCT the_group, {0}.company_id, {0}.scope_id, f.person_id, clock_timestamp(), receiver FROM found f
            WHERE NOT EXISTS (SELECT FROM disclosures d WHERE d.group_id = the_group AND d.scope_id = {0}.scope_id
                                AND d.person_id = f.person_id AND d.until IS NULL)
            ON CONFLICT DO NOTHING)"""
    op.execute(f"""
        CREATE FUNCTION shared_person(giver uuid, the_person uuid) RETURNS TABLE ({FOUND})
        LANGUAGE plpgsql VOLATILE SECURITY DEFINER {FIXED}
        SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
        #variable_conflict use_column
        DECLARE
          {who}
        BEGIN
          RETURN QUERY WITH
          found AS MATERIALIZED (SELECT * FROM found_of_person(the_group, receiver, the_kind, giver, the_person)),
          {noted.format("f")},
          lost AS (
            UPDATE disclosures d SET until = clock_timestamp()
            WHERE d.group_id = the_group AND d.company_id = giver AND d.person_id = the_person
              AND d.recipient_id = receiver AND d.until IS NULL
              AND d.scope_id IN (SELECT g.scope_id FROM sharing_grants g
                                 WHERE g.group_id = the_group AND g.recipient_id = receiver AND g.kind = the_kind)
              AND NOT EXISTS (SELECT FROM found f WHERE f.scope_id = d.scope_id))
          SELECT * FROM found;
        END $$
    """)
    # Planned anew for every page: the planner must know how little is wanted, and from where on.
    op.execute(f"""
        CREATE FUNCTION shared_page(the_register uuid, after_person uuid, after_record uuid, most integer)
        RETURNS TABLE ({FOUND})
        LANGUAGE plpgsql VOLATILE SECURITY DEFINER {FIXED}
        SET enable_seqscan = off SET plan_cache_mode = force_custom_plan AS $$
        #variable_conflict use_column
        DECLARE
          {who}
          given record;
        BEGIN
          SELECT * INTO given FROM open_grants(the_group, receiver, the_kind) g WHERE g.register_id = the_register;
          IF NOT FOUND THEN
            RETURN;
          END IF;
          RETURN QUERY WITH
          found AS MATERIALIZED (
            SELECT * FROM found_on_page(the_group, given.company_id, given.register_id, given.kind, given.condition,
                                        given.field_ids, after_person, after_record, most)),
          {noted.format("given")},
          lost AS (
            UPDATE disclosures d SET until = clock_timestamp()
            WHERE d.group_id = the_group AND d.scope_id = given.scope_id AND d.recipient_id = receiver
              AND d.until IS NULL AND d.person_id > after_person
              AND ((SELECT count(*) FROM found) < most
                   OR d.person_id < (SELECT f.person_id FROM found f ORDER BY f.person_id DESC LIMIT 1))
              AND NOT EXISTS (SELECT FROM found f WHERE f.person_id = d.person_id))
          SELECT given.company_id, given.register_id, f.person_id, f.record_id, f.data, f.updated_at,
                 given.policy_id, given.version, given.scope_id
          FROM found f ORDER BY f.person_id, f.record_id;
        END $$
    """)


def hand_over_to_the_door() -> None:
    op.execute("GRANT CREATE ON SCHEMA public TO seloste_door")
    for function in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"ALTER FUNCTION {function} OWNER TO seloste_door")
    op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")
    op.execute("SET LOCAL ROLE seloste_door")
    for function in (*FOR_ANYBODY, *THE_DOOR):
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO seloste_app")
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE seloste_door")
    for function in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("RESET ROLE")
    for table in ("persons", "records", "companies", "registers", "fields", "purposes"):
        op.execute(f"DROP POLICY {table}_door_select ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM seloste_door")
    for table in (
        "sharing_acceptances",
        "sharing_grants",
        "sharing_policies",
        "disclosures",
        "disclosure_scopes",
        "consents",
        "objections",
    ):
        op.drop_table(table)
    op.drop_index("ix_records_register", "records")
    op.drop_column("groups", "four_eyes")

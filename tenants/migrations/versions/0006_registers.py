"""Registers, persons, records, identifiers, imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, GROUP, PERSONAL, let, wall

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    create_tables()
    raise_walls()
    create_refresh_statistics()


def create_tables() -> None:
    op.create_table(
        "persons",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("restricted", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id"],
            ["companies.group_id", "companies.company_id"],
            name=op.f("fk_persons_group_id_company_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "person_id", name=op.f("pk_persons")),
    )
    op.create_table(
        "registers",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column(
            "identity_level",
            sa.Enum("L0", "L1", "L2", "L3", name="identitylevel", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "cardinality",
            sa.Enum("one", "many", name="cardinality", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("data_subjects", postgresql.JSONB(), nullable=True),
        sa.Column("retention", postgresql.JSONB(), nullable=True),
        sa.Column("sources", postgresql.JSONB(), nullable=False),
        sa.Column("recipients", postgresql.JSONB(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id"],
            ["companies.group_id", "companies.company_id"],
            name=op.f("fk_registers_group_id_company_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "register_id", name=op.f("pk_registers")),
        sa.UniqueConstraint("group_id", "company_id", "key", name=op.f("uq_registers_group_id_company_id_key")),
        sa.UniqueConstraint(
            "group_id", "company_id", "register_id", name=op.f("uq_registers_group_id_company_id_register_id")
        ),
    )
    op.create_table(
        "fields",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("field_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("label", postgresql.JSONB(), nullable=False),
        sa.Column("category", postgresql.JSONB(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "text",
                "email",
                "phone",
                "date",
                "number",
                "boolean",
                "hetu",
                "iban",
                "business_id",
                "postal_code",
                name="fieldtype",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "identifier",
            sa.Enum(
                "email",
                "phone",
                "customer_number",
                "hetu",
                "business_id",
                "user_name",
                name="identifierkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "origin",
            sa.Enum(
                "provided",
                "observed",
                "derived",
                "third_party",
                name="origin",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("record_key", sa.Boolean(), nullable=False),
        sa.Column("purposes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "register_id"],
            ["registers.group_id", "registers.company_id", "registers.register_id"],
            name=op.f("fk_fields_group_id_company_id_register_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "field_id", name=op.f("pk_fields")),
        sa.UniqueConstraint("group_id", "register_id", "key", name=op.f("uq_fields_group_id_register_id_key")),
    )
    op.create_table(
        "identifiers",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "email",
                "phone",
                "customer_number",
                "hetu",
                "business_id",
                "user_name",
                name="identifierkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("restricted", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "person_id"],
            ["persons.group_id", "persons.company_id", "persons.person_id"],
            name=op.f("fk_identifiers_group_id_company_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "kind", "digest", "person_id", name=op.f("pk_identifiers")),
    )
    op.create_index(
        op.f("ix_identifiers_group_id_company_id_person_id"),
        "identifiers",
        ["group_id", "company_id", "person_id"],
        unique=False,
    )
    op.create_table(
        "imports",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "checking",
                "checked",
                "writing",
                "done",
                "refused",
                name="importstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("keep_good", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("object_key", sa.Text(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), server_default="0", nullable=False),
        sa.Column("columns", postgresql.JSONB(), nullable=False),
        sa.Column("rows_checked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rows_bad", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rows_written", sa.Integer(), server_default="0", nullable=False),
        sa.Column("persons_new", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cursor", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "register_id"],
            ["registers.group_id", "registers.company_id", "registers.register_id"],
            name=op.f("fk_imports_group_id_company_id_register_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "import_id", name=op.f("pk_imports")),
    )
    op.create_table(
        "purposes",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("purpose_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
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
                name="purposekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "legal_basis",
            sa.Enum(
                "consent",
                "contract",
                "legal_obligation",
                "vital_interest",
                "public_task",
                "legitimate_interest",
                name="legalbasis",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("label", postgresql.JSONB(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "register_id"],
            ["registers.group_id", "registers.company_id", "registers.register_id"],
            name=op.f("fk_purposes_group_id_company_id_register_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "purpose_id", name=op.f("pk_purposes")),
        sa.UniqueConstraint("group_id", "register_id", "key", name=op.f("uq_purposes_group_id_register_id_key")),
    )
    op.create_table(
        "records",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("record_key", sa.LargeBinary(), nullable=True),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("provenance", postgresql.JSONB(), nullable=False),
        sa.Column("restricted", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "person_id"],
            ["persons.group_id", "persons.company_id", "persons.person_id"],
            name=op.f("fk_records_group_id_company_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "register_id"],
            ["registers.group_id", "registers.company_id", "registers.register_id"],
            name=op.f("fk_records_group_id_company_id_register_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "record_id", name=op.f("pk_records")),
    )
    op.create_index(
        op.f("ix_records_group_id_company_id_person_id_register_id_record_id"),
        "records",
        ["group_id", "company_id", "person_id", "register_id", "record_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_records_group_id_company_id_register_id_record_key"),
        "records",
        ["group_id", "company_id", "register_id", "record_key"],
        unique=True,
        postgresql_where=sa.text("record_key IS NOT NULL"),
    )
    op.create_table(
        "import_faults",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "import_id"],
            ["imports.group_id", "imports.company_id", "imports.import_id"],
            name=op.f("fk_import_faults_group_id_company_id_import_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "import_id", "line", "column", name=op.f("pk_import_faults")),
    )


def raise_walls() -> None:
    for table in ("registers", "fields", "purposes"):
        wall(table)
        let("app", "SELECT, INSERT, UPDATE", table, GROUP)
        let("portal", "SELECT", table, GROUP)
    for table in ("persons", "records", "identifiers"):
        wall(table)
        let("app", "SELECT, INSERT, UPDATE, DELETE", table, PERSONAL)
    for table in ("imports", "import_faults"):
        wall(table)
        let("app", "SELECT, INSERT, UPDATE, DELETE", table, COMPANY)


def create_refresh_statistics() -> None:
    """A large import must not wait for autovacuum: until then the planner knows nothing of the rows it brought."""
    op.execute("""
        CREATE FUNCTION refresh_statistics() RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
        AS $$ BEGIN ANALYZE (SKIP_LOCKED) public.persons, public.records, public.identifiers; END $$
    """)
    op.execute("REVOKE ALL ON FUNCTION refresh_statistics() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION refresh_statistics() TO seloste_app")


def downgrade() -> None:
    op.execute("DROP FUNCTION refresh_statistics()")
    for table in (
        "import_faults",
        "records",
        "purposes",
        "imports",
        "identifiers",
        "fields",
        "registers",
        "persons",
    ):
        op.drop_table(table)

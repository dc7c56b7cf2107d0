"""Companies, members and their roles."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import GROUP, let, wall

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    create_tables()
    raise_walls()


def create_tables() -> None:
    op.create_table(
        "companies",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("business_id", sa.Text(), nullable=True),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("contact", postgresql.JSONB(), nullable=False),
        sa.Column(
            "approval",
            sa.Enum("staff", "automatic", name="approval", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("archive_days", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f("fk_companies_group_id")),
        sa.PrimaryKeyConstraint("group_id", "company_id", name=op.f("pk_companies")),
        sa.UniqueConstraint("group_id", "key", name=op.f("uq_companies_group_id_key")),
        sa.UniqueConstraint("group_id", "prefix", name=op.f("uq_companies_group_id_prefix")),
    )
    op.create_table(
        "identity_providers",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("acr_values", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("required_amr", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f("fk_identity_providers_group_id")),
        sa.PrimaryKeyConstraint("group_id", "provider_id", name=op.f("pk_identity_providers")),
        sa.UniqueConstraint(
            "group_id", "issuer", "client_id", name=op.f("uq_identity_providers_group_id_issuer_client_id")
        ),
    )
    op.create_table(
        "members",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f("fk_members_group_id")),
        sa.PrimaryKeyConstraint("group_id", "member_id", name=op.f("pk_members")),
        sa.UniqueConstraint("group_id", "issuer", "subject", name=op.f("uq_members_group_id_issuer_subject")),
    )
    op.create_table(
        "api_tokens",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column(
            "purpose",
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
            nullable=True,
        ),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id"],
            ["companies.group_id", "companies.company_id"],
            name=op.f("fk_api_tokens_group_id_company_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "member_id"],
            ["members.group_id", "members.member_id"],
            name=op.f("fk_api_tokens_group_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "token_id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("group_id", "digest", name=op.f("uq_api_tokens_group_id_digest")),
    )
    op.create_table(
        "assignments",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column(
            "role",
            sa.Enum(
                "group_admin",
                "company_admin",
                "register_owner",
                "data_protection_officer",
                "request_handler",
                "auditor",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id"],
            ["companies.group_id", "companies.company_id"],
            name=op.f("fk_assignments_group_id_company_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "member_id"],
            ["members.group_id", "members.member_id"],
            name=op.f("fk_assignments_group_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "assignment_id", name=op.f("pk_assignments")),
        sa.UniqueConstraint(
            "group_id",
            "member_id",
            "company_id",
            "role",
            name=op.f("uq_assignments_group_id_member_id_company_id_role"),
            postgresql_nulls_not_distinct=True,
        ),
    )


def raise_walls() -> None:
    wall("companies")
    let("app", "SELECT, INSERT, UPDATE", "companies", GROUP)
    let("portal", "SELECT", "companies", GROUP)
    let("sealer", "SELECT", "companies", GROUP)
    let("auditor", "SELECT", "companies", GROUP)
    for table in ("members", "assignments", "api_tokens", "identity_providers"):
        wall(table)
        let("app", "SELECT, INSERT, UPDATE", table, GROUP)
    let("app", "DELETE", "assignments", GROUP)


def downgrade() -> None:
    for table in (
        "assignments",
        "api_tokens",
        "members",
        "identity_providers",
        "companies",
    ):
        op.drop_table(table)

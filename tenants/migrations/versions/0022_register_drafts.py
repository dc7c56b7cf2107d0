"""Drafts of registers and their approvals, places of paper and their attestations, and more words about fields."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, GROUP, let, wall

revision = "0022"
down_revision = "0021"

TABLES = ("register_drafts", "draft_approvals", "paper_places", "attestations")


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    say_more_of_fields()
    create_drafts()
    create_papers()
    raise_walls()


def say_more_of_fields() -> None:
    classes = ("consent", "contract", "accounting_vouchers", "accounting_books", "legal_claims")
    conditions = (
        "explicit_consent",
        "employment",
        "vital_interest",
        "not_for_profit",
        "made_public",
        "legal_claims",
        "public_interest",
        "health_care",
        "public_health",
        "research",
    )
    op.add_column("fields", sa.Column("retention_class", words("retentionclass", *classes), nullable=True))
    op.add_column("fields", sa.Column("dpv", sa.Text(), nullable=True))
    op.add_column("purposes", sa.Column("special", words("specialcondition", *conditions), nullable=True))


def create_drafts() -> None:
    op.create_table(
        "register_drafts",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("register_key", sa.Text(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("parts", postgresql.JSONB(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("editors", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id"],
            ["companies.group_id", "companies.company_id"],
            name=op.f("fk_register_drafts_group_id_company_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "draft_id", name=op.f("pk_register_drafts")),
    )
    op.create_index("ix_register_drafts_company", "register_drafts", ["group_id", "company_id"])
    op.create_table(
        "draft_approvals",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "draft_id"],
            ["register_drafts.group_id", "register_drafts.draft_id"],
            name=op.f("fk_draft_approvals_group_id_draft_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id"],
            ["companies.group_id", "companies.company_id"],
            name=op.f("fk_draft_approvals_group_id_company_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "approved_by"],
            ["members.group_id", "members.member_id"],
            name=op.f("fk_draft_approvals_group_id_approved_by"),
        ),
        sa.PrimaryKeyConstraint("group_id", "draft_id", "company_id", "edition", name=op.f("pk_draft_approvals")),
    )
    op.add_column("manifest_versions", sa.Column("draft_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_manifest_versions_group_id_draft_id"),
        "manifest_versions",
        "register_drafts",
        ["group_id", "draft_id"],
        ["group_id", "draft_id"],
    )
    op.create_index(
        op.f("ix_manifest_versions_group_id_draft_id"),
        "manifest_versions",
        ["group_id", "draft_id"],
        unique=True,
        postgresql_where=sa.text("draft_id IS NOT NULL"),
    )


def create_papers() -> None:
    op.create_table(
        "paper_places",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("place", postgresql.JSONB(), nullable=False),
        sa.Column("lock", postgresql.JSONB(), nullable=False),
        sa.Column("key_holder", postgresql.JSONB(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "register_id"],
            ["registers.group_id", "registers.company_id", "registers.register_id"],
            name=op.f("fk_paper_places_group_id_company_id_register_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "place_id", name=op.f("pk_paper_places")),
        sa.UniqueConstraint("group_id", "register_id", "key", name=op.f("uq_paper_places_group_id_register_id_key")),
        sa.UniqueConstraint(
            "group_id", "company_id", "place_id", name=op.f("uq_paper_places_group_id_company_id_place_id")
        ),
    )
    op.create_table(
        "attestations",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("attestation_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("attested_by", sa.Uuid(), nullable=False),
        sa.Column("attested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "place_id"],
            ["paper_places.group_id", "paper_places.company_id", "paper_places.place_id"],
            name=op.f("fk_attestations_group_id_company_id_place_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "attested_by"],
            ["members.group_id", "members.member_id"],
            name=op.f("fk_attestations_group_id_attested_by"),
        ),
        sa.PrimaryKeyConstraint("group_id", "attestation_id", name=op.f("pk_attestations")),
    )
    op.create_index(
        op.f("ix_attestations_group_id_place_id_attested_at"), "attestations", ["group_id", "place_id", "attested_at"]
    )


def raise_walls() -> None:
    for table in TABLES:
        wall(table)
    # What registers are made of is no secret within a group; whose they are to change is.
    let("app", "SELECT", "register_drafts", GROUP)
    let("app", "INSERT, UPDATE", "register_drafts", COMPANY)
    let("app", "SELECT", "draft_approvals", GROUP)
    let("app", "INSERT", "draft_approvals", COMPANY)
    let("app", "SELECT, INSERT, UPDATE", "paper_places", GROUP)
    let("app", "SELECT", "attestations", GROUP)
    let("app", "INSERT", "attestations", COMPANY)


def downgrade() -> None:
    op.drop_column("manifest_versions", "draft_id")
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("purposes", "special")
    op.drop_column("fields", "dpv")
    op.drop_column("fields", "retention_class")

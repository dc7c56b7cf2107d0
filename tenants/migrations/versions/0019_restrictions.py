"""Restrictions of processing (Art. 18), and what of a register is restricted."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import PERSONAL, let, wall

revision = "0019"
down_revision = "0018"


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "restrictions",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("restriction_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("state", words("restrictionstate", "in_force", "being_lifted", "lifted"), nullable=False),
        sa.Column(
            "ground",
            words("restrictionground", "accuracy_contested", "unlawful", "legal_claims", "objection_pending"),
            nullable=False,
        ),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=False),
        sa.Column("placed_by", sa.Uuid(), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("on_paper", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("sealed_notice", sa.LargeBinary(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("restricted", sa.Boolean(), server_default="true", nullable=False),
        sa.CheckConstraint("state <> 'lifted' OR told_at IS NOT NULL", name=op.f("ck_restrictions_told_first")),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "person_id"],
            ["persons.group_id", "persons.company_id", "persons.person_id"],
            name=op.f("fk_restrictions_group_id_company_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "record_id"],
            ["records.group_id", "records.company_id", "records.record_id"],
            name=op.f("fk_restrictions_group_id_company_id_record_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "restriction_id", name=op.f("pk_restrictions")),
    )
    op.create_index(
        op.f("ix_restrictions_group_id_company_id_person_id"),
        "restrictions",
        ["group_id", "company_id", "person_id"],
        unique=False,
    )
    op.create_index(
        "ix_records_restricted",
        "records",
        ["group_id", "company_id", "register_id"],
        postgresql_where=sa.text("restricted"),
    )
    wall("restrictions")
    let("app", "SELECT, INSERT, UPDATE", "restrictions", PERSONAL)


def downgrade() -> None:
    op.drop_index("ix_records_restricted", "records")
    op.drop_table("restrictions")

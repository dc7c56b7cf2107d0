"""Persons whom the same identifier finds and who were said to be two people nevertheless."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import COMPANY, HAS_PURPOSE, MAY_OPEN, also, let, wall

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.create_table(
        "distinctions",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("distinction_id", sa.Uuid(), nullable=False),
        sa.Column("one_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.Column("sealed_undo_reason", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("one_id <> other_id", name=op.f("ck_distinctions_of_two")),
        sa.PrimaryKeyConstraint("group_id", "company_id", "distinction_id", name=op.f("pk_distinctions")),
    )
    pair = ["group_id", "company_id", "one_id", "other_id"]
    op.create_index(
        "uq_distinctions_in_force", "distinctions", pair, unique=True, postgresql_where=sa.text("undone_at IS NULL")
    )
    op.create_index(op.f("ix_distinctions_group_id_company_id_other_id"), "distinctions", [*pair[:2], "other_id"])
    wall("distinctions")
    undone = "undone_at, undone_by, sealed_reason, sealed_undo_reason"
    let("app", "SELECT, INSERT, UPDATE", "distinctions", f"{COMPANY} AND {HAS_PURPOSE}", columns=undone)
    also("app", "SELECT, INSERT, UPDATE", "distinctions", MAY_OPEN)


def downgrade() -> None:
    op.drop_table("distinctions")

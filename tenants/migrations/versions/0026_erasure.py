"""Groups whose erasure was asked for, and how far it is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import GROUP, actor_is, let, wall

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "group_deletions",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("deletion_id", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f("fk_group_deletions_group_id")),
        sa.PrimaryKeyConstraint("group_id", "deletion_id", name=op.f("pk_group_deletions")),
    )
    op.create_index(
        "uq_group_deletions_open",
        "group_deletions",
        ["group_id"],
        unique=True,
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
    wall("group_deletions")
    let("app", "SELECT, INSERT, UPDATE", "group_deletions", f"{GROUP} AND {actor_is('system')}")
    erased = "group_id = ANY(ARRAY(SELECT own.group_id FROM groups AS own WHERE own.erasing_at IS NOT NULL))"
    let("eraser", "UPDATE", "group_deletions", f"{GROUP} AND {erased}", columns="progress")


def downgrade() -> None:
    op.drop_table("group_deletions")

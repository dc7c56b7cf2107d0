"""The manifests that were applied."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import GROUP, let, wall

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    create_tables()
    raise_walls()


def create_tables() -> None:
    op.create_table(
        "manifest_versions",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("applied_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f("fk_manifest_versions_group_id")),
        sa.PrimaryKeyConstraint("group_id", "version", name=op.f("pk_manifest_versions")),
    )


def raise_walls() -> None:
    wall("manifest_versions")
    let("app", "SELECT, INSERT", "manifest_versions", GROUP)
    let("portal", "SELECT", "manifest_versions", GROUP)


def downgrade() -> None:
    for table in ("manifest_versions",):
        op.drop_table(table)

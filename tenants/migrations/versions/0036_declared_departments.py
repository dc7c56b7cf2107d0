"""Departments that a manifest declares, beside those of the office."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.add_column("departments", sa.Column("declared", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    op.drop_column("departments", "declared")

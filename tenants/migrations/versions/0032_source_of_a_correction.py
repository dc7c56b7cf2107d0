"""A correction knows which of the register's declared sources the right value came from."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.add_column("corrections", sa.Column("declared_source", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("corrections", "declared_source")

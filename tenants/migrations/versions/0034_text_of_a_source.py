"""The source of a correction is text like every other text."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.alter_column("corrections", "declared_source", type_=sa.Text(), existing_type=sa.String())


def downgrade() -> None:
    op.alter_column("corrections", "declared_source", type_=sa.String(), existing_type=sa.Text())

"""A processor finds whose identifier was corrected by the former one, and is told the new one: sealed with the request."""

import sqlalchemy as sa
from alembic import op

revision = "0083"
down_revision = "0082"


def upgrade() -> None:
    op.add_column("opendsr_sent", sa.Column("sealed_corrected", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("opendsr_sent", "sealed_corrected")

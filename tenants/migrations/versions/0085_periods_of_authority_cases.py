"""A request of an authority, and what is decided about it, may be narrowed to records of a period."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0085"
down_revision = "0084"

TABLES = ("authority_cases", "authority_decisions")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("period", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "period")

"""When an agreement is over, the processor certifies that the data was deleted or returned (Art. 28(3)(g))."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, let, wall

revision = "0067"
down_revision = "0066"

TABLE = "closing_certificates"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("sub_processors", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        refers("companies", "group_id", "company_id"),
        refers("agreements", "group_id", "company_id", "agreement_id"),
        sa.PrimaryKeyConstraint("group_id", "agreement_id", name=op.f(f"pk_{TABLE}")),
    )
    wall(TABLE)
    let("app", "SELECT, INSERT", TABLE, COMPANY)


def refers(to: str, *keys: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{TABLE}_{'_'.join(keys)}")
    return sa.ForeignKeyConstraint(keys, [f"{to}.{key}" for key in keys], name=name)


def downgrade() -> None:
    op.drop_table(TABLE)

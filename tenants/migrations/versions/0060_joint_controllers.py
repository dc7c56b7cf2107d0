"""What joint controllers tell the people whose data it is (Art. 26(2)), with the versions of their agreement."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, GROUP, let, wall

revision = "0060"
down_revision = "0059"

TABLE = "joint_arrangements"


def upgrade() -> None:
    op.add_column("agreement_versions", sa.Column("arrangement", postgresql.JSONB(), nullable=True))
    op.create_table(
        TABLE,
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("controller", sa.Text(), nullable=False),
        sa.Column("essence", postgresql.JSONB(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("shown_from", sa.Date(), nullable=False),
        sa.Column("shown_until", sa.Date(), nullable=True),
        refers("agreement_versions", "group_id", "agreement_id", "version"),
        refers("companies", "group_id", "company_id"),
        sa.PrimaryKeyConstraint("group_id", "agreement_id", "version", name=op.f(f"pk_{TABLE}")),
    )
    wall(TABLE)
    for role in ("app", "portal"):
        let(role, "SELECT", TABLE, GROUP)
    let("app", "INSERT, UPDATE", TABLE, COMPANY, columns="shown_until")


def refers(to: str, *keys: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{TABLE}_{'_'.join(keys)}")
    return sa.ForeignKeyConstraint(keys, [f"{to}.{key}" for key in keys], name=name)


def downgrade() -> None:
    op.drop_table(TABLE)
    op.drop_column("agreement_versions", "arrangement")

"""How much each feed gives on which day is counted by the client that fetches it, and seen by the company that gives."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import COMPANY, GROUP, actor_is, let, setting, wall

revision = "0066"
down_revision = "0065"

TABLE = "feed_days"
OWN = f"{GROUP} AND {actor_is('client')} AND agreement_id = {setting('actor_id')}"
SYSTEM = f"{GROUP} AND {actor_is('system')} AND {setting('company_id')} IS NULL"
COUNTED = "pages, upserts, tombstones, pulled_at"


def upgrade() -> None:
    keys = ["group_id", "company_id", "agreement_id", "feed_id"]
    op.create_table(
        TABLE,
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("feed_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("upserts", sa.BigInteger(), nullable=False),
        sa.Column("tombstones", sa.BigInteger(), nullable=False),
        sa.Column("pulled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            keys, [f"feeds.{key}" for key in keys], name=op.f(f"fk_{TABLE}_group_id_company_id_agreement_id_feed_id")
        ),
        sa.PrimaryKeyConstraint("group_id", "feed_id", "day", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index("ix_feed_days_agreement", TABLE, ["group_id", "agreement_id", "day"], unique=False)
    wall(TABLE)
    let("app", "SELECT", TABLE, f"({COMPANY}) OR ({SYSTEM}) OR ({OWN})")
    let("app", "INSERT, UPDATE", TABLE, OWN, columns=COUNTED)


def downgrade() -> None:
    op.drop_table(TABLE)

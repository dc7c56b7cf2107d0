"""A company proposes to change facts on which others rely, too; whoever acts for the whole group decides."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, GROUP, let, once, setting, wall

revision = "0084"
down_revision = "0083"

TABLE = "processor_proposals"
WHOLE_GROUP = f"{GROUP} AND {setting('company_id')} IS NULL"
SEEN = f"({COMPANY}) OR ({WHOLE_GROUP})"
# Whoever proposed may withdraw, and whoever acts for the group decide: neither does the other's part.
SETTLED = f"({COMPANY} AND accepted_at IS NULL AND declined_at IS NULL) OR ({WHOLE_GROUP} AND withdrawn_at IS NULL)"
DECIDED = "accepted_at, declined_at, withdrawn_at, decided_by, answer"
OPEN = "accepted_at IS NULL AND declined_at IS NULL AND withdrawn_at IS NULL"


def upgrade() -> None:
    op.create_table(
        TABLE,
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("group_id", "proposal_id", "company_id")),
        sa.Column("processor_id", sa.Uuid(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("proposed", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=True)
            for name in ("accepted_at", "declined_at", "withdrawn_at")
        ),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        refers("companies", "company_id"),
        refers("processors", "processor_id"),
        sa.CheckConstraint(
            "num_nonnulls(accepted_at, declined_at, withdrawn_at) <= 1", name=op.f(f"ck_{TABLE}_settled_once")
        ),
        sa.PrimaryKeyConstraint("group_id", "proposal_id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(
        f"uq_{TABLE}_open",
        TABLE,
        ["group_id", "company_id", "processor_id"],
        unique=True,
        postgresql_where=sa.text(OPEN),
    )
    wall(TABLE)
    let("app", "SELECT", TABLE, SEEN)
    let("app", "INSERT", TABLE, COMPANY)
    op.execute(f"GRANT UPDATE ({DECIDED}) ON {TABLE} TO seloste_app")
    op.execute(
        f"CREATE POLICY {TABLE}_app_update ON {TABLE} AS PERMISSIVE FOR UPDATE TO seloste_app"
        f" USING (({once(SEEN)}) AND {OPEN}) WITH CHECK ({SETTLED})"
    )


def refers(to: str, key: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{TABLE}_group_id_{key}")
    return sa.ForeignKeyConstraint(["group_id", key], [f"{to}.group_id", f"{to}.{key}"], name=name)


def downgrade() -> None:
    op.drop_table(TABLE)

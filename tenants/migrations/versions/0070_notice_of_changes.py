"""A version of a feed that gives less is announced before it takes effect, or says why it did not wait.

Where the last page of a day ended is counted, too: how far behind a recipient is follows from it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"

TABLE = "feed_scopes"
# As contacts read a version: when what was announced takes effect, and why something was not; not who did it.
SEEN = "announced_at, takes_effect_at, at_once, at_once_because"
CHECKS = {
    "atonce": "at_once IN ('uncovered', 'decided')",
    "announced_for_a_day": "(announced_at IS NULL) = (takes_effect_at IS NULL)",
    "decided_for_a_reason": "(at_once IS NOT DISTINCT FROM 'decided') = (at_once_because IS NOT NULL)",
}


def upgrade() -> None:
    for name, kind in (
        ("announced_at", sa.DateTime(timezone=True)),
        ("announced_by", sa.Uuid()),
        ("takes_effect_at", sa.DateTime(timezone=True)),
        ("at_once", sa.String(length=40)),
        ("at_once_because", sa.Text()),
    ):
        op.add_column(TABLE, sa.Column(name, kind, nullable=True))
    for name, holds in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_{TABLE}_{name}"), TABLE, holds)
    op.execute(f"GRANT SELECT ({SEEN}) ON {TABLE} TO seloste_portal")
    op.add_column("feed_days", sa.Column("reached", sa.BigInteger(), nullable=True))
    op.execute("GRANT UPDATE (reached) ON feed_days TO seloste_app")


def downgrade() -> None:
    op.drop_column("feed_days", "reached")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_{TABLE}_{name}"), TABLE)
    for name in ("at_once_because", "at_once", "takes_effect_at", "announced_by", "announced_at"):
        op.drop_column(TABLE, name)

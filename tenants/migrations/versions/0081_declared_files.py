"""Files of a feed are declared by manifests, which hold no keys, and another form of them is announced."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, GROUP, actor_is, once, setting

revision = "0081"
down_revision = "0080"

TARGETS, DELIVERIES = "feed_file_targets", "feed_deliveries"
FOR_THE_GROUP = f"({GROUP} AND {actor_is('system')} AND {setting('company_id')} IS NULL)"
DECLARED = f"({COMPANY}) OR {FOR_THE_GROUP}"
BY_CLIENT = f"{GROUP} AND {actor_is('client')} AND agreement_id = {setting('actor_id')}"


def upgrade() -> None:
    for table in (TARGETS, DELIVERIES):
        op.add_column(table, sa.Column("coming", postgresql.JSONB(), nullable=True))
    op.add_column(TARGETS, sa.Column("at_once_because", sa.Text(), nullable=True))
    op.drop_constraint(op.f(f"ck_{TARGETS}_theirs_has_a_key"), TARGETS, type_="check")
    op.create_check_constraint(
        op.f(f"ck_{TARGETS}_ours_has_no_key"), TARGETS, "place = 'theirs' OR sealed_secret IS NULL"
    )
    op.execute(f"GRANT UPDATE (coming, at_once_because) ON {TARGETS} TO seloste_app")
    op.execute(f"GRANT UPDATE (coming) ON {DELIVERIES} TO seloste_app")
    _let(DECLARED, f"({COMPANY}) OR ({BY_CLIENT}) OR {FOR_THE_GROUP}")


def downgrade() -> None:
    """A bucket without a key is not taken back: where files go is said anew."""
    _let(COMPANY, f"({COMPANY}) OR ({BY_CLIENT})")
    op.execute(f"DELETE FROM {TARGETS} WHERE place = 'theirs' AND sealed_secret IS NULL")
    op.drop_constraint(op.f(f"ck_{TARGETS}_ours_has_no_key"), TARGETS, type_="check")
    op.create_check_constraint(
        op.f(f"ck_{TARGETS}_theirs_has_a_key"), TARGETS, "(place = 'theirs') = (sealed_secret IS NOT NULL)"
    )
    op.drop_column(TARGETS, "at_once_because")
    for table in (TARGETS, DELIVERIES):
        op.drop_column(table, "coming")


def _let(targets: str, deliveries: str) -> None:
    """Who has a hand in where files go, and who sees what was delivered."""
    op.execute(f"ALTER POLICY {TARGETS}_app_select ON {TARGETS} USING ({once(targets)})")
    op.execute(f"ALTER POLICY {TARGETS}_app_insert ON {TARGETS} WITH CHECK ({targets})")
    op.execute(f"ALTER POLICY {TARGETS}_app_update ON {TARGETS} USING ({once(targets)}) WITH CHECK ({targets})")
    op.execute(f"ALTER POLICY {DELIVERIES}_app_select ON {DELIVERIES} USING ({once(deliveries)})")

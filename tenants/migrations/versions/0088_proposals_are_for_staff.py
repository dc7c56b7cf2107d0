"""A processor's client acts for no company, too: that makes it nobody who decides for the whole group."""

from alembic import op

from tenants.migrations.walls import COMPANY, GROUP, actor_is, once, setting

revision = "0088"
down_revision = "0087"

TABLE = "processor_proposals"
ANYBODY = f"{GROUP} AND {setting('company_id')} IS NULL"
STAFF = f"{ANYBODY} AND {actor_is('member', 'system')}"
OPEN = "accepted_at IS NULL AND declined_at IS NULL AND withdrawn_at IS NULL"


def upgrade() -> None:
    _let(STAFF)


def downgrade() -> None:
    _let(ANYBODY)


def _let(whole_group: str) -> None:
    """For whom this holds it is the whole group's business."""
    seen = once(f"({COMPANY}) OR ({whole_group})")
    op.execute(f"ALTER POLICY {TABLE}_app_select ON {TABLE} USING ({seen})")
    op.execute(
        f"ALTER POLICY {TABLE}_app_update ON {TABLE} USING (({seen}) AND {OPEN})"
        f" WITH CHECK (({COMPANY} AND accepted_at IS NULL AND declined_at IS NULL)"
        f" OR ({whole_group} AND withdrawn_at IS NULL))"
    )

"""Notifications are made by whoever may open the data that they are about."""

from alembic import op

from tenants.migrations.walls import MAY_OPEN, PERSONAL, actor_is, also, let

revision = "0058"
down_revision = "0057"

TABLE = "notifications"


def upgrade() -> None:
    op.execute(f"DROP POLICY {TABLE}_app_insert ON {TABLE}")
    let("app", "INSERT", TABLE, PERSONAL)
    also("app", "INSERT", TABLE, MAY_OPEN)


def downgrade() -> None:
    for policy in ("insert_also", "insert"):
        op.execute(f"DROP POLICY {TABLE}_app_{policy} ON {TABLE}")
    let("app", "INSERT", TABLE, f"{PERSONAL} AND {actor_is('system')}")

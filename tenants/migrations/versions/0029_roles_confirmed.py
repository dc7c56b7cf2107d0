"""Who decides on the confirmation of roles, kept in the database: never the holder, and no member moves its day."""

from alembic import op

from tenants.migrations.walls import actor_is, also, setting

revision = "0029"
down_revision = "0028"

BY_MEMBER = actor_is("member")
OF_OTHERS = f"NOT ({BY_MEMBER} AND member_id = {setting('actor_id')})"


def upgrade() -> None:
    also("app", "UPDATE", "certifications", OF_OTHERS)
    also("app", "UPDATE", "certification_campaigns", f"NOT {BY_MEMBER}")


def downgrade() -> None:
    op.execute("DROP POLICY certification_campaigns_app_update_also ON certification_campaigns")
    op.execute("DROP POLICY certifications_app_update_also ON certifications")

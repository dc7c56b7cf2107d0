"""A file drafts feeds as it drafts agreements: Seloste itself, for no company, writes what nobody has approved."""

from alembic import op

from tenants.migrations.walls import COMPANY, GROUP, actor_is, once, setting

revision = "0065"
down_revision = "0064"

FOR_THE_GROUP = f"({GROUP} AND {actor_is('system')} AND {setting('company_id')} IS NULL)"
DRAFTED = f"({COMPANY}) OR ({FOR_THE_GROUP} AND approved_at IS NULL)"


def upgrade() -> None:
    op.execute(f"ALTER POLICY feeds_app_insert ON feeds WITH CHECK (({COMPANY}) OR {FOR_THE_GROUP})")
    op.execute(f"ALTER POLICY feed_scopes_app_insert ON feed_scopes WITH CHECK ({DRAFTED})")
    op.execute(f"ALTER POLICY feed_scopes_app_update ON feed_scopes USING ({once(DRAFTED)}) WITH CHECK ({DRAFTED})")


def downgrade() -> None:
    op.execute(f"ALTER POLICY feeds_app_insert ON feeds WITH CHECK ({COMPANY})")
    op.execute(f"ALTER POLICY feed_scopes_app_insert ON feed_scopes WITH CHECK ({COMPANY})")
    op.execute(f"ALTER POLICY feed_scopes_app_update ON feed_scopes USING ({once(COMPANY)}) WITH CHECK ({COMPANY})")

"""Keys of a group with which its OAuth server signs for clients, beside those of archives."""

from alembic import op

from tenants.migrations.walls import GROUP, once

revision = "0059"
down_revision = "0058"

BEFORE, AFTER = f"{GROUP} AND use = 'archive'", f"{GROUP} AND use IN ('archive', 'oauth')"


def upgrade() -> None:
    let_use(AFTER)


def let_use(where: str) -> None:
    read = once(where)
    for table in ("signing_keys", "signing_secrets"):
        op.execute(f"ALTER POLICY {table}_app_insert ON {table} WITH CHECK ({where})")
        op.execute(f"ALTER POLICY {table}_app_update ON {table} USING ({read}) WITH CHECK ({where})")
    op.execute(f"ALTER POLICY signing_secrets_app_select ON signing_secrets USING ({read})")
    op.execute(f"ALTER POLICY signing_secrets_app_delete ON signing_secrets USING ({read})")


def downgrade() -> None:
    let_use(BEFORE)

"""What a person of a processor takes away stays taken away: a key, a token, their own access."""

from alembic import op

from tenants.migrations.walls import GROUP, actor_is, once, setting

revision = "0071"
down_revision = "0070"

CONTACT = f"{GROUP} AND {actor_is('contact')}"
OF_CLIENT = f"{CONTACT} AND client_id = ANY (ARRAY(SELECT c.client_id FROM oauth_clients c))"
TAKEN_AWAY = {
    "oauth_client_keys": ("retired_at", OF_CLIENT),
    "oauth_tokens": ("revoked_at", OF_CLIENT),
    "processor_contacts": ("ended_at", f"{CONTACT} AND contact_id = {setting('actor_id')}"),
}


def upgrade() -> None:
    for table, (column, where) in TAKEN_AWAY.items():
        op.execute(
            f"ALTER POLICY {table}_portal_update ON {table}"
            f" USING ({once(where)} AND {column} IS NULL) WITH CHECK ({where} AND {column} IS NOT NULL)"
        )


def downgrade() -> None:
    for table, (_, where) in TAKEN_AWAY.items():
        op.execute(f"ALTER POLICY {table}_portal_update ON {table} USING ({once(where)}) WITH CHECK ({where})")

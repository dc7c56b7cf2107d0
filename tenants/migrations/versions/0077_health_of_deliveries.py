"""People of processors confirm in the console, and bring the address of their keys; more is told of what was refused."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import GROUP, actor_is, let

revision = "0077"
down_revision = "0076"

CONFIRMED_BY = ("client", "link", "staff", "live", "opendsr")
REASONS = (
    "malformed", "algorithm", "other_method", "unknown_key", "signature", "secret", "other_names", "audience",
    "times", "reused_assertion", "proof", "reused_proof", "other_key", "without_key",
)  # fmt: skip
NEW_REASONS = ("wider_scope", "other_cursor")
OF_CLIENT = f"({GROUP} AND {actor_is('contact')}) AND client_id = ANY (ARRAY(SELECT c.client_id FROM oauth_clients c))"
OFFERED = ("kid", "jwk", "thumbprint")
A_KEY_OR_ITS_ADDRESS = "ck_offered_keys_a_key_or_its_address"


def upgrade() -> None:
    know("notifications", "confirmed_by", "confirmedby", (*CONFIRMED_BY, "console"))
    know("oauth_client_failures", "reason", "failurereason", (*REASONS, *NEW_REASONS))
    op.add_column("oauth_clients", sa.Column("jwks_set_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("GRANT UPDATE (jwks_uri, jwks_set_at) ON oauth_clients TO seloste_app")
    op.execute("GRANT SELECT (jwks_uri) ON oauth_clients TO seloste_portal")
    let("portal", "SELECT", "oauth_client_key_sets", OF_CLIENT)
    op.add_column("offered_keys", sa.Column("jwks_uri", sa.Text(), nullable=True))
    for column in OFFERED:
        op.alter_column("offered_keys", column, nullable=True)
    op.create_check_constraint(
        op.f(A_KEY_OR_ITS_ADDRESS),
        "offered_keys",
        "num_nonnulls(jwks_uri, kid) = 1 AND num_nonnulls(jwks_uri, thumbprint) = 1",
    )


def downgrade() -> None:
    op.drop_constraint(op.f(A_KEY_OR_ITS_ADDRESS), "offered_keys")
    for column in OFFERED:
        op.alter_column("offered_keys", column, nullable=False)
    op.drop_column("offered_keys", "jwks_uri")
    op.execute("DROP POLICY oauth_client_key_sets_portal_select ON oauth_client_key_sets")
    op.execute("REVOKE ALL ON oauth_client_key_sets FROM seloste_portal")
    op.execute("REVOKE SELECT (jwks_uri) ON oauth_clients FROM seloste_portal")
    op.execute("REVOKE UPDATE (jwks_uri) ON oauth_clients FROM seloste_app")
    op.drop_column("oauth_clients", "jwks_set_at")
    know("oauth_client_failures", "reason", "failurereason", REASONS)
    know("notifications", "confirmed_by", "confirmedby", CONFIRMED_BY)


def know(table: str, column: str, kind: str, words: tuple[str, ...]) -> None:
    """No other words in this column."""
    name = op.f(f"ck_{table}_{kind}")
    op.drop_constraint(name, table)
    known = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(name, table, f"{column} IN ({known})")

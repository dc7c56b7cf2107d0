"""OAuth clients of processors: keys, secrets, tokens, and what was seen once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, GROUP, actor_is, let, setting, wall

revision = "0047"
down_revision = "0046"

METHODS = ("private_key_jwt", "client_secret_basic")

# Whose token or client it is says for which company to go on: until then the system acts for none.
COMPANY_OR_SYSTEM = f"({COMPANY}) OR ({GROUP} AND {actor_is('system')} AND {setting('company_id')} IS NULL)"
SYSTEM = f"{GROUP} AND {actor_is('system')}"
SYSTEM_OF_COMPANY = f"{COMPANY} AND {actor_is('system')}"


def upgrade() -> None:
    create_clients()
    create_keys_and_secrets()
    create_tokens()
    raise_walls()


def instant(name: str, *, now: bool = False, known: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not (now or known))


def ids(*names: str, known: bool = True) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Uuid(), nullable=not known) for name in names]


def refers(table: str, to: str, *columns: str) -> sa.ForeignKeyConstraint:
    keys = ["group_id", *columns]
    return sa.ForeignKeyConstraint(keys, [f"{to}.{key}" for key in keys], name=op.f(f"fk_{table}_{'_'.join(keys)}"))


def primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("group_id", *columns, name=op.f(f"pk_{table}"))


def of_client(table: str) -> sa.ForeignKeyConstraint:
    return refers(table, "oauth_clients", "company_id", "client_id")


def create_clients() -> None:
    table = "oauth_clients"
    method = sa.Enum(*METHODS, name="method", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        table,
        *ids("group_id", "client_id", "company_id", "processor_id"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("method", method, nullable=False),
        sa.Column("dpop", sa.Boolean(), nullable=False),
        instant("created_at", now=True),
        *ids("created_by", known=False),
        instant("disabled_at"),
        *ids("disabled_by", known=False),
        instant("last_used_at"),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        instant("last_failed_at"),
        instant("alarmed_at"),
        instant("locked_at"),
        refers(table, "companies", "company_id"),
        refers(table, "processors", "processor_id"),
        primary(table, "client_id"),
        sa.UniqueConstraint(
            "group_id", "company_id", "client_id", name=op.f(f"uq_{table}_group_id_company_id_client_id")
        ),
    )
    op.create_index("ix_oauth_clients_processor", table, ["group_id", "processor_id"], unique=False)


def create_keys_and_secrets() -> None:
    table = "oauth_client_keys"
    op.create_table(
        table,
        *ids("group_id", "client_id"),
        sa.Column("kid", sa.Text(), nullable=False),
        *ids("company_id"),
        sa.Column("jwk", postgresql.JSONB(), nullable=False),
        sa.Column("thumbprint", sa.Text(), nullable=False),
        instant("added_at", now=True),
        *ids("added_by", known=False),
        instant("retired_at"),
        *ids("retired_by", known=False),
        of_client(table),
        primary(table, "client_id", "kid"),
    )
    table = "oauth_client_secrets"
    op.create_table(
        table,
        *ids("group_id", "secret_id", "client_id", "company_id"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        instant("made_at", now=True),
        *ids("made_by", known=False),
        instant("retired_at"),
        of_client(table),
        primary(table, "secret_id"),
    )
    op.create_index("ix_oauth_client_secrets_client", table, ["group_id", "client_id"], unique=False)


def create_tokens() -> None:
    table = "oauth_tokens"
    op.create_table(
        table,
        *ids("group_id", "token_id", "client_id", "company_id"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("jkt", sa.Text(), nullable=True),
        instant("issued_at", known=True),
        instant("expires_at", known=True),
        instant("revoked_at"),
        of_client(table),
        primary(table, "token_id"),
        sa.UniqueConstraint("group_id", "digest", name=op.f(f"uq_{table}_group_id_digest")),
    )
    op.create_index("ix_oauth_tokens_client", table, ["group_id", "client_id"], unique=False)
    op.create_index("ix_oauth_tokens_expires", table, ["group_id", "expires_at"], unique=False)
    table = "oauth_used_once"
    op.create_table(
        table,
        *ids("group_id"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        instant("expires_at", known=True),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f(f"fk_{table}_group_id")),
        primary(table, "digest"),
    )
    op.create_index("ix_oauth_used_once_expires", table, ["group_id", "expires_at"], unique=False)


def raise_walls() -> None:
    wall("oauth_clients")
    let("app", "SELECT", "oauth_clients", COMPANY_OR_SYSTEM)
    seen = "disabled_at, disabled_by, last_used_at, failures, last_failed_at, alarmed_at, locked_at"
    let("app", "INSERT, UPDATE", "oauth_clients", COMPANY, columns=seen)
    wall("oauth_client_keys")
    let("app", "SELECT, INSERT, UPDATE", "oauth_client_keys", COMPANY, columns="retired_at, retired_by")
    wall("oauth_client_secrets")
    let("app", "SELECT, INSERT, UPDATE", "oauth_client_secrets", COMPANY, columns="retired_at")
    wall("oauth_tokens")
    let("app", "SELECT", "oauth_tokens", COMPANY_OR_SYSTEM)
    let("app", "INSERT, DELETE", "oauth_tokens", SYSTEM_OF_COMPANY)
    let("app", "UPDATE", "oauth_tokens", COMPANY, columns="revoked_at")
    wall("oauth_used_once")
    let("app", "SELECT, INSERT, DELETE", "oauth_used_once", SYSTEM)


def downgrade() -> None:
    for table in ("oauth_used_once", "oauth_tokens", "oauth_client_secrets", "oauth_client_keys", "oauth_clients"):
        op.drop_table(table)

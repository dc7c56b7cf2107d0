"""Webhooks: endpoints of recipients, what signs for them, what they were told and how that went."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, GROUP, actor_is, let, setting, wall

revision = "0053"
down_revision = "0052"

EVENTS = (
    "feed.changed",
    "feed.stopped",
    "feed.resumed",
    "scope.changed",
    "files.ready",
    "confirmation.pending",
    "ping",
)
UNREACHED = ("refused_address", "not_resolved", "tls", "timed_out", "too_large", "redirect", "connection")
# Which companies have endpoints at all the system asks for the group, before it looks company by company.
COMPANY_OR_SYSTEM = f"({COMPANY}) OR ({GROUP} AND {actor_is('system')} AND {setting('company_id')} IS NULL)"


def upgrade() -> None:
    create_endpoints()
    create_secrets()
    create_messages()
    create_watches()
    raise_walls()


def instant(name: str, *, now: bool = False, known: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not (now or known))


def ids(*names: str, known: bool = True) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Uuid(), nullable=not known) for name in names]


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def refers(table: str, to: str, *columns: str) -> sa.ForeignKeyConstraint:
    keys = ["group_id", *columns]
    return sa.ForeignKeyConstraint(keys, [f"{to}.{key}" for key in keys], name=op.f(f"fk_{table}_{'_'.join(keys)}"))


def primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("group_id", *columns, name=op.f(f"pk_{table}"))


def once(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def create_endpoints() -> None:
    table = "webhook_endpoints"
    op.create_table(
        table,
        *ids("group_id", "endpoint_id", "company_id", "agreement_id"),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        instant("created_at", now=True),
        *ids("created_by", known=False),
        instant("disabled_at"),
        sa.Column("disabled_for", words("disabledfor", "by_hand", "gone", "exhausted"), nullable=True),
        *ids("disabled_by", known=False),
        instant("quiet_until"),
        instant("failing_since"),
        sa.Column("exhausted", sa.SmallInteger(), server_default="0", nullable=False),
        instant("last_ok_at"),
        refers(table, "agreements", "company_id", "agreement_id"),
        primary(table, "endpoint_id"),
        once(table, "group_id", "company_id", "endpoint_id"),
    )
    op.create_index("ix_webhook_endpoints_agreement", table, ["group_id", "agreement_id"], unique=False)


def create_secrets() -> None:
    table = "webhook_secrets"
    op.create_table(
        table,
        *ids("group_id", "secret_id", "endpoint_id", "company_id"),
        sa.Column("kind", words("secretkind", "v1", "v1a"), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=True),
        instant("made_at", now=True),
        *ids("made_by", known=False),
        instant("retires_at"),
        refers(table, "webhook_endpoints", "company_id", "endpoint_id"),
        primary(table, "secret_id"),
    )
    op.create_index("ix_webhook_secrets_endpoint", table, ["group_id", "endpoint_id"], unique=False)


def create_messages() -> None:
    table = "webhook_messages"
    state = words("messagestate", "pending", "delivered", "failed", "dropped")
    op.create_table(
        table,
        *ids("group_id", "message_id", "endpoint_id", "company_id"),
        sa.Column("type", words("eventtype", *EVENTS), nullable=False),
        sa.Column("event", postgresql.JSONB(), nullable=False),
        instant("created_at", now=True),
        sa.Column("state", state, server_default="pending", nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        instant("held_at"),
        instant("settled_at"),
        refers(table, "webhook_endpoints", "company_id", "endpoint_id"),
        primary(table, "message_id"),
        once(table, "group_id", "company_id", "message_id"),
    )
    op.create_index("ix_webhook_messages_endpoint", table, ["group_id", "endpoint_id", "message_id"], unique=False)
    op.create_index(
        "ix_webhook_messages_pending",
        table,
        ["group_id", "endpoint_id", "type"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    table = "webhook_attempts"
    op.create_table(
        table,
        *ids("group_id", "attempt_id", "message_id", "company_id"),
        instant("at", known=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", words("unreached", *UNREACHED), nullable=True),
        refers(table, "webhook_messages", "company_id", "message_id"),
        primary(table, "attempt_id"),
    )
    op.create_index("ix_webhook_attempts_message", table, ["group_id", "message_id"], unique=False)


def create_watches() -> None:
    table = "webhook_watches"
    op.create_table(
        table,
        *ids("group_id", "endpoint_id", "feed_id", "company_id"),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("giving", sa.Boolean(), nullable=False),
        refers(table, "webhook_endpoints", "company_id", "endpoint_id"),
        refers(table, "feeds", "feed_id"),
        primary(table, "endpoint_id", "feed_id"),
    )


def raise_walls() -> None:
    wall("webhook_endpoints")
    let("app", "SELECT", "webhook_endpoints", COMPANY_OR_SYSTEM)
    changed = (
        "url, description, events, disabled_at, disabled_for, disabled_by, quiet_until, failing_since, exhausted,"
        " last_ok_at"
    )
    let("app", "INSERT, UPDATE", "webhook_endpoints", COMPANY, columns=changed)
    wall("webhook_secrets")
    # A new key of the group is put under a secret, and what a secret is does not change otherwise.
    let("app", "SELECT, INSERT, UPDATE, DELETE", "webhook_secrets", COMPANY, columns="sealed_secret, retires_at")
    wall("webhook_messages")
    let(
        "app",
        "SELECT, INSERT, UPDATE, DELETE",
        "webhook_messages",
        COMPANY,
        columns="state, tries, held_at, settled_at",
    )
    wall("webhook_attempts")
    let("app", "SELECT, INSERT, DELETE", "webhook_attempts", COMPANY)
    wall("webhook_watches")
    let("app", "SELECT, INSERT, UPDATE", "webhook_watches", COMPANY, columns="number, epoch, version, giving")


def downgrade() -> None:
    for table in ("watches", "attempts", "messages", "secrets", "endpoints"):
        op.drop_table(f"webhook_{table}")

"""OpenDSR: who asks us and what, whom we ask and what, and the trace of both."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, GROUP, MAY_OPEN, actor_is, also, let, setting, wall

revision = "0054"
down_revision = "0053"

TYPES = ("access", "portability", "erasure")
WANTED = (*TYPES, "rectification", "restriction", "objection")
STATUSES = ("pending", "in_progress", "completed", "cancelled")
DIALECTS = ("standard", "opengdpr", "mparticle", "appsflyer")
LET_IN = ("private_key_jwt", "bearer", "basic")
STEPS = (
    "received",
    "cancelled",
    "taken_up",
    "completed",
    "controller_told",
    "results_fetched",
    "discovered",
    "asked",
    "polled",
    "cancel_asked",
    "called_back",
)
# Whose request a callback is about says for which company to go on: until then the system acts for none.
COMPANY_OR_SYSTEM = f"({COMPANY}) OR ({GROUP} AND {actor_is('system')} AND {setting('company_id')} IS NULL)"


def upgrade() -> None:
    create_controllers()
    create_received()
    create_endpoints()
    create_sent()
    create_steps()
    raise_walls()


def instant(name: str, *, now: bool = False, known: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not (now or known))


def ids(*names: str, known: bool = True) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Uuid(), nullable=not known) for name in names]


def said(*names: str, known: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text(), nullable=not known) for name in names]


def sealed(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.LargeBinary(), nullable=True) for name in names]


def several(name: str, kind: sa.types.TypeEngine[Any], *, none: bool = False) -> sa.Column[object]:
    return sa.Column(name, postgresql.ARRAY(kind), nullable=False, server_default="{}" if none else None)


def word(name: str, kind: str, words: tuple[str, ...], *, known: bool = True) -> sa.Column[object]:
    stored = sa.Enum(*words, name=kind, native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, stored, nullable=not known)


def refers(table: str, to: str, *columns: str) -> sa.ForeignKeyConstraint:
    keys = ["group_id", *columns]
    return sa.ForeignKeyConstraint(keys, [f"{to}.{key}" for key in keys], name=op.f(f"fk_{table}_{'_'.join(keys)}"))


def primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("group_id", *columns, name=op.f(f"pk_{table}"))


def unique(table: str, *columns: str) -> sa.UniqueConstraint:
    keys = ["group_id", *columns]
    return sa.UniqueConstraint(*keys, name=op.f(f"uq_{table}_{'_'.join(keys)}"))


def create_controllers() -> None:
    table = "opendsr_controllers"
    op.create_table(
        table,
        *ids("group_id", "controller_id", "company_id", "processor_id", "client_id"),
        several("callback_domains", sa.Text()),
        several("identity_types", sa.Text()),
        several("registers", sa.Uuid()),
        instant("entered_at", now=True),
        *ids("entered_by", known=False),
        instant("stopped_at"),
        refers(table, "processors", "processor_id"),
        refers(table, "oauth_clients", "company_id", "client_id"),
        primary(table, "controller_id"),
        unique(table, "company_id", "controller_id"),
    )
    op.create_index(
        "uq_opendsr_controllers_client",
        table,
        ["group_id", "client_id"],
        unique=True,
        postgresql_where=sa.text("stopped_at IS NULL"),
    )
    op.create_index("ix_opendsr_controllers_processor", table, ["group_id", "processor_id"], unique=False)


def create_received() -> None:
    table = "opendsr_received"
    op.create_table(
        table,
        *ids("group_id", "received_id", "company_id", "controller_id", "subject_request_id"),
        word("type", "requesttype", TYPES),
        word("status", "requeststatus", STATUSES),
        sa.Column("as_before", sa.Boolean(), nullable=False),
        instant("submitted_at", known=True),
        instant("received_at", known=True),
        instant("expected_at", known=True),
        several("callback_urls", sa.Text()),
        *sealed("sealed_identities"),
        several("person_ids", sa.Uuid(), none=True),
        sa.Column("results_count", sa.Integer(), nullable=True),
        *sealed("results_digest", "sealed_results_secret"),
        instant("results_until"),
        instant("ended_at"),
        refers(table, "opendsr_controllers", "company_id", "controller_id"),
        primary(table, "received_id"),
        unique(table, "controller_id", "subject_request_id"),
        unique(table, "company_id", "received_id"),
    )
    op.create_index("ix_opendsr_received_company", table, ["group_id", "company_id", "received_at"], unique=False)


def create_endpoints() -> None:
    table = "opendsr_endpoints"
    op.create_table(
        table,
        *ids("group_id", "endpoint_id", "company_id", "processor_id"),
        *said("base_url", "domain", known=True),
        word("dialect", "dialect", DIALECTS),
        word("let_in", "letin", LET_IN),
        *said("user_name", "token_url"),
        *sealed("sealed_secret"),
        *said("property_id", "issuer"),
        several("declares", sa.Text()),
        sa.Column("discovery", postgresql.JSONB(), nullable=True),
        *said("certificates"),
        instant("discovered_at"),
        instant("registered_at", now=True),
        *ids("registered_by", known=False),
        instant("stopped_at"),
        refers(table, "companies", "company_id"),
        refers(table, "processors", "processor_id"),
        primary(table, "endpoint_id"),
        unique(table, "company_id", "endpoint_id"),
    )
    op.create_index(
        "uq_opendsr_endpoints_processor",
        table,
        ["group_id", "company_id", "processor_id"],
        unique=True,
        postgresql_where=sa.text("stopped_at IS NULL"),
    )


def create_sent() -> None:
    table = "opendsr_sent"
    op.create_table(
        table,
        *ids("group_id", "sent_id", "company_id", "endpoint_id", "subject_request_id"),
        word("wanted", "wanted", WANTED),
        *ids("person_id", known=False),
        word("status", "requeststatus", STATUSES, known=False),
        *said("raw_status", "failure"),
        sa.Column("callback_digest", sa.LargeBinary(), nullable=False),
        *sealed("sealed_callback", "sealed_identities", "sealed_results_url"),
        sa.Column("results_count", sa.Integer(), nullable=True),
        instant("submitted_at", known=True),
        instant("asked_at", now=True),
        *ids("asked_by", known=False),
        instant("taken_at"),
        instant("expected_at"),
        instant("ended_at"),
        sa.Column("polls", sa.Integer(), server_default="0", nullable=False),
        refers(table, "opendsr_endpoints", "company_id", "endpoint_id"),
        primary(table, "sent_id"),
        unique(table, "subject_request_id"),
        unique(table, "callback_digest"),
    )
    op.create_index("ix_opendsr_sent_company", table, ["group_id", "company_id", "asked_at"], unique=False)
    op.create_index("ix_opendsr_sent_endpoint", table, ["group_id", "endpoint_id"], unique=False)


def create_steps() -> None:
    table = "opendsr_steps"
    op.create_table(
        table,
        *ids("group_id", "step_id", "company_id", "about_id"),
        word("step", "step", STEPS),
        *said("outcome", known=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        instant("at", now=True),
        refers(table, "companies", "company_id"),
        primary(table, "step_id"),
    )
    op.create_index("ix_opendsr_steps_about", table, ["group_id", "company_id", "about_id"], unique=False)


def raise_walls() -> None:
    wall("opendsr_controllers")
    let("app", "SELECT, INSERT, UPDATE", "opendsr_controllers", COMPANY, columns="stopped_at")
    wall("opendsr_received")
    let("app", "SELECT, INSERT, UPDATE", "opendsr_received", COMPANY)
    also("app", "SELECT, INSERT, UPDATE", "opendsr_received", MAY_OPEN)
    wall("opendsr_endpoints")
    found = "discovery, certificates, discovered_at, sealed_secret, stopped_at"
    let("app", "SELECT, INSERT, UPDATE", "opendsr_endpoints", COMPANY, columns=found)
    wall("opendsr_sent")
    let("app", "SELECT", "opendsr_sent", COMPANY_OR_SYSTEM)
    let("app", "INSERT, UPDATE", "opendsr_sent", COMPANY)
    also("app", "SELECT, INSERT, UPDATE", "opendsr_sent", MAY_OPEN)
    wall("opendsr_steps")
    let("app", "SELECT, INSERT", "opendsr_steps", COMPANY)


def downgrade() -> None:
    for table in ("steps", "sent", "endpoints", "received", "controllers"):
        op.drop_table(f"opendsr_{table}")

"""Feeds to processors and the versions of their scopes; the ledger names processors beside companies."""

import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, GROUP, actor_is, let, setting, wall

revision = "0045"
down_revision = "0044"

KINDS = (
    "customer_care",
    "sales",
    "invoicing",
    "delivery",
    "marketing",
    "analytics",
    "research",
    "credit",
    "credit_sale",
    "accounting",
    "service_use",
    "competition",
    "legal_duty",
    "rights_request",
    "retention",
    "storage",
    "legal_claim",
)
BASES = ("consent", "contract", "legal_obligation", "vital_interest", "public_task", "legitimate_interest")

# Seloste itself, for no company: whoever presents a client's credentials is not let in yet.
FOR_THE_GROUP = f"({GROUP} AND {actor_is('system')} AND {setting('company_id')} IS NULL)"
OWN = f"({GROUP} AND {actor_is('client')} AND agreement_id = {setting('actor_id')})"


def upgrade() -> None:
    create_feeds()
    create_scopes()
    for table in ("feeds", "feed_scopes"):
        wall(table)
        let("app", "SELECT", table, f"({COMPANY}) OR {FOR_THE_GROUP} OR {OWN}")
    let(
        "app",
        "INSERT, UPDATE",
        "feeds",
        COMPANY,
        columns="name, epoch, stopped_at, stopped_by, stopped_reason, ended_at, ended_by",
    )
    let("app", "INSERT, UPDATE", "feed_scopes", COMPANY)


def ids(*names: str, known: bool = True) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Uuid(), nullable=not known) for name in names]


def moments(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in names]


def from_now_on(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def lists(kind: sa.Text | sa.Uuid[uuid.UUID], *names: str, default: str | None = None) -> list[sa.Column[object]]:
    return [sa.Column(name, postgresql.ARRAY(kind), server_default=default, nullable=False) for name in names]


def refers(table: str, to: str, *columns: str) -> sa.ForeignKeyConstraint:
    keys = ["group_id", *columns]
    return sa.ForeignKeyConstraint(keys, [f"{to}.{key}" for key in keys], name=op.f(f"fk_{table}_{'_'.join(keys)}"))


def create_feeds() -> None:
    table = "feeds"
    op.create_table(
        table,
        *ids("group_id", "feed_id", "company_id", "agreement_id"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default="1", nullable=False),
        from_now_on("created_at"),
        *moments("stopped_at"),
        *ids("stopped_by", known=False),
        sa.Column("stopped_reason", sa.Text(), nullable=True),
        *moments("ended_at"),
        *ids("ended_by", known=False),
        refers(table, "agreements", "company_id", "agreement_id"),
        sa.PrimaryKeyConstraint("group_id", "feed_id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("group_id", "company_id", "key", name=op.f("uq_feeds_group_id_company_id_key")),
        sa.UniqueConstraint(
            "group_id", "company_id", "agreement_id", "feed_id",
            name=op.f("uq_feeds_group_id_company_id_agreement_id_feed_id"),
        ),
    )  # fmt: skip
    op.create_index(op.f("ix_feeds_group_id_agreement_id"), table, ["group_id", "agreement_id"], unique=False)


def create_scopes() -> None:
    table = "feed_scopes"
    op.create_table(
        table,
        *ids("group_id", "feed_id"),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        *ids("company_id", "agreement_id", "register_id", "purpose_id"),
        *lists(sa.Text(), "fields", "sealed_fields"),
        sa.Column("condition", postgresql.JSONB(), nullable=True),
        sa.Column("consent_required", sa.Boolean(), nullable=False),
        sa.Column("bound_to_event", sa.Boolean(), nullable=False),
        sa.Column("legal_basis", words("legalbasis", *BASES), nullable=False),
        sa.Column("balancing", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        from_now_on("drafted_at"),
        *ids("drafted_by", known=False),
        *lists(sa.Uuid(), "editors", default="{}"),
        *moments("approved_at"),
        *ids("approved_by", known=False),
        *moments("suspended_at", "replaced_at"),
        sa.Column("kind", words("purposekind", *KINDS), nullable=True),
        *lists(sa.Uuid(), "field_ids", "sealed_ids", default="{}"),
        sa.Column("compiled", postgresql.JSONB(), nullable=True),
        *lists(sa.Uuid(), "asked", "reads", default="{}"),
        *ids("scope_id", known=False),
        *moments("opens_at", "closes_at"),
        refers(table, "feeds", "company_id", "agreement_id", "feed_id"),
        refers(table, "registers", "company_id", "register_id"),
        refers(table, "purposes", "purpose_id"),
        refers(table, "disclosure_scopes", "scope_id"),
        sa.PrimaryKeyConstraint("group_id", "feed_id", "version", name=op.f("pk_feed_scopes")),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_feed_scopes_ends_later")),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (scope_id IS NULL)", name=op.f("ck_feed_scopes_compiled_when_approved")
        ),
    )
    op.create_index(op.f("ix_feed_scopes_group_id_agreement_id"), table, ["group_id", "agreement_id"], unique=False)


def downgrade() -> None:
    op.drop_table("feed_scopes")
    op.drop_table("feeds")

"""Feeds as files: where they go, and what was delivered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, GROUP, actor_is, let, setting, wall

revision = "0064"
down_revision = "0063"

UNREACHED = ("refused_address", "not_resolved", "tls", "timed_out", "too_large", "redirect", "connection")
BY_CLIENT = f"({GROUP} AND {actor_is('client')} AND agreement_id = {setting('actor_id')})"


def upgrade() -> None:
    create_targets()
    create_deliveries()


def instant(name: str, *, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not now)


def ids(*names: str, known: bool = True) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Uuid(), nullable=not known) for name in names]


def texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text(), nullable=True) for name in names]


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def of_a_feed(table: str) -> sa.ForeignKeyConstraint:
    keys = ["group_id", "company_id", "agreement_id", "feed_id"]
    return sa.ForeignKeyConstraint(keys, [f"feeds.{key}" for key in keys], name=op.f(f"fk_{table}_{'_'.join(keys)}"))


def primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("group_id", *columns, name=op.f(f"pk_{table}"))


def create_targets() -> None:
    table = "feed_file_targets"
    op.create_table(
        table,
        *ids("group_id", "feed_id", "company_id", "agreement_id"),
        sa.Column("place", words("place", "ours", "theirs"), nullable=False),
        sa.Column("every", words("every", "day", "week", "by_hand"), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("gzip", sa.Boolean(), nullable=False),
        *texts("endpoint", "region", "bucket", "prefix", "access_key"),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        instant("set_at", now=True),
        *ids("set_by", known=False),
        instant("anew_at", now=True),
        instant("disabled_at"),
        *ids("disabled_by", known=False),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f(f"ck_{table}_hour_of_a_day")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f(f"ck_{table}_day_of_a_week")),
        sa.CheckConstraint(
            "(place = 'theirs') = (sealed_secret IS NOT NULL)", name=op.f(f"ck_{table}_theirs_has_a_key")
        ),
        of_a_feed(table),
        primary(table, "feed_id"),
    )
    wall(table)
    changed = (
        "place, every, hour, weekday, gzip, endpoint, region, bucket, prefix, access_key, sealed_secret, set_at, set_by,"
        " anew_at, disabled_at, disabled_by"
    )
    let("app", "SELECT, INSERT, UPDATE", table, COMPANY, columns=changed)


def create_deliveries() -> None:
    table = "feed_deliveries"
    op.create_table(
        table,
        *ids("group_id", "delivery_id", "company_id", "agreement_id", "feed_id", "processor_id"),
        sa.Column("place", words("place", "ours", "theirs"), nullable=False),
        sa.Column("gzip", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            words("deliverystate", "running", "ready", "stopped", "failed"),
            server_default="running",
            nullable=False,
        ),
        sa.Column("snapshot", sa.Boolean(), nullable=False),
        *ids("previous_id", known=False),
        *texts("cursor_from", "cursor"),
        *[sa.Column(name, sa.Integer(), nullable=True) for name in ("epoch", "version", "agreement_version")],
        sa.Column("files", postgresql.JSONB(), nullable=False),
        instant("created_at", now=True),
        *ids("created_by", known=False),
        instant("moved_at", now=True),
        instant("sealed_at"),
        instant("ended_at"),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", words("unreached", *UNREACHED), nullable=True),
        instant("fetched_at"),
        instant("removed_at"),
        of_a_feed(table),
        primary(table, "delivery_id"),
    )
    op.create_index("ix_feed_deliveries_feed", table, ["group_id", "feed_id", "delivery_id"], unique=False)
    op.create_index("ix_feed_deliveries_agreement", table, ["group_id", "agreement_id", "delivery_id"], unique=False)
    op.create_index(
        "uq_feed_deliveries_running",
        table,
        ["group_id", "feed_id"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )
    wall(table)
    let("app", "INSERT", table, COMPANY)
    changed = (
        "state, snapshot, previous_id, cursor_from, cursor, epoch, version, agreement_version, files, moved_at,"
        " sealed_at, ended_at, tries, status, reason, fetched_at, removed_at"
    )
    let("app", "SELECT, UPDATE", table, f"({COMPANY}) OR {BY_CLIENT}", columns=changed)


def downgrade() -> None:
    op.drop_table("feed_deliveries")
    op.drop_table("feed_file_targets")

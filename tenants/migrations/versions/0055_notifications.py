"""Who received a person's data is told what became of it, and confirms it (Art. 19)."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import (
    COMPANY,
    GROUP,
    MAY_OPEN,
    PERSONAL,
    actor_is,
    also,
    let,
    let_see,
    setting,
    wall,
)

revision = "0055"
down_revision = "0054"

CAUSES = (
    "written", "corrected", "restricted", "restriction_lifted", "consented", "withdrawn", "objected",
    "objection_lifted", "merged", "split", "erased", "retention",
)  # fmt: skip
BY_CLIENT = f"({GROUP} AND {actor_is('client')} AND agreement_id = {setting('actor_id')})"
BY_SYSTEM = f"{COMPANY} AND {actor_is('system')}"
OF_STEPS = (
    "number, register_ids, record_ids, letter_id, delivered_at, confirmed_at, confirmed_by, confirmed_member,"
    " sealed_confirmation, declined_at, sealed_answer, reminders, reminded_at, escalated_at, excuse, sealed_excuse,"
    " excused_by, excused_at, excuse_approved_by, excuse_approved_at"
)
MINE = setting("company_id")


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def key(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=null)


def instant(name: str, *, now: bool = False, null: bool = True) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=null and not now)


def refers(table: str, to: str, *columns: str) -> sa.ForeignKeyConstraint:
    keys = ("group_id", *columns)
    return sa.ForeignKeyConstraint(keys, [f"{to}.{one}" for one in keys], name=op.f(f"fk_{table}_{'_'.join(keys)}"))


def primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("group_id", *columns, name=op.f(f"pk_{table}"))


def upgrade() -> None:
    op.add_column("corrections", sa.Column("wrong_from", sa.ARRAY(sa.Text()), server_default="{}", nullable=False))
    create_copies()
    create_letters()
    create_notifications()
    create_cursors()
    create_links()


def create_copies() -> None:
    table = "shared_copies"
    op.create_table(
        table,
        key("group_id"),
        key("copy_id"),
        key("company_id"),
        key("recipient_id"),
        key("register_id"),
        instant("taken_at", now=True),
        refers(table, "registers", "company_id", "register_id"),
        primary(table, "copy_id"),
    )
    op.create_index("ix_shared_copies_recipient", table, ["group_id", "recipient_id", "register_id"], unique=False)
    wall(table)
    let("app", "SELECT", table, f"{GROUP} AND (company_id = {MINE} OR recipient_id = {MINE})")
    let("app", "INSERT", table, f"{GROUP} AND recipient_id = {MINE}")


def create_letters() -> None:
    table = "recipient_letters"
    op.create_table(
        table,
        key("group_id"),
        key("company_id"),
        key("letter_id"),
        key("agreement_id"),
        instant("made_at", now=True),
        instant("sent_at"),
        refers(table, "companies", "company_id"),
        refers(table, "agreements", "company_id", "agreement_id"),
        primary(table, "company_id", "letter_id"),
    )
    op.create_index("ix_recipient_letters_agreement", table, ["group_id", "agreement_id"], unique=False)
    wall(table)
    let("app", "SELECT, INSERT, UPDATE", table, BY_SYSTEM, columns="sent_at")


def create_notifications() -> None:
    table = "notifications"
    op.create_table(
        table,
        key("group_id"),
        key("company_id"),
        key("notification_id"),
        key("person_id"),
        sa.Column("cause", words("cause", *CAUSES), nullable=False),
        instant("changed_at", null=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("register_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("record_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        key("recipient_id", null=True),
        sa.Column("source", sa.Text(), nullable=True),
        key("agreement_id", null=True),
        key("feed_id", null=True),
        sa.Column("way", words("way", "feed", "email", "by_hand", "live"), nullable=False),
        instant("made_at", now=True),
        key("letter_id", null=True),
        instant("delivered_at"),
        instant("confirmed_at"),
        sa.Column("confirmed_by", words("confirmedby", "client", "link", "staff", "live"), nullable=True),
        key("confirmed_member", null=True),
        sa.Column("sealed_confirmation", sa.LargeBinary(), nullable=True),
        instant("declined_at"),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=True),
        sa.Column("reminders", sa.SmallInteger(), server_default="0", nullable=False),
        instant("reminded_at"),
        instant("escalated_at"),
        sa.Column("excuse", words("excuse", "impossible", "disproportionate"), nullable=True),
        sa.Column("sealed_excuse", sa.LargeBinary(), nullable=True),
        key("excused_by", null=True),
        instant("excused_at"),
        key("excuse_approved_by", null=True),
        instant("excuse_approved_at"),
        sa.Column("restricted", sa.Boolean(), server_default="true", nullable=False),
        *of_notifications(table),
    )
    index_notifications(table)
    wall(table)
    let("app", "SELECT, UPDATE", table, f"({PERSONAL}) OR {BY_CLIENT}", columns=OF_STEPS)
    let("app", "INSERT", table, f"{PERSONAL} AND {actor_is('system')}")
    also("app", "SELECT, UPDATE", table, MAY_OPEN)


def of_notifications(table: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.CheckConstraint("(recipient_id IS NULL) <> (source IS NULL)", name=op.f(f"ck_{table}_to_somebody")),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (confirmed_by IS NULL)", name=op.f(f"ck_{table}_confirmed_somehow")
        ),
        sa.CheckConstraint("(excuse IS NULL) = (excused_by IS NULL)", name=op.f(f"ck_{table}_excused_by_somebody")),
        sa.CheckConstraint("excuse_approved_by <> excused_by", name=op.f(f"ck_{table}_excused_by_two")),
        refers(table, "companies", "company_id"),
        refers(table, "agreements", "company_id", "agreement_id"),
        refers(table, "recipient_letters", "company_id", "letter_id"),
        primary(table, "company_id", "notification_id"),
    )


def index_notifications(table: str) -> None:
    own = ["group_id", "company_id"]
    op.create_index(
        "uq_notifications_once",
        table,
        [*own, "person_id", "changed_at", "cause", "recipient_id", "agreement_id", "source"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        "ix_notifications_open",
        table,
        [*own, "made_at", "notification_id"],
        postgresql_where=sa.text("confirmed_at IS NULL AND excuse_approved_at IS NULL"),
    )
    op.create_index(
        "ix_notifications_undelivered",
        table,
        ["group_id", "agreement_id", "feed_id", "number"],
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.create_index("ix_notifications_agreement", table, ["group_id", "agreement_id", "notification_id"])
    op.create_index("ix_notifications_letter", table, [*own, "letter_id"])


def create_cursors() -> None:
    table = "notification_cursors"
    op.create_table(
        table,
        key("group_id"),
        key("company_id"),
        sa.Column("last", sa.BigInteger(), server_default="0", nullable=False),
        refers(table, "companies", "company_id"),
        primary(table, "company_id"),
    )
    wall(table)
    let("app", "SELECT, INSERT, UPDATE", table, BY_SYSTEM, columns="last")


def create_links() -> None:
    """Whoever holds the token of a link is let in as the recipient of its letter; the portal finds whose it is."""
    table = "confirm_links"
    op.create_table(
        table,
        key("group_id"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        key("company_id"),
        key("letter_id"),
        key("agreement_id"),
        instant("expires_at", null=False),
        refers(table, "recipient_letters", "company_id", "letter_id"),
        primary(table, "digest"),
    )
    wall(table)
    let("app", "SELECT, INSERT, DELETE", table, BY_SYSTEM)
    let_see("portal", table, GROUP, columns="group_id, digest, agreement_id, expires_at")


def downgrade() -> None:
    for table in ("confirm_links", "notification_cursors", "notifications", "recipient_letters", "shared_copies"):
        op.drop_table(table)
    op.drop_column("corrections", "wrong_from")

"""Letters that staff print and post, and archives that they hand over."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import COMPANY, GROUP, HAS_PURPOSE, OWN_REQUEST, actor_is, let, setting

revision = "0012"
down_revision = "0011"

STATES = (
    "awaiting_identity",
    "needs_staff",
    "awaiting_decision",
    "refusal_proposed",
    "building",
    "handing_over",
    "answered",
    "no_data",
    "refused",
    "withdrawn",
    "lapsed",
)
EVENTS = (
    "received",
    "entered",
    "code_sent",
    "verified",
    "identity_checked",
    "matched",
    "several_fit",
    "person_chosen",
    "nothing_found",
    "gathered",
    "approved",
    "refusal_proposed",
    "refusal_returned",
    "refused",
    "archive_ready",
    "link_asked",
    "downloaded",
    "archive_expired",
    "withdrawn",
    "lapsed",
    "letter_sent",
    "letter_posted",
    "handed_over",
)
LETTERS = (
    "code",
    "identity",
    "reminder",
    "acknowledgement",
    "archive_ready",
    "no_data",
    "refusal",
    "withdrawn",
    "lapsed",
)
DOWNLOADING = ("download_tokens", "downloads")


def upgrade() -> None:
    know("cases", "state", "casestate", STATES)
    know("case_events", "kind", "caseeventkind", EVENTS)
    know("letters", "kind", "letterkind", LETTERS)
    change_tables()
    change_walls()


def know(table: str, column: str, constraint: str, words: tuple[str, ...]) -> None:
    """The words that a column may hold from now on."""
    op.drop_constraint(op.f(f"ck_{table}_{constraint}"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{constraint}"), table, sa.column(column, sa.String()).in_(words))


def change_tables() -> None:
    op.add_column("letters", sa.Column("on_paper", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("letters", sa.Column("sent_by", sa.Uuid(), nullable=True))
    op.create_check_constraint(
        op.f("ck_letters_on_paper_of_a_company"), "letters", "company_id IS NOT NULL OR NOT on_paper"
    )
    op.create_index(
        "ix_letters_to_post",
        "letters",
        ["group_id", "company_id"],
        postgresql_where=sa.text("on_paper AND sent_at IS NULL"),
    )
    for table in DOWNLOADING:
        op.add_column(table, sa.Column("member_id", sa.Uuid(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_{table}_group_id_member_id"),
            table,
            "members",
            ["group_id", "member_id"],
            ["group_id", "member_id"],
        )


def change_walls() -> None:
    drop("letters", "app", "SELECT, UPDATE")
    on_paper = f"company_id = {setting('company_id')} AND on_paper AND {HAS_PURPOSE}"
    let("app", "SELECT, UPDATE", "letters", f"{GROUP} AND ({actor_is('system')} OR ({on_paper}))")
    handed_over = (
        f"{COMPANY} AND {actor_is('member')} AND member_id = {setting('actor_id')}"
        f" AND {setting('purpose', 'text')} = 'rights_request'"
    )
    for table in DOWNLOADING:
        drop(table, "portal", "SELECT, INSERT, UPDATE")
        let("portal", "SELECT, INSERT, UPDATE", table, f"{OWN_REQUEST} AND member_id IS NULL")
        let("app", "INSERT, UPDATE", table, handed_over)


def drop(table: str, role: str, commands: str) -> None:
    for command in commands.lower().split(", "):
        op.execute(f"DROP POLICY {table}_{role}_{command} ON {table}")


def downgrade() -> None:
    for table in DOWNLOADING:
        drop(table, "app", "INSERT, UPDATE")
        op.execute(f"REVOKE INSERT, UPDATE ON {table} FROM seloste_app")
        drop(table, "portal", "SELECT, INSERT, UPDATE")
        let("portal", "SELECT, INSERT, UPDATE", table, OWN_REQUEST)
        op.drop_column(table, "member_id")
    drop("letters", "app", "SELECT, UPDATE")
    let("app", "SELECT, UPDATE", "letters", f"{GROUP} AND {actor_is('system')}")
    op.drop_index("ix_letters_to_post", "letters")
    op.drop_column("letters", "sent_by")
    op.drop_column("letters", "on_paper")
    know("letters", "kind", "letterkind", tuple(word for word in LETTERS if word != "identity"))
    know("case_events", "kind", "caseeventkind", EVENTS[:-2])
    know("cases", "state", "casestate", tuple(word for word in STATES if word != "handing_over"))

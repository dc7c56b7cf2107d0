"""Requests, cases and everything about them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import (
    COMPANY,
    GROUP,
    OWN_REQUEST,
    actor_is,
    let,
    setting,
    wall,
)

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    create_tables()
    raise_walls()


def create_tables() -> None:
    op.create_table(
        "rate_counts",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f("fk_rate_counts_group_id")),
        sa.PrimaryKeyConstraint("group_id", "key_digest", "window_start", name=op.f("pk_rate_counts")),
    )
    op.create_index(
        op.f("ix_rate_counts_group_id_window_start"), "rate_counts", ["group_id", "window_start"], unique=False
    )
    op.create_table(
        "requests",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "portal",
                "letter",
                "phone",
                "counter",
                "email",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("rights", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("company_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("sealed_asker", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "unverified",
                "verified",
                "withdrawn",
                "lapsed",
                name="requeststate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("identity_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "level",
            sa.Enum("L0", "L1", "L2", "L3", name="identitylevel", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f("fk_requests_group_id")),
        sa.PrimaryKeyConstraint("group_id", "request_id", name=op.f("pk_requests")),
    )
    op.create_index(
        op.f("ix_requests_group_id_state_received_at"), "requests", ["group_id", "state", "received_at"], unique=False
    )
    op.create_table(
        "case_numbers",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id"],
            ["companies.group_id", "companies.company_id"],
            name=op.f("fk_case_numbers_group_id_company_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "year", name=op.f("pk_case_numbers")),
    )
    op.create_table(
        "cases",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "portal",
                "letter",
                "phone",
                "counter",
                "email",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("rights", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "awaiting_identity",
                "needs_staff",
                "awaiting_decision",
                "building",
                "answered",
                "no_data",
                "refused",
                "withdrawn",
                "lapsed",
                name="casestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "level",
            sa.Enum("L0", "L1", "L2", "L3", name="identitylevel", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("identity_asked_on", sa.Date(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_unsuspended_on", sa.Date(), nullable=False),
        sa.Column("due_suspended_on", sa.Date(), nullable=False),
        sa.Column("latest_on", sa.Date(), nullable=False),
        sa.Column("rule_version", sa.Text(), nullable=False),
        sa.Column("holiday_version", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("refusal_ground", sa.Text(), nullable=True),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed_asker", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id"],
            ["companies.group_id", "companies.company_id"],
            name=op.f("fk_cases_group_id_company_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "request_id"],
            ["requests.group_id", "requests.request_id"],
            name=op.f("fk_cases_group_id_request_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "case_id", name=op.f("pk_cases")),
        sa.UniqueConstraint("group_id", "company_id", "number", name=op.f("uq_cases_group_id_company_id_number")),
        sa.UniqueConstraint(
            "group_id", "request_id", "company_id", name=op.f("uq_cases_group_id_request_id_company_id")
        ),
    )
    op.create_index(
        op.f("ix_cases_group_id_company_id_state_due_on"),
        "cases",
        ["group_id", "company_id", "state", "due_on"],
        unique=False,
    )
    op.create_table(
        "letters",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("letter_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "code",
                "reminder",
                "acknowledgement",
                "archive_ready",
                "no_data",
                "refusal",
                "withdrawn",
                "lapsed",
                name="letterkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id"],
            ["companies.group_id", "companies.company_id"],
            name=op.f("fk_letters_group_id_company_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "request_id"],
            ["requests.group_id", "requests.request_id"],
            name=op.f("fk_letters_group_id_request_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "letter_id", name=op.f("pk_letters")),
    )
    op.create_index(op.f("ix_letters_group_id_request_id"), "letters", ["group_id", "request_id"], unique=False)
    op.create_table(
        "verifications",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("verification_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("session_digest", sa.LargeBinary(), nullable=True),
        sa.Column("session_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "request_id"],
            ["requests.group_id", "requests.request_id"],
            name=op.f("fk_verifications_group_id_request_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "verification_id", name=op.f("pk_verifications")),
    )
    op.create_index(
        op.f("ix_verifications_group_id_request_id_sent_at"),
        "verifications",
        ["group_id", "request_id", "sent_at"],
        unique=False,
    )
    op.create_table(
        "case_events",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
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
                "refused",
                "archive_ready",
                "link_asked",
                "downloaded",
                "archive_expired",
                "withdrawn",
                "lapsed",
                "letter_sent",
                name="caseeventkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "actor",
            sa.Enum(
                "visitor",
                "subject",
                "member",
                "client",
                "system",
                name="actor",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "case_id"],
            ["cases.group_id", "cases.company_id", "cases.case_id"],
            name=op.f("fk_case_events_group_id_company_id_case_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "event_id", name=op.f("pk_case_events")),
    )
    op.create_index(
        op.f("ix_case_events_group_id_company_id_case_id_at"),
        "case_events",
        ["group_id", "company_id", "case_id", "at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_case_events_group_id_request_id_at"), "case_events", ["group_id", "request_id", "at"], unique=False
    )
    op.create_table(
        "case_findings",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("fields", sa.Integer(), nullable=False),
        sa.Column(
            "withheld",
            sa.Enum("L0", "L1", "L2", "L3", name="identitylevel", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "case_id"],
            ["cases.group_id", "cases.company_id", "cases.case_id"],
            name=op.f("fk_case_findings_group_id_company_id_case_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "register_id"],
            ["registers.group_id", "registers.company_id", "registers.register_id"],
            name=op.f("fk_case_findings_group_id_company_id_register_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "case_id", "register_id", name=op.f("pk_case_findings")),
    )
    op.create_table(
        "case_matches",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("chosen", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "case_id"],
            ["cases.group_id", "cases.company_id", "cases.case_id"],
            name=op.f("fk_case_matches_group_id_company_id_case_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "person_id"],
            ["persons.group_id", "persons.company_id", "persons.person_id"],
            name=op.f("fk_case_matches_group_id_company_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "case_id", "person_id", name=op.f("pk_case_matches")),
    )
    op.create_index(
        op.f("ix_case_matches_group_id_company_id_person_id"),
        "case_matches",
        ["group_id", "company_id", "person_id"],
        unique=False,
    )


def raise_walls() -> None:
    wall("requests")
    own_company = f"company_ids = ARRAY[{setting('company_id')}]"
    let("app", "SELECT, UPDATE", "requests", f"{GROUP} AND {actor_is('system')}")
    let("app", "INSERT", "requests", f"{GROUP} AND {actor_is('member')} AND {own_company}")
    let("portal", "SELECT, UPDATE", "requests", OWN_REQUEST)
    let("portal", "INSERT", "requests", f"{GROUP} AND {actor_is('visitor')}")
    wall("verifications")
    let("app", "SELECT, INSERT, UPDATE, DELETE", "verifications", f"{GROUP} AND {actor_is('system')}")
    let("portal", "SELECT, UPDATE", "verifications", OWN_REQUEST)
    let("portal", "INSERT", "verifications", f"{GROUP} AND ({actor_is('visitor')} OR {OWN_REQUEST})")
    wall("rate_counts")
    let("app", "SELECT, INSERT, UPDATE, DELETE", "rate_counts", GROUP)
    let("portal", "SELECT, INSERT, UPDATE", "rate_counts", GROUP)
    wall("cases")
    let("app", "SELECT, INSERT, UPDATE", "cases", COMPANY)
    let("portal", "SELECT", "cases", OWN_REQUEST)
    wall("case_numbers")
    let("app", "SELECT, INSERT, UPDATE", "case_numbers", COMPANY)
    wall("case_matches")
    let("app", "SELECT, INSERT, UPDATE, DELETE", "case_matches", COMPANY)
    wall("case_findings")
    let("app", "SELECT, INSERT, UPDATE, DELETE", "case_findings", COMPANY)
    # Uncorrelated and itself behind the wall of cases: an index condition, not a filter.
    let("portal", "SELECT", "case_findings", f"{GROUP} AND case_id = ANY (ARRAY(SELECT c.case_id FROM cases c))")
    wall("case_events")
    let("app", "SELECT, INSERT", "case_events", COMPANY)
    let("portal", "SELECT, INSERT", "case_events", OWN_REQUEST)
    wall("letters")
    let("app", "SELECT, UPDATE, DELETE", "letters", f"{GROUP} AND {actor_is('system')}")
    let("app", "INSERT", "letters", f"{GROUP} AND ({actor_is('system')} OR company_id = {setting('company_id')})")
    let("portal", "INSERT", "letters", f"{GROUP} AND ({actor_is('visitor')} OR {OWN_REQUEST})")


def downgrade() -> None:
    for table in (
        "case_matches",
        "case_findings",
        "case_events",
        "verifications",
        "letters",
        "cases",
        "case_numbers",
        "requests",
        "rate_counts",
    ):
        op.drop_table(table)

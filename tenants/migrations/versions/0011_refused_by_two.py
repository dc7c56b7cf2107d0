"""A refusal that one proposes and another confirms."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

STATES = (
    "awaiting_identity",
    "needs_staff",
    "awaiting_decision",
    "refusal_proposed",
    "building",
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
)


def upgrade() -> None:
    op.add_column("cases", sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("proposed_by", sa.Uuid(), nullable=True))
    op.add_column("cases", sa.Column("sealed_return", sa.LargeBinary(), nullable=True))
    know("cases", "state", "casestate", STATES)
    know("case_events", "kind", "caseeventkind", EVENTS)
    # NOT VALID: what was refused before this rule stands as it was decided.
    op.execute(
        "ALTER TABLE cases ADD CONSTRAINT ck_cases_refused_by_two CHECK"
        " (state <> 'refused' OR refusal_ground NOT IN ('manifestly_unfounded', 'excessive')"
        " OR (proposed_by IS NOT NULL AND decided_by IS NOT NULL AND proposed_by <> decided_by)) NOT VALID"
    )


def know(table: str, column: str, constraint: str, words: tuple[str, ...]) -> None:
    """The words that a column may hold from now on."""
    op.drop_constraint(op.f(f"ck_{table}_{constraint}"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{constraint}"), table, sa.column(column, sa.String()).in_(words))


def downgrade() -> None:
    op.drop_constraint(op.f("ck_cases_refused_by_two"), "cases", type_="check")
    know("case_events", "kind", "caseeventkind", tuple(word for word in EVENTS if not word.startswith("refusal_")))
    know("cases", "state", "casestate", tuple(word for word in STATES if word != "refusal_proposed"))
    op.drop_column("cases", "sealed_return")
    op.drop_column("cases", "proposed_by")
    op.drop_column("cases", "proposed_at")

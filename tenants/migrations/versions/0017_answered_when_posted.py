"""What was decided on paper is open until it is posted."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

STATES = (
    "awaiting_identity",
    "needs_staff",
    "awaiting_decision",
    "refusal_proposed",
    "building",
    "handing_over",
    "to_be_posted",
    "answered",
    "no_data",
    "refused",
    "withdrawn",
    "lapsed",
)


def upgrade() -> None:
    know(STATES)
    refused_by_two("state NOT IN ('to_be_posted', 'refused')")


def know(states: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_cases_casestate"), "cases", type_="check")
    op.create_check_constraint(op.f("ck_cases_casestate"), "cases", sa.column("state", sa.String()).in_(states))


def refused_by_two(unless: str) -> None:
    op.drop_constraint(op.f("ck_cases_refused_by_two"), "cases", type_="check")
    # NOT VALID: what was refused before this rule stands as it was decided.
    op.execute(
        "ALTER TABLE cases ADD CONSTRAINT ck_cases_refused_by_two CHECK"
        f" ({unless} OR refusal_ground NOT IN ('manifestly_unfounded', 'excessive')"
        " OR (proposed_by IS NOT NULL AND decided_by IS NOT NULL AND proposed_by <> decided_by)) NOT VALID"
    )


def downgrade() -> None:
    refused_by_two("state <> 'refused'")
    know(tuple(state for state in STATES if state != "to_be_posted"))

"""People found by the words of their names, and the role of those who serve them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

KINDS = ("email", "phone", "customer_number", "hetu", "business_id", "user_name", "name")
ROLES = (
    "group_admin",
    "company_admin",
    "register_owner",
    "data_protection_officer",
    "request_handler",
    "customer_care",
    "auditor",
)


def upgrade() -> None:
    know("identifiers", "kind", "identifierkind", KINDS)
    know("fields", "identifier", "identifierkind", KINDS)
    know("assignments", "role", "role", ROLES)
    op.create_index(
        op.f("ix_cases_group_id_company_id_person_id"), "cases", ["group_id", "company_id", "person_id"], unique=False
    )


def know(table: str, column: str, constraint: str, words: tuple[str, ...]) -> None:
    """The words that a column may hold from now on."""
    op.drop_constraint(op.f(f"ck_{table}_{constraint}"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{constraint}"), table, sa.column(column, sa.String()).in_(words))


def downgrade() -> None:
    op.drop_index(op.f("ix_cases_group_id_company_id_person_id"), "cases")
    know("assignments", "role", "role", tuple(role for role in ROLES if role != "customer_care"))
    know("fields", "identifier", "identifierkind", KINDS[:-1])
    know("identifiers", "kind", "identifierkind", KINDS[:-1])

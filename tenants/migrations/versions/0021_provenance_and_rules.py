"""Sources by their keys, what was declared when a value came, and fields that are bound to a purpose."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"

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
# Tables that name a purpose's kind, and the column that does.
KINDS_IN = {
    "api_tokens": "purpose",
    "purposes": "kind",
    "consents": "kind",
    "objections": "kind",
    "sharing_grants": "kind",
    "disclosure_scopes": "kind",
}


def upgrade() -> None:
    know(KINDS)
    op.add_column(
        "registers",
        sa.Column("source_keys", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.add_column("fields", sa.Column("rule", postgresql.JSONB(), nullable=True))
    op.add_column("imports", sa.Column("declared_source", sa.Text(), nullable=True))
    op.add_column("imports", sa.Column("notice", sa.Integer(), nullable=True))
    op.add_column("import_faults", sa.Column("said", postgresql.JSONB(), server_default="{}", nullable=False))


def know(kinds: tuple[str, ...]) -> None:
    for table, column in KINDS_IN.items():
        name = op.f(f"ck_{table}_purposekind")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, sa.column(column, sa.String()).in_(kinds))


def downgrade() -> None:
    op.drop_column("import_faults", "said")
    op.drop_column("imports", "notice")
    op.drop_column("imports", "declared_source")
    op.drop_column("fields", "rule")
    op.drop_column("registers", "source_keys")
    know(tuple(kind for kind in KINDS if kind != "credit_sale"))

"""Files of every kind into a register: how they are written, which column is which field, and what they would do."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, let, wall

revision = "0027"
down_revision = "0026"

STATES = ("received", "checking", "unmapped", "checked", "writing", "paused", "done", "refused")
KIND = sa.Enum("csv", "xlsx", "ndjson", name="filekind", native_enum=False, create_constraint=True, length=40)
SEALED = ("sealed_head", "sealed_examples")
COUNTS = ("records_new", "records_changed", "records_same")


def upgrade() -> None:
    know(STATES)
    op.add_column("imports", sa.Column("named", KIND, nullable=True))
    for name in ("form", "choice"):
        op.add_column("imports", sa.Column(name, postgresql.JSONB(), nullable=True))
    op.add_column("imports", sa.Column("matched_by", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    for name in SEALED:
        op.add_column("imports", sa.Column(name, sa.LargeBinary(), nullable=True))
    for name in COUNTS:
        op.add_column("imports", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    create_mappings()


def create_mappings() -> None:
    op.create_table(
        "import_mappings",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("header_digest", sa.LargeBinary(), nullable=False),
        sa.Column("fields", postgresql.JSONB(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "register_id"],
            ["registers.group_id", "registers.company_id", "registers.register_id"],
            name=op.f("fk_import_mappings_group_id_company_id_register_id"),
        ),
        sa.PrimaryKeyConstraint(
            "group_id", "company_id", "register_id", "header_digest", name=op.f("pk_import_mappings")
        ),
    )
    wall("import_mappings")
    let("app", "SELECT, INSERT, UPDATE, DELETE", "import_mappings", COMPANY)


def know(states: tuple[str, ...]) -> None:
    name = op.f("ck_imports_importstate")
    op.drop_constraint(name, "imports", type_="check")
    op.create_check_constraint(name, "imports", sa.column("state", sa.String()).in_(states))


def downgrade() -> None:
    op.drop_table("import_mappings")
    for name in ("named", "form", "choice", "matched_by", *SEALED, *COUNTS):
        op.drop_column("imports", name)
    know(tuple(state for state in STATES if state not in ("unmapped", "paused")))

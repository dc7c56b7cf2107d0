"""Records of a register taken along as a file that a worker builds, and that is destroyed after a day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, also, let, wall

revision = "0039"
down_revision = "0038"

# A company that binds no register, and most bind none, is asked nothing of each row.
UNBOUND = (
    "(SELECT NULLIF(closed_registers() = '{}', false)) IS NOT NULL"
    " OR register_id <> ALL ((SELECT closed_registers())::uuid[])"
)


def words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def instant(name: str, *, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not now)


def upgrade() -> None:
    states = ("queued", "building", "ready", "expired", "cancelled", "failed")
    op.create_table(
        "extracts",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("extract_id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("purpose_id", sa.Uuid(), nullable=False),
        sa.Column("kind", words("filekind", "csv", "xlsx", "ndjson"), nullable=False),
        sa.Column("field_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("state", words("extractstate", *states), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("records", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("records_done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("object_key", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("downloads", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ordered_by", sa.Uuid(), nullable=False),
        instant("created_at", now=True),
        instant("built_at"),
        instant("expires_at"),
        instant("ended_at"),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "register_id"],
            ["registers.group_id", "registers.company_id", "registers.register_id"],
            name=op.f("fk_extracts_group_id_company_id_register_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "purpose_id"],
            ["purposes.group_id", "purposes.purpose_id"],
            name=op.f("fk_extracts_group_id_purpose_id"),
        ),
        sa.ForeignKeyConstraint(
            ["group_id", "ordered_by"],
            ["members.group_id", "members.member_id"],
            name=op.f("fk_extracts_group_id_ordered_by"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "extract_id", name=op.f("pk_extracts")),
    )
    wall("extracts")
    let("app", "SELECT, INSERT, UPDATE", "extracts", COMPANY)
    also(
        "app",
        "SELECT, INSERT, UPDATE",
        "extracts",
        UNBOUND,
        name="bound",
    )


def downgrade() -> None:
    op.drop_table("extracts")

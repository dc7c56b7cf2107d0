"""What changed of whom, in each company's own row of numbers."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import COMPANY, HAS_PURPOSE, MAY_OPEN, actor_is, also, let, wall

revision = "0042"
down_revision = "0041"

CAUSES = (
    "written",
    "corrected",
    "restricted",
    "restriction_lifted",
    "consented",
    "withdrawn",
    "objected",
    "objection_lifted",
    "merged",
    "split",
)
# Who was changed is for those who carry it on. No member reads it: who is restricted is among it.
CARRIED_ON = f"{COMPANY} AND {HAS_PURPOSE} AND {actor_is('system', 'client')}"


def upgrade() -> None:
    create_changes()
    create_counters()


def create_changes() -> None:
    op.create_table(
        "changes",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Enum(*CAUSES, name="cause", native_enum=False, create_constraint=True, length=40)),
        sa.Column("register_id", sa.Uuid(), nullable=True),
        sa.Column("person_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("record_ids", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("cardinality(person_ids) > 0", name=op.f("ck_changes_of_somebody")),
        sa.CheckConstraint(
            "cardinality(record_ids) IN (0, cardinality(person_ids))", name=op.f("ck_changes_records_of_persons")
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "change_id", name=op.f("pk_changes")),
    )
    op.alter_column("changes", "cause", nullable=False)
    own = ["group_id", "company_id"]
    op.create_index(
        "uq_changes_number", "changes", [*own, "number"], unique=True, postgresql_where=sa.text("number IS NOT NULL")
    )
    op.create_index(
        "ix_changes_unpublished", "changes", [*own, "change_id"], postgresql_where=sa.text("number IS NULL")
    )
    wall("changes")
    let("app", "INSERT", "changes", f"{COMPANY} AND {HAS_PURPOSE}")
    also("app", "INSERT", "changes", MAY_OPEN)
    let("app", "SELECT, UPDATE", "changes", CARRIED_ON, columns="number")


def create_counters() -> None:
    op.create_table(
        "change_counters",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("last", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id"],
            ["companies.group_id", "companies.company_id"],
            name=op.f("fk_change_counters_group_id_company_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", name=op.f("pk_change_counters")),
    )
    wall("change_counters")
    let("app", "SELECT, INSERT, UPDATE", "change_counters", CARRIED_ON, columns="last")


def downgrade() -> None:
    op.drop_table("change_counters")
    op.drop_table("changes")

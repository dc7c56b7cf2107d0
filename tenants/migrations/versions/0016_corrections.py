"""What values were before staff corrected them, and for how many days a register keeps it."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import PERSONAL, let, wall

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("registers", sa.Column("corrections_kept_days", sa.Integer(), nullable=True))
    op.create_table(
        "corrections",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("correction_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_before", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("corrected_by", sa.Uuid(), nullable=True),
        sa.Column("corrected_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restricted", sa.Boolean(), server_default="false", nullable=False),
        *(
            sa.ForeignKeyConstraint(
                ["group_id", "company_id", key],
                [f"{table}.group_id", f"{table}.company_id", f"{table}.{key}"],
                name=op.f(f"fk_corrections_group_id_company_id_{key}"),
            )
            for table, key in (("persons", "person_id"), ("records", "record_id"), ("registers", "register_id"))
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "correction_id", name=op.f("pk_corrections")),
    )
    for columns in (("person_id",), ("record_id", "correction_id"), ("kept_until",)):
        keys = ["group_id", "company_id", *columns]
        op.create_index(op.f("ix_corrections_" + "_".join(keys)), "corrections", keys, unique=False)
    wall("corrections")
    let("app", "SELECT, INSERT, UPDATE, DELETE", "corrections", PERSONAL)


def downgrade() -> None:
    op.drop_table("corrections")
    op.drop_column("registers", "corrections_kept_days")

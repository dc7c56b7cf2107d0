"""Merges and splits of persons, what they take over from one to the other, and the ledger that ends when they happen."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import COMPANY, HAS_PURPOSE, let, wall

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "person_changes",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("merge", "split", name="changekind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_moved", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.Column("sealed_undo_reason", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("kept_id <> other_id", name=op.f("ck_person_changes_of_two")),
        sa.PrimaryKeyConstraint("group_id", "company_id", "change_id", name=op.f("pk_person_changes")),
    )
    for person in ("kept_id", "other_id"):
        keys = ["group_id", "company_id", person]
        op.create_index(op.f("ix_person_changes_" + "_".join(keys)), "person_changes", keys, unique=False)
    wall("person_changes")
    here = f"{COMPANY} AND {HAS_PURPOSE}"
    let("app", "SELECT, INSERT, UPDATE", "person_changes", here, columns="undone_at, undone_by, sealed_undo_reason")
    for table in ("objections", "consents"):
        op.add_column(table, sa.Column("taken_over_by", sa.Uuid(), nullable=True))
        # What people said themselves stays; what was taken over for them goes with what took it over.
        let("app", "DELETE", table, f"{here} AND taken_over_by IS NOT NULL")
    # Whose data it is that is received is another's from then on; what was received stays as it was.
    let("app", "UPDATE", "disclosures", here, columns="until")


def downgrade() -> None:
    op.execute("DROP POLICY disclosures_app_update ON disclosures")
    op.execute("REVOKE UPDATE (until) ON disclosures FROM seloste_app")
    for table in ("objections", "consents"):
        op.execute(f"DROP POLICY {table}_app_delete ON {table}")
        op.execute(f"REVOKE DELETE ON {table} FROM seloste_app")
        op.drop_column(table, "taken_over_by")
    op.drop_table("person_changes")

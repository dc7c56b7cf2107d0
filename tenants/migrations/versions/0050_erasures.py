"""Records of a person are erased: what went, by ids, and why."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import COMPANY, HAS_PURPOSE, MAY_OPEN, also, let, wall

revision = "0050"
down_revision = "0049"

BEFORE = (
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
CAUSES = (*BEFORE, "erased", "retention")
GROUNDS = (
    "not_needed",
    "consent_withdrawn",
    "objected",
    "unlawful",
    "legal_duty",
    "of_a_child",
    "retention_ended",
)
HERE = f"{COMPANY} AND {HAS_PURPOSE}"


def upgrade() -> None:
    causes(CAUSES)
    # A restriction outlives the record that it was placed on.
    op.drop_constraint(op.f("fk_restrictions_group_id_company_id_record_id"), "restrictions", type_="foreignkey")
    op.create_table(
        "erasures",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("erasure_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("record_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column(
            "ground",
            sa.Enum(*GROUNDS, name="erasureground", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=False),
        sa.Column("erased_by", sa.Uuid(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "company_id", "erasure_id", name=op.f("pk_erasures")),
    )
    keys = ["group_id", "company_id", "person_id"]
    op.create_index(op.f("ix_erasures_" + "_".join(keys)), "erasures", keys, unique=False)
    wall("erasures")
    let("app", "SELECT, INSERT", "erasures", HERE)
    also("app", "SELECT, INSERT", "erasures", MAY_OPEN)
    # A new key is put under the reasons, and nothing else of them changes.
    let("app", "UPDATE", "erasures", HERE, columns="sealed_reason")
    also("app", "UPDATE", "erasures", MAY_OPEN)


def causes(known: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_changes_cause"), "changes", type_="check")
    op.create_check_constraint(op.f("ck_changes_cause"), "changes", sa.column("cause", sa.String()).in_(known))


def downgrade() -> None:
    op.drop_table("erasures")
    keys = ("group_id", "company_id", "record_id")
    op.create_foreign_key(
        op.f("fk_restrictions_group_id_company_id_record_id"), "restrictions", "records", list(keys), list(keys)
    )
    op.execute("DELETE FROM changes WHERE cause IN ('erased', 'retention')")
    causes(BEFORE)

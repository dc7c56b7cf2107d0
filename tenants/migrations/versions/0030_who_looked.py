"""The entries about a person are found by an index, inside the walls."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    about_a_person = "about = 'person' AND action <> 'records.imported'"
    op.create_index(
        "ix_audit_entries_person",
        "audit_entries",
        ["group_id", "company_id", sa.text("(about_ids[1])"), "entry_id"],
        postgresql_where=sa.text(about_a_person),
    )
    op.create_index(
        "ix_audit_entries_several",
        "audit_entries",
        ["group_id", "company_id", "entry_id"],
        postgresql_where=sa.text(f"{about_a_person} AND about_ids[2] IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_audit_entries_several", "audit_entries")
    op.drop_index("ix_audit_entries_person", "audit_entries")

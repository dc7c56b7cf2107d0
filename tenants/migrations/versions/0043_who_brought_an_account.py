"""The company whose administrator added an account: it alone ties a newcomer to its processor's contract."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.add_column("members", sa.Column("brought_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_members_group_id_brought_by"),
        "members",
        "companies",
        ["group_id", "brought_by"],
        ["group_id", "company_id"],
    )


def downgrade() -> None:
    op.drop_column("members", "brought_by")

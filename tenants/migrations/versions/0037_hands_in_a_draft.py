"""Everybody who had a hand in a draft of a sharing policy; of drafts from before it is known who wrote last."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.add_column(
        "sharing_policies",
        sa.Column("editors", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("sharing_policies", "editors")

"""Where requests about rights go, if not to the company's contact. Filled when the manifest is applied again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("companies", sa.Column("rights_contact", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("companies", "rights_contact")

"""Files of a feed are NDJSON, CSV or Parquet, as the company that gives them says."""

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"

FORMAT = sa.Enum("ndjson", "csv", "parquet", name="format", native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    for table in ("feed_file_targets", "feed_deliveries"):
        op.add_column(table, sa.Column("format", FORMAT, server_default="ndjson", nullable=False))
    op.execute("GRANT UPDATE (format) ON feed_file_targets TO seloste_app")


def downgrade() -> None:
    for table in ("feed_file_targets", "feed_deliveries"):
        op.drop_column(table, "format")

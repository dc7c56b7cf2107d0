"""Recipients that take OpenDSR requests are asked by one; by what the erased were known is kept until they are."""

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"

CHECKS = (
    # table, name, values before, one more
    ("notifications", "way", ("feed", "email", "by_hand", "live"), "opendsr"),
    ("notifications", "confirmedby", ("client", "link", "staff", "live"), "opendsr"),
    (
        "opendsr_sent",
        "wanted",
        ("access", "portability", "erasure", "rectification", "restriction", "objection"),
        "withdrawal",
    ),
)
COLUMNS = {"way": "way", "confirmedby": "confirmed_by", "wanted": "wanted"}


def upgrade() -> None:
    op.add_column("erasures", sa.Column("sealed_known", sa.LargeBinary(), nullable=True))
    op.add_column("notifications", sa.Column("promised_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "opendsr_sent", sa.Column("notification_ids", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False)
    )
    for table, name, before, added in CHECKS:
        check(table, name, (*before, added))
    op.execute("GRANT UPDATE (sealed_known) ON erasures TO seloste_app")
    op.execute("GRANT UPDATE (way, promised_at) ON notifications TO seloste_app")


def check(table: str, name: str, values: tuple[str, ...]) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, sa.column(COLUMNS[name], sa.String()).in_(values))


def downgrade() -> None:
    for table, name, before, _ in CHECKS:
        check(table, name, before)
    op.drop_column("opendsr_sent", "notification_ids")
    op.drop_column("notifications", "promised_at")
    op.drop_column("erasures", "sealed_known")

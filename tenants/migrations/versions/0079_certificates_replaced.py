"""A certificate of deletion that was written down wrongly is replaced by another: the former one stays, with the reason."""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"

TABLE = "closing_certificates"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("number", sa.Integer(), server_default="1", nullable=False))
    op.add_column(TABLE, sa.Column("reason", sa.Text(), nullable=True))
    op.drop_constraint(f"pk_{TABLE}", TABLE, type_="primary")
    op.create_primary_key(f"pk_{TABLE}", TABLE, ["group_id", "agreement_id", "number"])


def downgrade() -> None:
    """Those that were replaced are lost. The owner, whom no policy lets delete rows, may for this one statement."""
    for command in ("SELECT", "DELETE"):
        op.execute(f"CREATE POLICY {TABLE}_owner_{command} ON {TABLE} FOR {command} TO seloste_owner USING (true)")
    op.execute(
        f"DELETE FROM {TABLE} c USING {TABLE} n WHERE (c.group_id, c.agreement_id) = (n.group_id, n.agreement_id)"
        " AND c.number < n.number"
    )
    for command in ("SELECT", "DELETE"):
        op.execute(f"DROP POLICY {TABLE}_owner_{command} ON {TABLE}")
    op.drop_constraint(f"pk_{TABLE}", TABLE, type_="primary")
    op.drop_column(TABLE, "reason")
    op.drop_column(TABLE, "number")
    op.create_primary_key(f"pk_{TABLE}", TABLE, ["group_id", "agreement_id"])

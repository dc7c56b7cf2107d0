"""Groups that are suspended: whoever acts for one is refused by the next statement, in the database."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import GROUP, let

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    reasons = ("at_request", "not_paid", "security", "closing")
    kind = sa.Enum(*reasons, name="suspensionreason", native_enum=False, create_constraint=True, length=40)
    op.add_column("groups", sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("groups", sa.Column("suspended_for", kind, nullable=True))
    op.add_column("groups", sa.Column("erasing_at", sa.DateTime(timezone=True), nullable=True))
    # Refused and not hidden: a transaction that suddenly saw nothing would commit the half that it had done before.
    op.execute("""
        CREATE FUNCTION refuse_suspended() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
        BEGIN
            RAISE EXCEPTION 'the group is suspended' USING ERRCODE = 'SL001';
        END $$
    """)
    op.execute("REVOKE ALL ON FUNCTION refuse_suspended() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION refuse_suspended() TO seloste_app, seloste_portal, seloste_door")
    let("door", "SELECT", "groups", GROUP)


def downgrade() -> None:
    op.execute("DROP FUNCTION refuse_suspended() CASCADE")
    op.execute("DROP POLICY groups_door_select ON groups")
    op.execute("REVOKE SELECT ON groups FROM seloste_door")
    op.drop_column("groups", "erasing_at")
    op.drop_column("groups", "suspended_for")
    op.drop_column("groups", "suspended_at")

"""Which claims give which roles no member says: they could give themselves what a claim of theirs says."""

from alembic import op

from tenants.migrations.walls import actor_is, also

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    also("app", "INSERT, DELETE", "claim_rules", f"NOT {actor_is('member')}")


def downgrade() -> None:
    for command in ("insert", "delete"):
        op.execute(f"DROP POLICY claim_rules_app_{command}_also ON claim_rules")

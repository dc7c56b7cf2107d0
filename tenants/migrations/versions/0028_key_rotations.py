"""Keys made anew while everything runs: when a version begins to write, how far a rotation is, and who may do it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import GROUP, actor_is, let, wall

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    now = sa.text("now()")
    op.add_column(
        "group_keys", sa.Column("writes_from", sa.DateTime(timezone=True), server_default=now, nullable=False)
    )
    op.create_table(
        "key_rotations",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cursor", postgresql.JSONB(), nullable=True),
        sa.Column("values_sealed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("people_digested", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f("fk_key_rotations_group_id")),
        sa.PrimaryKeyConstraint("group_id", "key_version", name=op.f("pk_key_rotations")),
    )
    op.create_index(
        "uq_key_rotations_open",
        "key_rotations",
        ["group_id"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    by_system = f"{GROUP} AND {actor_is('system')}"
    wall("key_rotations")
    let("app", "SELECT, INSERT, UPDATE", "key_rotations", by_system)
    let("app", "DELETE", "group_keys", by_system)
    let("app", "UPDATE", "given_answers", by_system, columns="sealed_answer")
    op.execute("GRANT UPDATE (sealed_reason, sealed_moved, sealed_undo_reason) ON person_changes TO seloste_app")
    for role, use in (("app", "archive"), ("sealer", "audit")):
        let(role, "UPDATE", "signing_keys", f"{GROUP} AND use = '{use}'", columns="retired_at")
        let(role, "UPDATE", "signing_secrets", f"{GROUP} AND use = '{use}'", columns="wrapped_private")
        let(role, "DELETE", "signing_secrets", f"{GROUP} AND use = '{use}'")


def downgrade() -> None:
    op.drop_table("key_rotations")
    op.drop_column("group_keys", "writes_from")

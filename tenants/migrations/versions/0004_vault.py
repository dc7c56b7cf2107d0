"""Keys, wrapped."""

import sqlalchemy as sa
from alembic import op

from tenants.migrations.walls import GROUP, let, wall

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    create_tables()
    raise_walls()


def create_tables() -> None:
    op.create_table(
        "group_keys",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f("fk_group_keys_group_id")),
        sa.PrimaryKeyConstraint("group_id", "key_version", name=op.f("pk_group_keys")),
    )
    op.create_table(
        "signing_keys",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f("fk_signing_keys_group_id")),
        sa.PrimaryKeyConstraint("group_id", "key_id", name=op.f("pk_signing_keys")),
    )
    op.create_index(op.f("ix_signing_keys_group_id_use"), "signing_keys", ["group_id", "use"], unique=False)
    op.create_table(
        "signing_secrets",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("wrapped_private", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "key_id"],
            ["signing_keys.group_id", "signing_keys.key_id"],
            name=op.f("fk_signing_secrets_group_id_key_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "key_id", name=op.f("pk_signing_secrets")),
    )


def raise_walls() -> None:
    wall("group_keys")
    let("app", "SELECT, INSERT, UPDATE", "group_keys", GROUP)
    let("portal", "SELECT", "group_keys", GROUP)
    wall("signing_keys")
    wall("signing_secrets")
    for role, use in (("app", "archive"), ("sealer", "audit")):
        let(role, "SELECT", "signing_keys", GROUP)
        let(role, "INSERT", "signing_keys", f"{GROUP} AND use = '{use}'")
        let(role, "SELECT, INSERT", "signing_secrets", f"{GROUP} AND use = '{use}'")
    let("portal", "SELECT", "signing_keys", GROUP)
    let("auditor", "SELECT", "signing_keys", GROUP)


def downgrade() -> None:
    for table in (
        "signing_secrets",
        "signing_keys",
        "group_keys",
    ):
        op.drop_table(table)

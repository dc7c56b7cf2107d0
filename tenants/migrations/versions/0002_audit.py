"""The audit trail, its seals and checkpoints."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import (
    COMPANY_OR_GROUP,
    GROUP,
    actor_is,
    let,
    setting,
    wall,
)

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    create_tables()
    raise_walls()


def create_tables() -> None:
    op.create_table(
        "audit_checkpoints",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("chain_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f("fk_audit_checkpoints_group_id")),
        sa.PrimaryKeyConstraint("group_id", "chain_id", "position", name=op.f("pk_audit_checkpoints")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "actor",
            sa.Enum(
                "visitor",
                "subject",
                "member",
                "client",
                "system",
                name="actor",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("about_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.Column("sealed", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f("fk_audit_entries_group_id")),
        sa.PrimaryKeyConstraint("group_id", "entry_id", name=op.f("pk_audit_entries")),
    )
    op.create_index(
        op.f("ix_audit_entries_group_id_company_id_entry_id"),
        "audit_entries",
        ["group_id", "company_id", "entry_id"],
        unique=False,
    )
    op.create_index(
        "ix_audit_entries_unsealed",
        "audit_entries",
        ["group_id", "entry_id"],
        unique=False,
        postgresql_where=sa.text("NOT sealed"),
    )
    op.create_table(
        "audit_seals",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("chain_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "entry_id"],
            ["audit_entries.group_id", "audit_entries.entry_id"],
            name=op.f("fk_audit_seals_group_id_entry_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "chain_id", "position", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("group_id", "entry_id", "chain_id", name=op.f("uq_audit_seals_group_id_entry_id_chain_id")),
    )


def raise_walls() -> None:
    wall("audit_entries")
    as_oneself = f"actor = {setting('actor', 'text')} AND actor_id IS NOT DISTINCT FROM {setting('actor_id')}"
    # Only the system without a company writes on behalf of companies that it does not act for.
    for_own_company = (
        f"(company_id IS NOT DISTINCT FROM {setting('company_id')}"
        f" OR ({actor_is('system')} AND {setting('company_id')} IS NULL))"
    )
    let("app", "SELECT", "audit_entries", COMPANY_OR_GROUP)
    let("app", "INSERT", "audit_entries", f"{GROUP} AND {as_oneself} AND {for_own_company} AND NOT sealed")
    let("portal", "INSERT", "audit_entries", f"{GROUP} AND {as_oneself} AND NOT sealed")
    let("sealer", "SELECT", "audit_entries", GROUP)
    let("sealer", "UPDATE", "audit_entries", GROUP, columns="sealed")
    let("auditor", "SELECT", "audit_entries", COMPANY_OR_GROUP)
    own_chain = f"{GROUP} AND chain_id = COALESCE({setting('company_id')}, {setting('group_id')})"
    for table in ("audit_seals", "audit_checkpoints"):
        wall(table)
        let("app", "SELECT", table, own_chain)
        let("sealer", "SELECT, INSERT", table, GROUP)
        let("auditor", "SELECT", table, own_chain)


def downgrade() -> None:
    for table in (
        "audit_seals",
        "audit_entries",
        "audit_checkpoints",
    ):
        op.drop_table(table)

"""Archives, their tokens and receipts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import COMPANY, OWN_REQUEST, let, wall

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    create_tables()
    raise_walls()


def create_tables() -> None:
    op.create_table(
        "exports",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("rights", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "ready",
                "expired",
                "cancelled",
                name="exportstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("object_key", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "person_id"],
            ["persons.group_id", "persons.company_id", "persons.person_id"],
            name=op.f("fk_exports_group_id_company_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "export_id", name=op.f("pk_exports")),
        sa.UniqueConstraint("group_id", "company_id", "case_id", name=op.f("uq_exports_group_id_company_id_case_id")),
    )
    op.create_index(
        op.f("ix_exports_group_id_company_id_expires_at"),
        "exports",
        ["group_id", "company_id", "expires_at"],
        unique=False,
    )
    op.create_index(op.f("ix_exports_group_id_request_id"), "exports", ["group_id", "request_id"], unique=False)
    op.create_table(
        "download_tokens",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "export_id"],
            ["exports.group_id", "exports.company_id", "exports.export_id"],
            name=op.f("fk_download_tokens_group_id_company_id_export_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "digest", name=op.f("pk_download_tokens")),
    )
    op.create_index(
        op.f("ix_download_tokens_group_id_company_id_export_id"),
        "download_tokens",
        ["group_id", "company_id", "export_id"],
        unique=False,
    )
    op.create_table(
        "downloads",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("download_id", sa.Uuid(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id", "company_id", "export_id"],
            ["exports.group_id", "exports.company_id", "exports.export_id"],
            name=op.f("fk_downloads_group_id_company_id_export_id"),
        ),
        sa.PrimaryKeyConstraint("group_id", "company_id", "download_id", name=op.f("pk_downloads")),
    )
    op.create_index(
        op.f("ix_downloads_group_id_company_id_export_id"),
        "downloads",
        ["group_id", "company_id", "export_id"],
        unique=False,
    )


def raise_walls() -> None:
    wall("exports")
    let("app", "SELECT, INSERT, UPDATE", "exports", COMPANY)
    let("portal", "SELECT", "exports", OWN_REQUEST)
    wall("download_tokens")
    let("app", "SELECT, DELETE", "download_tokens", COMPANY)
    let("portal", "SELECT, INSERT, UPDATE", "download_tokens", OWN_REQUEST)
    wall("downloads")
    let("app", "SELECT", "downloads", COMPANY)
    let("portal", "SELECT, INSERT, UPDATE", "downloads", OWN_REQUEST)


def downgrade() -> None:
    for table in (
        "downloads",
        "download_tokens",
        "exports",
    ):
        op.drop_table(table)

"""The queue's rows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.migrations.walls import GROUP, actor_is, let, setting, wall

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    create_tables()
    raise_walls()


def create_tables() -> None:
    op.create_table(
        "queued_jobs",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "queue",
            sa.Enum(
                "default",
                "bulk",
                "outbound",
                "documents",
                name="queue",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("arguments", postgresql.JSONB(), nullable=False),
        sa.Column("once", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["groups.group_id"], name=op.f("fk_queued_jobs_group_id")),
        sa.PrimaryKeyConstraint("group_id", "job_id", name=op.f("pk_queued_jobs")),
    )
    op.create_index(
        "uq_queued_jobs_once",
        "queued_jobs",
        ["group_id", "name", "once"],
        unique=True,
        postgresql_where=sa.text("once IS NOT NULL"),
    )
    op.create_index(
        "ix_queued_jobs_done",
        "queued_jobs",
        ["group_id", "done_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NOT NULL"),
    )
    op.create_index(
        "ix_queued_jobs_failed",
        "queued_jobs",
        ["group_id", "failed_at"],
        unique=False,
        postgresql_where=sa.text("failed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_queued_jobs_sent",
        "queued_jobs",
        ["queue", "group_id", "sent_at"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NOT NULL AND done_at IS NULL AND failed_at IS NULL"),
    )
    op.create_index(
        "ix_queued_jobs_waiting",
        "queued_jobs",
        ["queue", "group_id", "due_at", "job_id"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL AND done_at IS NULL AND failed_at IS NULL"),
    )
    # Whatever was sent or done leaves a dead entry at the head of an index that the relay reads from its head: they
    # must go while they are few, however many finished jobs are kept.
    op.execute("""
        ALTER TABLE queued_jobs SET (
            autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_scale_factor = 0.01, vacuum_index_cleanup = on)
    """)


def raise_walls() -> None:
    wall("queued_jobs")
    # The system without a company hands work to companies; a member never does.
    any_company = f"({actor_is('system')} AND {setting('company_id')} IS NULL)"
    own = f"{GROUP} AND (company_id = {setting('company_id')} OR company_id IS NULL OR {any_company})"
    let("app", "SELECT, INSERT, UPDATE, DELETE", "queued_jobs", own)
    let("portal", "INSERT", "queued_jobs", f"{GROUP} AND company_id IS NULL")
    let("relay", "SELECT", "queued_jobs", "true")  # the queue of all groups, so that it can be fair between them
    let("relay", "UPDATE", "queued_jobs", "true", columns="sent_at")


def downgrade() -> None:
    for table in ("queued_jobs",):
        op.drop_table(table)

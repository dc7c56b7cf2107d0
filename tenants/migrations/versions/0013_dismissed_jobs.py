"""Failed jobs that somebody has dismissed."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

REASONS = ("done_otherwise", "not_needed", "cannot_be_done")


def upgrade() -> None:
    op.add_column("queued_jobs", sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("queued_jobs", sa.Column("dismissed_for", sa.String(40), nullable=True))
    op.create_check_constraint(
        op.f("ck_queued_jobs_dismissalreason"), "queued_jobs", sa.column("dismissed_for").in_(REASONS)
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_queued_jobs_dismissalreason"), "queued_jobs")
    op.drop_column("queued_jobs", "dismissed_for")
    op.drop_column("queued_jobs", "dismissed_at")

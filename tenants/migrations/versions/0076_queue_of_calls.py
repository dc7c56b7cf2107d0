"""What calls servers of strangers has a queue of its own: letters do not wait for whoever answers slowly."""

from alembic import op

revision = "0076"
down_revision = "0075"

CONSTRAINT = "ck_queued_jobs_queue"
FORMER = ("default", "bulk", "outbound", "documents")


def upgrade() -> None:
    say(*FORMER, "calls")


def downgrade() -> None:
    op.execute("UPDATE queued_jobs SET queue = 'outbound' WHERE queue = 'calls'")
    say(*FORMER)


def say(*queues: str) -> None:
    op.drop_constraint(op.f(CONSTRAINT), "queued_jobs")
    said = ", ".join(f"'{one}'" for one in queues)
    op.create_check_constraint(op.f(CONSTRAINT), "queued_jobs", f"queue IN ({said})")

"""The relay's side of the queue: what is sent next, and what must be sent again. For sessions of `acting.relay()`."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, text, update
from sqlalchemy.orm import Session

from tenants.jobs.model import Queue, QueuedJob

# Any number will do, as long as nobody else takes it.
_ONE_RELAY_AT_A_TIME = 5_317_350_461

# A lane is what one group has in one queue. The lanes with waiting jobs are found by skipping through their index from
# the first job of one to the first of the next, so that neither finished jobs nor the length of a lane cost anything.
# From each lane come the first jobs due, as many as may be in flight together, and one more, which tells that something
# is left behind. The UPDATE asks once more that nothing was sent or settled meanwhile, in words that match no index but
# the primary key: with those of the partial index the planner, whose statistics of a queue are always old, may read all
# that waits once for every job it claims.
_CLAIM = text("""
    WITH RECURSIVE lanes AS (
        (SELECT queue, group_id, due_at, job_id FROM queued_jobs
          WHERE sent_at IS NULL AND done_at IS NULL AND failed_at IS NULL
          ORDER BY queue, group_id, due_at, job_id LIMIT 1)
        UNION ALL
        SELECT following.queue, following.group_id, following.due_at, following.job_id
          FROM lanes CROSS JOIN LATERAL (
            SELECT queue, group_id, due_at, job_id FROM queued_jobs AS job
             WHERE sent_at IS NULL AND done_at IS NULL AND failed_at IS NULL
               AND (job.queue, job.group_id) > (lanes.queue, lanes.group_id)
             ORDER BY queue, group_id, due_at, job_id LIMIT 1) AS following
    ),
    due AS (
        SELECT first.group_id, first.job_id, first.place, room.free
          FROM lanes
          JOIN unnest(CAST(:queues AS text[]), CAST(:most AS int[])) AS allowed (queue, most)
            ON allowed.queue = lanes.queue AND lanes.due_at <= now()
         CROSS JOIN LATERAL (
            SELECT greatest(allowed.most - count(*), 0) AS free
              FROM (SELECT 1 FROM queued_jobs
                     WHERE sent_at IS NOT NULL AND done_at IS NULL AND failed_at IS NULL
                       AND queue = lanes.queue AND group_id = lanes.group_id
                     LIMIT allowed.most) AS in_flight) AS room
         CROSS JOIN LATERAL (
            SELECT group_id, job_id, row_number() OVER (ORDER BY due_at, job_id) AS place
              FROM queued_jobs
             WHERE sent_at IS NULL AND done_at IS NULL AND failed_at IS NULL
               AND queue = lanes.queue AND group_id = lanes.group_id
               AND due_at <= now() AND (due_at, job_id) >= (lanes.due_at, lanes.job_id)
             ORDER BY due_at, job_id LIMIT room.free + 1) AS first
    ),
    claimed AS (
        UPDATE queued_jobs AS job SET sent_at = now() FROM due
         WHERE job.group_id = due.group_id AND job.job_id = due.job_id AND due.place <= due.free
           AND coalesce(job.sent_at, job.done_at, job.failed_at) IS NULL
        RETURNING job.queue, job.group_id, job.job_id, due.place
    )
    SELECT queue, group_id, job_id, place FROM claimed
    UNION ALL
    (SELECT NULL, NULL, NULL, NULL FROM due WHERE place > free LIMIT 1)
    ORDER BY place, group_id
""")


class ClaimedJob(Struct, frozen=True):
    queue: Queue
    group_id: UUID
    job_id: UUID


class Claim(Struct, frozen=True):
    """What to send, in this order; `left_behind` if more is due than may be in flight."""

    jobs: list[ClaimedJob]
    left_behind: bool


def claim_due(session: Session, in_flight: Mapping[Queue, int]) -> Claim:
    """Marks due jobs as sent: first in, first out within a group, one from each group in turn.

    `in_flight` says how many unsettled jobs of one group may be out in each queue. Nothing is claimed while another
    relay is at it.
    """
    if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _ONE_RELAY_AT_A_TIME}):
        return Claim([], left_behind=False)
    found = session.execute(_CLAIM, {"queues": list(in_flight), "most": list(in_flight.values())}).all()
    jobs = [ClaimedJob(Queue(row.queue), row.group_id, row.job_id) for row in found if row.job_id is not None]
    return Claim(jobs, left_behind=len(jobs) < len(found))


def send_again(session: Session, *, sent_before: timedelta = timedelta(0)) -> int:
    """Forgets that unsettled jobs were sent, those sent so long ago; says how many."""
    unsettled = QueuedJob.done_at.is_(None), QueuedJob.failed_at.is_(None)
    lost = (
        update(QueuedJob)
        .where(QueuedJob.sent_at <= func.now() - sent_before, *unsettled)
        .values(sent_at=None)
        .returning(QueuedJob.job_id)
    )
    return len(session.scalars(lost).all())

"""The life of a job as its row: queued in the transaction that wants it, settled in the one that does it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import EllipsisType
from typing import ClassVar, cast
from uuid import UUID

import msgspec
from psycopg.errors import LockNotAvailable
from sqlalchemy import ColumnElement, CursorResult, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tenants.base import new_id
from tenants.database import acting_of
from tenants.errors import NotFound
from tenants.jobs.hints import hint
from tenants.jobs.model import Job, QueuedJob

# What time can mend is tried again after these; then it has failed, and somebody must look.
PATIENCE = (
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
KEPT_WHEN_DONE = timedelta(days=30)
PRUNED_AT_ONCE = 5_000


class NoSuchFailedJob(NotFound):
    """There is no such failed job here."""


class Busy(Exception):
    """Somebody else holds this job's row for longer than one waits: a twin of the message is at work."""


class PruneQueue(Job, frozen=True):
    """Forget what was done long ago."""

    name: ClassVar[str] = "jobs.prune"


def enqueue(
    session: Session,
    job: Job,
    *,
    due_at: datetime | None = None,
    company_id: UUID | EllipsisType | None = ...,
    once: str | None = None,
) -> UUID | None:
    """Queues a job in the session's transaction: rolled back with it, sent when it has committed.

    The job acts for the company that the session acts for, unless another is named; that only the system may do while
    it acts for none. `once` is a key under which the group gets this kind of job a single time: None is returned where
    it is there already.
    """
    acting, job_id = acting_of(session), new_id()
    values: dict[str, object] = {
        "group_id": acting.group_id,
        "job_id": job_id,
        "company_id": acting.company_id if company_id is ... else company_id,
        "name": job.name,
        "queue": job.queue,
        "arguments": msgspec.to_builtins(job),
        "once": once,
    }
    if due_at is not None:
        values["due_at"] = due_at
    statement = insert(QueuedJob).values(values)
    # Without naming the constraint: the portal may insert but not read, and naming it would read.
    result = session.execute(statement.on_conflict_do_nothing() if once else statement)
    hint(session)
    return job_id if cast("CursorResult[tuple[()]]", result).rowcount else None


def take(session: Session, job_id: UUID) -> QueuedJob | None:
    """The job, its row locked until the transaction ends; None if it is settled, not yet due, or not of this group.

    Waits for whoever holds the row. Skipping locked rows would lose jobs: a message may arrive while the relay that
    sent it has not committed yet.
    """
    wanted = select(QueuedJob).where(QueuedJob.job_id == job_id, *_unsettled(), QueuedJob.due_at <= func.now())
    try:
        return session.scalar(wanted.with_for_update())
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise Busy from None
        raise


def done(row: QueuedJob) -> None:
    row.done_at = func.now()


def count_attempt(row: QueuedJob) -> bool:
    """False when patience has ended with the attempts before this one."""
    row.attempts += 1
    return row.attempts <= len(PATIENCE) + 1


def try_later(row: QueuedJob, failure: str) -> None:
    """The row is the retry: it becomes due again, until patience ends."""
    if row.attempts > len(PATIENCE):
        fail(row, failure)
        return
    row.failure = failure
    row.due_at = func.now() + PATIENCE[row.attempts - 1]
    row.sent_at = None


def fail(row: QueuedJob, failure: str) -> None:
    """`failure` is a code, the name of a class of exception: never a message, which may quote data."""
    row.failure = failure
    row.failed_at = func.now()


def list_failed(session: Session, *, limit: int = 100) -> Sequence[QueuedJob]:
    """The newest first."""
    failed = select(QueuedJob).where(QueuedJob.failed_at.is_not(None))
    return session.scalars(failed.order_by(QueuedJob.failed_at.desc(), QueuedJob.job_id).limit(limit)).all()


def replay(session: Session, job_id: UUID) -> None:
    """A failed job is due again, with all its patience. Raises NoSuchFailedJob."""
    again = (
        update(QueuedJob)
        .where(QueuedJob.job_id == job_id, QueuedJob.failed_at.is_not(None))
        .values(failed_at=None, failure=None, attempts=0, due_at=func.now(), sent_at=None)
        .returning(QueuedJob.job_id)
    )
    if session.scalar(again) is None:
        raise NoSuchFailedJob
    hint(session)


def prune(session: Session, *, older_than: timedelta = KEPT_WHEN_DONE, limit: int = PRUNED_AT_ONCE) -> int:
    """Deletes jobs done long ago, at most `limit`; says how many."""
    old = select(QueuedJob.job_id).where(QueuedJob.done_at < func.now() - older_than).limit(limit)
    gone = delete(QueuedJob).where(QueuedJob.job_id.in_(old)).returning(QueuedJob.job_id)
    return len(session.scalars(gone).all())


def _unsettled() -> tuple[ColumnElement[bool], ...]:
    return QueuedJob.done_at.is_(None), QueuedJob.failed_at.is_(None)

"""The way in: a job is a row in the transaction that wants it. And what a person may ask of the queue."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import EllipsisType
from typing import ClassVar, cast
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Select, Table, delete, extract, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants import together
from tenants.acting import Actor
from tenants.base import new_id
from tenants.database import acting_of
from tenants.errors import NotFound
from tenants.jobs.hints import hint
from tenants.jobs.model import DismissalReason, Job, Queue, QueuedJob

_JOBS = cast("Table", QueuedJob.__table__)
_INSERT_ONCE = insert(_JOBS).on_conflict_do_nothing().execution_options(preserve_rowcount=True)

KEPT_WHEN_DONE = timedelta(days=7)
PRUNED_AT_ONCE = 5_000


class NoSuchFailedJob(NotFound):
    """There is no such failed job here."""


class Waiting(Struct, frozen=True):
    """What of one queue is due and not done; `oldest_seconds` is how long the first of it has been."""

    queue: Queue
    jobs: int = 0
    oldest_seconds: float = 0


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
    queue: Queue | None = None,
) -> UUID | None:
    """Queues a job in the session's transaction: rolled back with it, sent when it has committed.

    The job acts for the company that the session acts for, unless another is named; that only the system may do while
    it acts for none. `once` is a key under which the group gets this kind of job a single time: None is returned where
    it is there already. `queue` is another than its kind's, for a job that takes long.
    """
    acting, job_id = acting_of(session), new_id()
    row = QueuedJob(
        group_id=acting.group_id,
        job_id=job_id,
        company_id=acting.company_id if company_id is ... else company_id,
        name=job.name,
        queue=queue or job.queue,
        arguments=msgspec.to_builtins(job),
    )
    if due_at is not None:
        row.due_at = due_at
    hint(session)
    if once is not None:
        return job_id if _is_first(session, row, once) else None
    together.add(session, row)
    return job_id


def _is_first(session: Session, row: QueuedJob, once: str) -> bool:
    values = {column.name: getattr(row, column.name) for column in _JOBS.columns if column.name in row.__dict__}
    # Without naming the constraint: the portal may insert but not read, and naming it would read.
    return bool(session.connection().execute(_INSERT_ONCE, values | {"once": once}).rowcount)


def is_waiting(session: Session, kind: type[Job], *, once: str) -> bool:
    """Whether a job of this kind was queued under this key and is not done, nor dismissed. For the system."""
    undone = QueuedJob.done_at.is_(None), QueuedJob.dismissed_at.is_(None)
    wanted = select(QueuedJob.job_id).where(QueuedJob.name == kind.name, QueuedJob.once == once, *undone)
    return session.scalar(wanted) is not None


def list_failed(session: Session, *, limit: int = 100) -> Sequence[QueuedJob]:
    """The newest first."""
    failed = select(QueuedJob).where(*_failed(session))
    return session.scalars(failed.order_by(QueuedJob.failed_at.desc(), QueuedJob.job_id).limit(limit)).all()


def counted_failed(session: Session) -> Select[int]:
    return select(func.count()).where(*_failed(session))


def replay(session: Session, job_id: UUID) -> None:
    """A failed job is due again, with all its patience. Raises NoSuchFailedJob."""
    again = (
        update(QueuedJob)
        .where(QueuedJob.job_id == job_id, *_failed(session))
        .values(failed_at=None, failure=None, attempts=0, due_at=func.now(), sent_at=None)
        .returning(QueuedJob.job_id)
    )
    if session.scalar(again) is None:
        raise NoSuchFailedJob
    hint(session)


def dismiss(session: Session, job_id: UUID, reason: DismissalReason) -> None:
    """A failed job is nobody's business any more, and is forgotten as done ones are. Raises NoSuchFailedJob."""
    dismissed = (
        update(QueuedJob)
        .where(QueuedJob.job_id == job_id, *_failed(session))
        .values(dismissed_at=func.now(), dismissed_for=reason)
        .returning(QueuedJob.job_id)
    )
    if session.scalar(dismissed) is None:
        raise NoSuchFailedJob


def waiting(session: Session) -> Sequence[Waiting]:
    """The queues that hold anything due, of what the session answers for."""
    due = (
        select(QueuedJob.queue, func.count(), extract("epoch", func.now() - func.min(QueuedJob.due_at)))
        .where(*_unsettled(), QueuedJob.due_at <= func.now(), *_answered_for(session))
        .group_by(QueuedJob.queue)
    )
    found = {queue: Waiting(queue, count, float(seconds)) for queue, count, seconds in session.execute(due)}
    return [found.get(queue, Waiting(queue)) for queue in Queue]


def prune(session: Session, *, older_than: timedelta = KEPT_WHEN_DONE, limit: int = PRUNED_AT_ONCE) -> int:
    """Deletes jobs done, or dismissed, long ago, at most `limit`; says how many."""
    before = func.now() - older_than
    done = select(QueuedJob.job_id).where(QueuedJob.done_at < before).limit(limit)
    # The first condition says nothing more: it is what makes the few that failed be found by their own index.
    dismissed = select(QueuedJob.job_id).where(QueuedJob.failed_at.is_not(None), QueuedJob.dismissed_at < before)
    old = done.union_all(dismissed).limit(limit)
    gone = delete(QueuedJob).where(QueuedJob.job_id.in_(old)).returning(QueuedJob.job_id)
    return len(session.scalars(gone).all())


def _failed(session: Session) -> tuple[ColumnElement[bool], ...]:
    return QueuedJob.failed_at.is_not(None), QueuedJob.dismissed_at.is_(None), *_answered_for(session)


def _answered_for(session: Session) -> tuple[ColumnElement[bool], ...]:
    """A member answers for the work of the company acted for, or of the group; the system for all of it."""
    acting = acting_of(session)
    if acting.actor is not Actor.MEMBER:
        return ()
    if acting.company_id is None:
        return (QueuedJob.company_id.is_(None),)
    return (QueuedJob.company_id == acting.company_id,)


def _unsettled() -> tuple[ColumnElement[bool], ...]:
    return QueuedJob.done_at.is_(None), QueuedJob.failed_at.is_(None)

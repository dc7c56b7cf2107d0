"""The worker's side of the queue: a job is taken, and settled in the transaction that does it."""

from datetime import timedelta
from typing import cast
from uuid import UUID

from msgspec import Struct
from psycopg.errors import LockNotAvailable
from sqlalchemy import BigInteger, Table, bindparam, func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tenants.jobs.model import QueuedJob

# What time can mend is tried again after these; then it has failed, and somebody must look.
PATIENCE = (
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)


class Busy(Exception):
    """Somebody else holds this job's row for longer than one waits: a twin of the message is at work."""


class TakenJob(Struct, frozen=True):
    """What the row of a locked, unsettled job says."""

    group_id: UUID
    job_id: UUID
    company_id: UUID | None
    name: str
    arguments: dict[str, object]
    attempts: int


# Statements on the table, made once: every job pays for them, and through the mapped class they cost twice the time.
_JOBS = cast("Table", QueuedJob.__table__)
_THIS = _JOBS.c.job_id == bindparam("this")
_TAKE = (
    select(*(_JOBS.c[name] for name in TakenJob.__struct_fields__))
    .where(_THIS, _JOBS.c.done_at.is_(None), _JOBS.c.failed_at.is_(None), _JOBS.c.due_at <= func.now())
    .with_for_update()
)
_DONE = update(_JOBS).where(_THIS).values(done_at=func.now())
# The lock that outlives transactions comes with what they write anyway: it belongs to the connection, and goes with it.
_LOCK = bindparam("lock", type_=BigInteger)
_BEGIN_OUTSIDE = (
    update(_JOBS).where(_THIS).values(attempts=_JOBS.c.attempts + 1).returning(func.pg_try_advisory_lock(_LOCK))
)
_END_OUTSIDE = (
    update(_JOBS)
    .where(_THIS)
    .values(done_at=func.coalesce(_JOBS.c.done_at, func.now()))
    .returning(func.pg_advisory_unlock(_LOCK))
)


def take(session: Session, job_id: UUID) -> TakenJob | None:
    """The job, its row locked until the transaction ends; None if it is settled, not yet due, or not of this group.

    Waits for whoever holds the row. Skipping locked rows would lose jobs: a message may arrive while the relay that
    sent it has not committed yet. Raises Busy.
    """
    try:
        found = session.connection().execute(_TAKE, {"this": job_id}).one_or_none()
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise Busy from None
        raise
    return None if found is None else TakenJob(*found)


def done(session: Session, job: TakenJob) -> None:
    session.connection().execute(_DONE, {"this": job.job_id})


def begin_outside(session: Session, job: TakenJob) -> bool:
    """Writes an attempt down before it starts, and locks the job until `end_outside` or the end of the connection.

    False if patience had ended before. Raises Busy where another connection holds the lock.
    """
    if not session.connection().execute(_BEGIN_OUTSIDE, {"this": job.job_id, "lock": _lock_of(job)}).scalar_one():
        raise Busy
    return job.attempts <= len(PATIENCE)


def end_outside(session: Session, job: TakenJob) -> None:
    session.connection().execute(_END_OUTSIDE, {"this": job.job_id, "lock": _lock_of(job)})


def _lock_of(job: TakenJob) -> int:
    return int.from_bytes(job.job_id.bytes[8:], signed=True)


def try_later(session: Session, job: TakenJob, failure: str, *, attempts: int) -> None:
    """The row is the retry: after so many attempts it becomes due again, until patience ends."""
    if attempts > len(PATIENCE):
        fail(session, job, failure, attempts=attempts)
    else:
        later = func.now() + PATIENCE[attempts - 1]
        _write(session, job, attempts=attempts, failure=failure, due_at=later, sent_at=None)


def fail(session: Session, job: TakenJob, failure: str, *, attempts: int) -> None:
    """`failure` is a code, the name of a class of exception: never a message, which may quote data."""
    _write(session, job, attempts=attempts, failure=failure, failed_at=func.now())


def _write(session: Session, job: TakenJob, **values: object) -> None:
    session.connection().execute(update(_JOBS).where(_THIS).values(values), {"this": job.job_id})

"""The worker's side of the queue: a job is taken, and settled in the transaction that does it."""

from datetime import timedelta
from typing import LiteralString
from uuid import UUID

from msgspec import Struct
from psycopg.errors import LockNotAvailable
from sqlalchemy import func, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tenants.database import run
from tenants.jobs.model import QueuedJob

# What time can mend is tried again after these; then it has failed, and somebody must look.
PATIENCE = (
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)

# What found no room is tried again within these, give or take a half.
SOONEST_AGAIN, LATEST_AGAIN = timedelta(seconds=0.5), timedelta(minutes=1)

# Sent so long ago and not settled, a job has waited in a long queue, or takes down every process that tries it.
SUSPECT_AFTER = timedelta(minutes=2)


class Busy(Exception):
    """Somebody else holds this job's row for longer than one waits: a twin of the message is at work."""


class TakenJob(Struct, frozen=True):
    """What the row of a locked, unsettled job says; `long_sent` if its message went out `SUSPECT_AFTER` ago."""

    group_id: UUID
    job_id: UUID
    company_id: UUID | None
    name: str
    arguments: dict[str, object]
    attempts: int
    long_sent: bool


# As they go to the driver: every job pays for them, and through the mapped class they take several times as long.
_TAKE: LiteralString = """
    SELECT group_id, job_id, company_id, name, arguments, attempts, coalesce(sent_at < now() - %(suspect)s, false)
      FROM queued_jobs
     WHERE job_id = %(job_id)s AND done_at IS NULL AND failed_at IS NULL AND due_at <= now()
       FOR UPDATE
"""
_DONE: LiteralString = "UPDATE queued_jobs SET done_at = now() WHERE job_id = %(job_id)s"
# The lock that outlives transactions comes with what they write anyway: it belongs to the connection, and goes with it.
_BEGIN_OUTSIDE: LiteralString = """
    UPDATE queued_jobs SET attempts = attempts + 1 WHERE job_id = %(job_id)s RETURNING pg_try_advisory_lock(%(lock)s)
"""
# Whether another attempt, whose connection and lock were lost, put it off or gave it up meanwhile, matters no more.
_TAKE_BACK: LiteralString = """
    SELECT 1 FROM queued_jobs
     WHERE job_id = %(job_id)s AND done_at IS NULL AND dismissed_at IS NULL
       FOR UPDATE
"""
_END_OUTSIDE: LiteralString = """
    UPDATE queued_jobs SET done_at = now(), failed_at = NULL WHERE job_id = %(job_id)s
    RETURNING pg_advisory_unlock(%(lock)s)
"""
# As if it had not been begun: who finds no room has not failed. The longer it has waited the longer it waits on, and
# what came at once comes back spread.
_PUT_OFF: LiteralString = """
    UPDATE queued_jobs
       SET due_at = now() + (0.5 + random()) * GREATEST(%(soonest)s, LEAST(now() - created_at, %(latest)s)),
           sent_at = NULL, attempts = %(attempts)s
     WHERE job_id = %(job_id)s AND done_at IS NULL AND failed_at IS NULL
"""
_UNLOCK: LiteralString = "SELECT pg_advisory_unlock(%(lock)s)"


def take(session: Session, job_id: UUID) -> TakenJob | None:
    """The job, its row locked until the transaction ends; None if it is settled, not yet due, or not of this group.

    Waits for whoever holds the row. Skipping locked rows would lose jobs: a message may arrive while the relay that
    sent it has not committed yet. Raises Busy.
    """
    try:
        found = run(session, _TAKE, {"job_id": job_id, "suspect": SUSPECT_AFTER}).fetchone()
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise Busy from None
        raise
    return None if found is None else TakenJob(*found)


def done(session: Session, job: TakenJob) -> None:
    run(session, _DONE, {"job_id": job.job_id})


def begin_outside(session: Session, job: TakenJob) -> bool:
    """Writes an attempt down before it starts, and locks the job until `end_outside` or the end of the connection.

    False if patience had ended before. Raises Busy where another connection holds the lock.
    """
    locked = run(session, _BEGIN_OUTSIDE, {"job_id": job.job_id, "lock": _lock_of(job)}).fetchone()
    if locked != (True,):
        raise Busy
    return job.attempts <= len(PATIENCE)


def take_back(session: Session, job: TakenJob) -> bool:
    """For whoever holds the lock and has done the work. False if nothing more is to be done about it."""
    return run(session, _TAKE_BACK, {"job_id": job.job_id}).fetchone() is not None


def end_outside(session: Session, job: TakenJob) -> None:
    run(session, _END_OUTSIDE, {"job_id": job.job_id, "lock": _lock_of(job)})


def put_off(session: Session, job: TakenJob) -> None:
    """For whoever holds the lock and has not begun: it is due again in a while, and no attempt is counted."""
    given = {"job_id": job.job_id, "attempts": job.attempts, "soonest": SOONEST_AGAIN, "latest": LATEST_AGAIN}
    run(session, _PUT_OFF, given)
    unlock(session, job)


def unlock(session: Session, job: TakenJob) -> None:
    run(session, _UNLOCK, {"lock": _lock_of(job)})


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
    session.execute(update(QueuedJob).where(QueuedJob.job_id == job.job_id).values(values))

"""How a job is done. There are two kinds of actor, and only two; both are idempotent towards a second message.

The message is a hint: what to do, for whom and with which arguments is read from the row, inside the group's walls.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar
from uuid import UUID

import msgspec
import structlog
from dramatiq.middleware import Interrupt
from msgspec import Struct
from sqlalchemy.orm import Session

from services.logs import failure_code
from tenants.acting import DatabaseRole, system
from tenants.database import held_connection, narrow, walled_session
from tenants.errors import GroupSuspended, Invalid, Refusal
from tenants.jobs import settling
from tenants.jobs.model import Job
from tenants.jobs.settling import TakenJob

log = structlog.get_logger()

J = TypeVar("J", bound=Job)
Arguments = Mapping[str, object]
Finish = Callable[[Session], None]
Work = Callable[[], Finish | None]


class UnknownKind(Invalid):
    """No part of this version of Seloste does jobs of this kind."""


class UnreadableArguments(Invalid):
    """The arguments of this job are not those of its kind."""


class ComeBackLater(Exception):
    """What a work raises in place of beginning: nothing was done, and it is due again in a while."""


class WorkerLost(Exception):
    """The process that did this job died of it, or with it, again and again."""


class InDatabase(Struct, frozen=True):
    kind: type[Job]
    do: Callable[[Session, Arguments], None]


class Outside(Struct, frozen=True):
    kind: type[Job]
    prepare: Callable[[Session, Arguments], Work | None]


HANDLERS: dict[str, InDatabase | Outside] = {}


def handles(kind: type[J]) -> Callable[[Callable[[Session, J], None]], Callable[[Session, J], None]]:
    """A database job: one transaction, in which its effects and its end are written together.

    The session acts as the system for the row's company and the kind's purpose.
    """

    def register(do: Callable[[Session, J], None]) -> Callable[[Session, J], None]:
        _add(InDatabase(kind, lambda session, arguments: do(session, _read(kind, arguments))))
        return do

    return register


def handles_outside(
    kind: type[J],
) -> Callable[[Callable[[Session, J], Work | None]], Callable[[Session, J], Work | None]]:
    """A job that speaks to the network, with no transaction open while it does.

    What is registered reads what the job needs, in its first transaction, and returns the work; None if there is none.
    The work is done outside, and from its start if it fails, so whatever it does there bears a key that makes a second
    time harmless. What it returns is called in the job's last transaction, together with the job's end. Two messages
    never run it at the same time.
    """

    def register(prepare: Callable[[Session, J], Work | None]) -> Callable[[Session, J], Work | None]:
        _add(Outside(kind, lambda session, arguments: prepare(session, _read(kind, arguments))))
        return prepare

    return register


def run(group: str, job: str) -> None:
    """The body of every actor. Raises nothing: what became of the job stands in its row."""
    attempt = Attempt(UUID(group), UUID(job))
    try:
        attempt.make()
    except settling.Busy:
        log.info("job is held by another", job=job)
    except GroupSuspended:
        log.info("job waits until its group is resumed", job=job)
    except (Exception, Interrupt) as error:  # noqa: BLE001 (whatever it is, the row must say so)
        _note_failure(attempt, error)


class Attempt:
    """One attempt at one job. `counted` once its row tells of it, whatever becomes of this process."""

    def __init__(self, group_id: UUID, job_id: UUID) -> None:
        self.group_id, self.job_id = group_id, job_id
        self.counted = False

    def make(self) -> None:
        # One connection for both transactions of a job outside: the lock in between belongs to it.
        with held_connection(DatabaseRole.APP) as connection:
            with walled_session(system(self.group_id), connection) as session:
                job = settling.take(session, self.job_id)
                if job is None:
                    return
                handler = _handler_of(job)
                acting = system(self.group_id, company_id=job.company_id, purpose=handler.kind.purpose)
                narrow(session, acting)
                if isinstance(handler, InDatabase) and not job.long_sent:
                    handler.do(session, job.arguments)
                    settling.done(session, job)
                    return
                # Counted and committed before it starts: one that takes its process down with it gives up, too.
                if not settling.begin_outside(session, job):
                    raise WorkerLost
                prepare = handler.prepare if isinstance(handler, Outside) else _wholly_at_the_end(handler)
                work = prepare(session, job.arguments)
            self.counted = True
            finish = _done_outside(job, work)
            with walled_session(acting, connection) as session:
                finish(session)


def _done_outside(job: TakenJob, work: Work | None) -> Finish:
    """What is left to be written: what came of it, or that it comes back."""
    try:
        finish = work() if work else None
    except ComeBackLater:
        return partial(settling.put_off, job=job)
    return partial(_finish, job=job, finish=finish)


def _wholly_at_the_end(handler: InDatabase) -> Callable[[Session, Arguments], Work]:
    """A database job as one outside, with all that it does in its last transaction."""
    return lambda _, arguments: lambda: lambda session: handler.do(session, arguments)


def _finish(session: Session, job: TakenJob, finish: Finish | None) -> None:
    # Nobody else does it meanwhile, but whoever looks after the queue may have settled it.
    if not settling.take_back(session, job):
        settling.unlock(session, job)
        return
    if finish is not None:
        finish(session)
    settling.end_outside(session, job)


def _note_failure(attempt: Attempt, error: BaseException) -> None:
    """Only ids and the names of classes: messages quote data."""
    code = failure_code(error)
    try:
        with walled_session(system(attempt.group_id)) as session:
            job = settling.take(session, attempt.job_id)
            if job is None:
                return
            attempts = job.attempts if attempt.counted else job.attempts + 1
            give_up_or_not = settling.fail if isinstance(error, Refusal | WorkerLost) else settling.try_later
            give_up_or_not(session, job, code, attempts=attempts)
        log.warning("job failed", job=str(job.job_id), kind=job.name, attempt=attempts, exc_info=error)
    except Exception as second:
        log.error("job failed, and its row could not be told", job=str(attempt.job_id), failure=code, exc_info=second)


def _handler_of(job: TakenJob) -> InDatabase | Outside:
    try:
        return HANDLERS[job.name]
    except KeyError:
        raise UnknownKind from None


def _read(kind: type[J], arguments: Arguments) -> J:
    try:
        return msgspec.convert(arguments, kind)
    except msgspec.ValidationError:
        raise UnreadableArguments from None


def _add(handler: InDatabase | Outside) -> None:
    if handler.kind.name in HANDLERS:
        raise ValueError(f"Two actors handle {handler.kind.name}")
    HANDLERS[handler.kind.name] = handler

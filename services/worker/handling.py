"""How a job is done. There are two kinds of actor, and only two; both are idempotent towards a second message.

The message is a hint: what to do, for whom and with which arguments is read from the row, inside the group's walls.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TypeVar
from uuid import UUID

import msgspec
import structlog
from dramatiq.middleware import Interrupt
from msgspec import Struct
from sqlalchemy.orm import Session

from services.logs import failure_code
from tenants.acting import Acting, system
from tenants.database import narrow, walled_session
from tenants.errors import Invalid, Refusal
from tenants.jobs import settling
from tenants.jobs.model import Job
from tenants.jobs.one_at_a_time import alone
from tenants.jobs.settling import TakenJob

log = structlog.get_logger()

J = TypeVar("J", bound=Job)
Arguments = Mapping[str, object]
Finish = Callable[[Session], None]


class UnknownKind(Invalid):
    """No part of this version of Seloste does jobs of this kind."""


class UnreadableArguments(Invalid):
    """The arguments of this job are not those of its kind."""


class WorkerLost(Exception):
    """The process that did this job died of it, or with it, again and again."""


class InDatabase(Struct, frozen=True):
    kind: type[Job]
    do: Callable[[Session, Arguments], None]


class Outside(Struct, frozen=True):
    kind: type[Job]
    do: Callable[[Acting, Arguments], Finish | None]


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
) -> Callable[[Callable[[Acting, J], Finish | None]], Callable[[Acting, J], Finish | None]]:
    """A job that speaks to the network, with no transaction open while it does.

    It opens short transactions itself with the `Acting` it is given, and is done again from its start if it fails, so
    whatever it does outside bears a key that makes a second time harmless. What it returns is called in its last
    transaction, together with the job's end. Two messages never run it at the same time.
    """

    def register(do: Callable[[Acting, J], Finish | None]) -> Callable[[Acting, J], Finish | None]:
        _add(Outside(kind, lambda acting, arguments: do(acting, _read(kind, arguments))))
        return do

    return register


def run(group: str, job: str) -> None:
    """The body of every actor. Raises nothing: what became of the job stands in its row."""
    group_id, job_id = UUID(group), UUID(job)
    try:
        _attempt(group_id, job_id)
    except settling.Busy:
        log.info("job is held by another", job=job)
    except (Exception, Interrupt) as error:  # noqa: BLE001 (whatever it is, the row must say so)
        _note_failure(group_id, job_id, error)


def _attempt(group_id: UUID, job_id: UUID) -> None:
    with ExitStack() as until_done:
        with walled_session(system(group_id)) as session:
            job = settling.take(session, job_id)
            if job is None:
                return
            handler = _handler_of(job)
            acting = system(group_id, company_id=job.company_id, purpose=handler.kind.purpose)
            if isinstance(handler, InDatabase):
                narrow(session, acting)
                handler.do(session, job.arguments)
                settling.done(session, job)
                return
            if not until_done.enter_context(alone(job_id)):
                raise settling.Busy
            # Counted and committed before it starts: one that takes its process down with it gives up, too.
            if not settling.count_attempt(session, job):
                raise WorkerLost
        finish = handler.do(acting, job.arguments)
        with walled_session(acting) as session:
            _finish(session, job_id, finish)


def _finish(session: Session, job_id: UUID, finish: Finish | None) -> None:
    job = settling.take(session, job_id)
    if job is None:
        return
    if finish is not None:
        finish(session)
    settling.done(session, job)


def _note_failure(group_id: UUID, job_id: UUID, error: BaseException) -> None:
    """Only ids and the names of classes: messages quote data."""
    code = failure_code(error)
    try:
        with walled_session(system(group_id)) as session:
            job = settling.take(session, job_id)
            if job is None:
                return
            counted = isinstance(HANDLERS.get(job.name), Outside) and job.attempts > 0
            attempts = job.attempts if counted else job.attempts + 1
            give_up_or_not = settling.fail if isinstance(error, Refusal | WorkerLost) else settling.try_later
            give_up_or_not(session, job, code, attempts=attempts)
        log.warning("job failed", job=str(job_id), kind=job.name, attempt=attempts, exc_info=error)
    except Exception as second:
        log.error("job failed, and its row could not be told", job=str(job_id), failure=code, exc_info=second)


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

"""Kinds of job that only tests know. What they did is told by entries in the audit trail."""

from collections import Counter
from functools import partial
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.worker.handling import Finish, Work, handles, handles_outside
from tenants.acting import Acting, PurposeKind
from tenants.audit import trail
from tenants.audit.model import AuditEntry
from tenants.database import acting_of, walled_session
from tenants.errors import Conflict
from tenants.jobs.model import Job, Queue
from tests.make import MadeGroup
from tests.waiting import until

ATTEMPTS: Counter[UUID] = Counter()


class Remember(Job, frozen=True):
    name: ClassVar[str] = "test.remember"
    note: UUID


class RememberForCare(Job, frozen=True):
    name: ClassVar[str] = "test.remember_for_care"
    purpose: ClassVar[PurposeKind] = PurposeKind.CUSTOMER_CARE
    note: UUID


class FailTwice(Job, frozen=True):
    name: ClassVar[str] = "test.fail_twice"
    note: UUID


class FailAlways(Job, frozen=True):
    name: ClassVar[str] = "test.fail_always"
    note: UUID


class AskTooMuch(Job, frozen=True):
    name: ClassVar[str] = "test.ask_too_much"
    note: UUID


class WaitForSign(Job, frozen=True):
    """Says that it has begun, in a file, and ends when another file is there."""

    name: ClassVar[str] = "test.wait_for_sign"
    note: UUID
    folder: str


class WaitForSignOutside(Job, frozen=True):
    name: ClassVar[str] = "test.wait_for_sign_outside"
    queue: ClassVar[Queue] = Queue.OUTBOUND
    note: UUID
    folder: str


class LookAround(Job, frozen=True):
    """Tells how many transactions are open while an outside job runs."""

    name: ClassVar[str] = "test.look_around"
    purpose: ClassVar[PurposeKind] = PurposeKind.STORAGE
    note: UUID


class FailAtTheEnd(Job, frozen=True):
    name: ClassVar[str] = "test.fail_at_the_end"
    note: UUID


class NobodysJob(Job, frozen=True):
    """Of a kind that no actor handles."""

    name: ClassVar[str] = "test.nobodys"


class AlreadyAnswered(Conflict):
    pass


class Broken(Exception):
    pass


def times(group: MadeGroup, note: UUID) -> int:
    """How often the jobs with this note took effect."""
    with walled_session(group.system()) as session:
        entries = select(func.count()).where(AuditEntry.about == "test", AuditEntry.about_ids.contains([note]))
        return session.scalar(entries) or 0


def notes_in_order(group: MadeGroup) -> list[UUID]:
    with walled_session(group.system()) as session:
        entries = select(AuditEntry).where(AuditEntry.about == "test").order_by(AuditEntry.entry_id)
        return [entry.about_ids[0] for entry in session.scalars(entries)]


@handles(Remember)
def remember(session: Session, job: Remember) -> None:
    trail.record(session, "test.remembered", about="test", ids=[job.note])


@handles(RememberForCare)
def remember_for_care(session: Session, job: RememberForCare) -> None:
    trail.record(session, "test.remembered", about="test", ids=[job.note])


@handles(FailTwice)
def fail_twice(session: Session, job: FailTwice) -> None:
    trail.record(session, "test.remembered", about="test", ids=[job.note])
    session.flush()
    ATTEMPTS[job.note] += 1
    if ATTEMPTS[job.note] < 3:
        raise Broken("131052-900X")


@handles(FailAlways)
def fail_always(session: Session, job: FailAlways) -> None:
    trail.record(session, "test.remembered", about="test", ids=[job.note])
    session.flush()
    raise Broken("131052-900X")


@handles(AskTooMuch)
def ask_too_much(session: Session, job: AskTooMuch) -> None:
    raise AlreadyAnswered


@handles(WaitForSign)
def wait_for_sign(session: Session, job: WaitForSign) -> None:
    trail.record(session, "test.remembered", about="test", ids=[job.note])
    session.flush()
    _wait(Path(job.folder), job.note)


@handles_outside(WaitForSignOutside)
def wait_for_sign_outside(session: Session, job: WaitForSignOutside) -> Work:
    def work() -> Finish:
        _wait(Path(job.folder), job.note)
        return lambda session: trail.record(session, "test.remembered", about="test", ids=[job.note])

    return work


@handles_outside(LookAround)
def look_around(session: Session, job: LookAround) -> Work:
    return partial(_look, acting_of(session), job)


def _look(acting: Acting, job: LookAround) -> None:
    with walled_session(acting) as session:
        others = text("""
            SELECT count(*) FROM pg_stat_activity
             WHERE usename = current_user AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
        """)
        trail.record(
            session, "test.looked", about="test", ids=[job.note], transactions=session.scalar(others), of=acting.role
        )


@handles_outside(FailAtTheEnd)
def fail_at_the_end(session: Session, job: FailAtTheEnd) -> Work:
    def work() -> Finish:
        ATTEMPTS[job.note] += 1
        return partial(_fail, job)

    return work


def _fail(job: FailAtTheEnd, session: Session) -> None:
    trail.record(session, "test.remembered", about="test", ids=[job.note])
    session.flush()
    if ATTEMPTS[job.note] < 2:
        raise Broken


def has_begun(folder: Path, note: UUID) -> bool:
    return (folder / f"{note}.begun").exists()


def give_sign(folder: Path) -> None:
    (folder / "sign").touch()


def _wait(folder: Path, note: UUID) -> None:
    (folder / f"{note}.begun").touch()
    until((folder / "sign").exists, seconds=60)

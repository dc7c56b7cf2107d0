"""How a request ends before it is answered: its person withdraws it, or never proves who they are.

Neither is silent: a letter says so, and each company closes its case by itself, inside its own walls.
"""

from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.errors import Conflict
from tenants.exports import expiring
from tenants.exports.model import Export
from tenants.jobs import outbox
from tenants.jobs.model import Job
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import Language
from tenants.requests import letters, subjects, timeline, workflow
from tenants.requests.asker import of_request, open_asker
from tenants.requests.deadlines import received_on
from tenants.requests.model import (
    OPEN_STATES,
    Case,
    CaseEventKind,
    CaseState,
    LetterKind,
    Request,
    RequestState,
)
from tenants.vault.keys import keyring

# Both well before the month is over, within which also a refusal must be told (Art. 12(4)).
REMINDED_AFTER = timedelta(days=7)
LAPSES_AFTER = timedelta(days=21)


class RemindOfCode(Job, frozen=True):
    name: ClassVar[str] = "requests.remind_of_code"
    request_id: UUID


class LapseRequest(Job, frozen=True):
    name: ClassVar[str] = "requests.lapse"
    request_id: UUID


class AcceptIdentity(Job, frozen=True):
    """`by` is the member of staff who confirmed it. Only the system may change a request."""

    name: ClassVar[str] = "requests.accept_identity"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST
    request_id: UUID
    by: UUID


class CloseCases(Job, frozen=True):
    """One job for each company of a request that ended."""

    name: ClassVar[str] = "requests.close_cases"
    request_id: UUID


class CloseCase(Job, frozen=True):
    name: ClassVar[str] = "requests.close_case"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST
    request_id: UUID


class AlreadyEnded(Conflict):
    """The request has been withdrawn already, or it has lapsed."""


def withdraw(session: Session) -> None:
    """By the person, of the request whose subject the session acts for. Raises NoSuchRequest, AlreadyEnded."""
    request = subjects.own_request(session, locked=True)
    if request.state not in (RequestState.UNVERIFIED, RequestState.VERIFIED):
        raise AlreadyEnded
    _end(session, request, RequestState.WITHDRAWN, letters.Withdrawn(received_on(request.received_at)))


def plan(session: Session, request_id: UUID, *, asked_at: datetime) -> None:
    """What happens to a request that nobody verifies; due rows, so that nothing has to remember."""
    enqueue(session, RemindOfCode(request_id), company_id=None, due_at=asked_at + REMINDED_AFTER)
    enqueue(session, LapseRequest(request_id), company_id=None, due_at=asked_at + LAPSES_AFTER)


def remind(session: Session, request_id: UUID) -> None:
    request = _unverified(session, request_id)
    if request is None:
        return
    lapses_on = received_on((request.identity_asked_at or request.received_at) + LAPSES_AFTER)
    _write(session, request, letters.Reminder(received_on(request.received_at), lapses_on))


def lapse(session: Session, request_id: UUID) -> None:
    """What the person wrote is destroyed; that the request was made and how it ended stays."""
    request = _unverified(session, request_id)
    # Staff may have confirmed who it is while no worker was there to accept it.
    if request is None or outbox.is_waiting(session, AcceptIdentity, once=str(request_id)):
        return
    letters.discard(session, request_id, LetterKind.IDENTITY, LetterKind.REMINDER)
    _end(session, request, RequestState.LAPSED, letters.Lapsed(received_on(request.received_at)))
    request.sealed_asker = request.sealed_words = None


def close_cases(session: Session, request_id: UUID) -> None:
    request = session.scalars(select(Request).where(Request.request_id == request_id)).one()
    for company_id in request.company_ids:
        enqueue(session, CloseCase(request_id), company_id=company_id, once=f"{request_id} {company_id}")


def close_case(session: Session, request_id: UUID) -> None:
    """An answered case stays answered; its archive goes in any case."""
    request = session.scalars(select(Request).where(Request.request_id == request_id)).one()
    case = session.scalar(select(Case).where(Case.request_id == request_id).with_for_update())
    if case is None:
        return
    if case.state in OPEN_STATES:
        to, kind = _ENDS[request.state]
        workflow.move(session, case, to)
        timeline.note(session, case, kind)
    if request.state is RequestState.LAPSED:
        case.sealed_asker = case.sealed_words = None
    for export_id in session.scalars(select(Export.export_id).where(Export.case_id == case.case_id)):
        expiring.cancel(session, export_id)


_ENDS = {
    RequestState.WITHDRAWN: (CaseState.WITHDRAWN, CaseEventKind.WITHDRAWN),
    RequestState.LAPSED: (CaseState.LAPSED, CaseEventKind.LAPSED),
}


def _unverified(session: Session, request_id: UUID) -> Request | None:
    return session.scalar(
        select(Request)
        .where(Request.request_id == request_id, Request.state == RequestState.UNVERIFIED)
        .with_for_update()
    )


def _end(session: Session, request: Request, state: RequestState, letter: letters.Content) -> None:
    _write(session, request, letter)
    request.state, request.ended_at = state, datetime.now(UTC)
    enqueue(session, CloseCases(request.request_id), company_id=None, once=str(request.request_id))
    trail.record(session, "request.ended", about="request", ids=[request.request_id], state=state)


def _write(session: Session, request: Request, letter: letters.Content) -> None:
    asker = open_asker(keyring(session), of_request(request.request_id, "asker"), request.sealed_asker)
    letters.write(
        session,
        request.request_id,
        letter,
        to=asker,
        language=Language(request.language),
        company_id=letters.sender(request, asker),
    )

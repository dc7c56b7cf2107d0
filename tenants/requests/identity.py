"""The identity of whoever asks by hand: asked for in a posted letter, and made sure of by staff later.

A case that awaits its identity is always one that staff of its company entered, and its request addresses no other
company (docs/decisions/0007): what is confirmed here is believed here and nowhere else.
"""

from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.jobs.model import Job
from tenants.jobs.outbox import enqueue
from tenants.requests import ending, letters, opening, timeline, verification, workflow
from tenants.requests.asker import of_request, open_asker
from tenants.requests.deadlines import received_on
from tenants.requests.ending import AcceptIdentity
from tenants.requests.intake import LEVELS, Checked
from tenants.requests.matching import OpenCases
from tenants.requests.model import Case, CaseEventKind, CaseState, Letter, LetterKind, Request, RequestState
from tenants.requests.workflow import NotInThisState
from tenants.vault.keys import keyring


class AskedByPost(Job, frozen=True):
    """The letter that asks for the identity is on its way."""

    name: ClassVar[str] = "requests.asked_by_post"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST
    request_id: UUID
    letter_id: UUID


def confirm(session: Session, case_id: UUID, *, checked: Checked) -> None:
    """By a member of staff, of a case that awaits its identity. Raises Forbidden, NoSuchCase, NotInThisState."""
    by = permissions.require(session, Permission.ENTER_REQUESTS).member_id
    case = workflow.claim(session, case_id)
    if case.state is not CaseState.AWAITING_IDENTITY or case.verified_at is not None:
        raise NotInThisState
    case.level, case.verified_at = LEVELS[checked], datetime.now(UTC)
    timeline.note(session, case, CaseEventKind.IDENTITY_CHECKED, method=checked, level=case.level)
    trail.record(session, "identity.confirmed", about="case", ids=[case_id], method=checked, level=case.level)
    enqueue(session, AcceptIdentity(case.request_id, by), once=str(case.request_id))


def accept(session: Session, request_id: UUID, *, by: UUID) -> None:
    """For the job: the request goes on as one that was verified, from the moment at which staff confirmed it.

    A code that came first has done the same already, and nothing is left to do.
    """
    request = _unverified(session, request_id)
    if request is None:
        return
    case = session.scalars(select(Case).where(Case.request_id == request_id)).one()
    request.state, request.level = RequestState.VERIFIED, case.level
    request.verified_at, request.verified_by = case.verified_at, by
    letters.discard(session, request_id, LetterKind.IDENTITY, LetterKind.REMINDER)
    asker = open_asker(keyring(session), of_request(request_id, "asker"), request.sealed_asker)
    if asker.email is None:
        verification.acknowledge(session, request, asker)
    enqueue(session, OpenCases(request_id), company_id=None, once=str(request_id))
    trail.record(session, "request.verified", about="request", ids=[request_id], level=request.level)


def asked_by_post(session: Session, request_id: UUID, *, letter_id: UUID) -> None:
    """For the job: from now the clock may pause, and whoever does not answer may lapse."""
    request = _unverified(session, request_id)
    posted_at = session.scalars(select(Letter.sent_at).where(Letter.letter_id == letter_id)).one()
    if request is None or request.identity_asked_at is not None or posted_at is None:
        return
    case = session.scalars(select(Case).where(Case.request_id == request_id).with_for_update()).one()
    request.identity_asked_at, case.identity_asked_on = posted_at, received_on(posted_at)
    opening.set_clock(case, request)
    ending.plan(session, request_id, asked_at=posted_at)


def _unverified(session: Session, request_id: UUID) -> Request | None:
    return session.scalar(
        select(Request)
        .where(Request.request_id == request_id, Request.state == RequestState.UNVERIFIED)
        .with_for_update()
    )

"""Whose data is meant: each company that was addressed looks inside its own walls, by keyed digests.

An identifier that fits several persons verifies none of them. What was not verified, by a code or by staff, is not
looked for.
"""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from tenants import together
from tenants.acting import Actor, PurposeKind, system
from tenants.audit import trail
from tenants.companies.model import Approval, Company
from tenants.database import narrow
from tenants.errors import Invalid
from tenants.jobs.model import Job
from tenants.jobs.outbox import enqueue
from tenants.registers import identifiers
from tenants.registers.persons import keep
from tenants.requests import gathering, opening, timeline, workflow
from tenants.requests.asker import Asker, of_request, open_asker, open_words
from tenants.requests.model import Case, CaseEventKind, CaseMatch, CaseState, Request, RequestState
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import keyring

# An address that fits more persons than this is no help in telling them apart.
MOST_MATCHES = 20


class OpenCases(Job, frozen=True):
    """A case for each company that the person addressed."""

    name: ClassVar[str] = "requests.open_cases"
    request_id: UUID


class OpenCase(Job, frozen=True):
    name: ClassVar[str] = "requests.open_case"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST
    request_id: UUID


# Made once: to make a statement takes longer than to send it.
_REQUEST = select(Request).where(Request.request_id == bindparam("request_id")).with_for_update(read=True)
_CASE = select(Case).where(Case.request_id == bindparam("request_id")).with_for_update()
_APPROVAL = select(Company.approval).where(Company.company_id == bindparam("company_id"))


def open_cases(session: Session, request_id: UUID) -> None:
    """A case for each company that is addressed, by a job of its own where there are several."""
    request = _shared(session, request_id)
    if len(request.company_ids) > 1:
        for company_id in request.company_ids:
            once = f"{request_id} {company_id}"
            enqueue(session, OpenCase(request_id), company_id=company_id, once=once)
        return
    [company_id] = request.company_ids
    narrow(session, system(request.group_id, company_id=company_id, purpose=OpenCase.purpose))
    _open_if_verified(session, request)


def open_case(session: Session, request_id: UUID) -> None:
    """Opens this company's case of a verified request and looks for the person. Done again, it changes nothing."""
    _open_if_verified(session, _shared(session, request_id))


def _shared(session: Session, request_id: UUID) -> Request:
    """Shared with the other companies' jobs; a withdrawal waits for us and then finds the case."""
    return session.scalars(_REQUEST, {"request_id": request_id}).one()


def _open_if_verified(session: Session, request: Request) -> None:
    case = session.scalar(_CASE, {"request_id": request.request_id})
    if request.state is not RequestState.VERIFIED or (case and case.state is not CaseState.AWAITING_IDENTITY):
        return
    # Nothing below reads what it writes: the case is written once, at the end, in its last state.
    with session.no_autoflush:
        _open(session, request, case)


def _open(session: Session, request: Request, case: Case | None) -> None:
    keys, request_id = keyring(session), request.request_id
    asker = open_asker(keys, of_request(request_id, "asker"), request.sealed_asker)
    if case is None:
        words = open_words(keys, of_request(request_id, "words"), request.sealed_words)
        case = opening.open_case(session, request, asker=asker, words=words, state=CaseState.AWAITING_IDENTITY)
    _verified(session, case, request)
    _match(session, case, asker, vouched=request.verified_by is not None)


def _verified(session: Session, case: Case, request: Request) -> None:
    case.level, case.verified_at = request.level, request.verified_at
    opening.set_clock(case, request)
    if request.verified_by is None:
        by: tuple[Actor, UUID | None] = (Actor.SUBJECT, request.request_id)
        timeline.note(session, case, CaseEventKind.VERIFIED, at=request.verified_at, by=by, level=request.level)


def _match(session: Session, case: Case, asker: Asker, *, vouched: bool) -> None:
    persons = _settled(session, asker, vouched=vouched)
    trail.record(session, "person.looked_for", about="person", ids=persons, case=str(case.case_id))
    if not persons:
        timeline.note(session, case, CaseEventKind.NOTHING_FOUND)
        workflow.nothing_found(session, case)
        return
    for person in persons:
        together.add(session, CaseMatch(case_id=case.case_id, person_id=person, chosen=len(persons) == 1))
    if len(persons) > 1:
        timeline.note(session, case, CaseEventKind.SEVERAL_FIT)
        workflow.move(session, case, CaseState.NEEDS_STAFF)
        return
    timeline.note(session, case, CaseEventKind.MATCHED)
    gathering.gather(session, case, persons[0])
    workflow.move(session, case, CaseState.AWAITING_DECISION)
    if session.scalars(_APPROVAL, {"company_id": case.company_id}).one() is Approval.AUTOMATIC:
        workflow.build(session, case)


def _settled(session: Session, asker: Asker, *, vouched: bool) -> list[UUID]:
    """Looked for until nobody has merged or divided them meanwhile; now nobody does before this is written."""
    persons = _fitting(session, asker, vouched=vouched)
    while persons:
        keep(session, persons)
        again = _fitting(session, asker, vouched=vouched)
        if again == persons:
            break
        persons = again
    return persons


def _fitting(session: Session, asker: Asker, *, vouched: bool) -> list[UUID]:
    """The one whom all fit that was verified, else all whom anything fits."""
    given = asker.identifiers() if vouched else [(IdentifierKind.EMAIL, asker.email or "")]
    found = [set(_find(session, kind, value)) for kind, value in given]
    if not found:
        return []
    in_all = set[UUID].intersection(*found)
    return sorted(in_all if len(in_all) == 1 else set[UUID].union(*found))[:MOST_MATCHES]


def _find(session: Session, kind: IdentifierKind, value: str) -> list[UUID]:
    """What cannot be such an identifier fits nobody."""
    try:
        return identifiers.find(session, kind, value)
    except Invalid:
        return []

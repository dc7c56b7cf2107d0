"""A case from its opening to its answer: which state follows which, and what each step brings about.

None closes without an answer: an archive, a refusal with its reasons, the word that there is no data, or the person's
own withdrawal. An answer on paper is one when it has been posted (`paper.py`).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.database import acting_of
from tenants.errors import Conflict, Invalid, NotFound
from tenants.exports import ordering
from tenants.exports.dossier import Part
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import Language
from tenants.registers import identifiers, persons
from tenants.requests import gathering, letters, timeline
from tenants.requests.asker import Asker, of_case, open_asker
from tenants.requests.deadlines import received_on
from tenants.requests.model import (
    OPEN_STATES,
    Case,
    CaseEventKind,
    CaseFinding,
    CaseMatch,
    CaseState,
    LetterKind,
    Request,
    RequestState,
)
from tenants.vault.digests import IdentifierKind, normalise
from tenants.vault.keys import keyring

# By which staff may tell persons apart. Nobody is asked for a personal identity code here.
TELLING = (
    IdentifierKind.CUSTOMER_NUMBER,
    IdentifierKind.EMAIL,
    IdentifierKind.PHONE,
    IdentifierKind.USER_NAME,
)

_ENDED_BY_PERSON = frozenset({CaseState.WITHDRAWN})
_REFUSED = frozenset({CaseState.REFUSED, CaseState.TO_BE_POSTED})
FOLLOWS: Mapping[CaseState, frozenset[CaseState]] = {
    CaseState.AWAITING_IDENTITY: frozenset(
        {
            CaseState.NEEDS_STAFF,
            CaseState.AWAITING_DECISION,
            CaseState.TO_BE_POSTED,
            CaseState.NO_DATA,
            CaseState.LAPSED,
        }
    )
    | _ENDED_BY_PERSON,
    CaseState.NEEDS_STAFF: frozenset({CaseState.AWAITING_DECISION, CaseState.REFUSAL_PROPOSED})
    | _REFUSED
    | _ENDED_BY_PERSON,
    # Back to staff where the person turns out to be two.
    CaseState.AWAITING_DECISION: frozenset({CaseState.BUILDING, CaseState.REFUSAL_PROPOSED, CaseState.NEEDS_STAFF})
    | _REFUSED
    | _ENDED_BY_PERSON,
    CaseState.REFUSAL_PROPOSED: frozenset({CaseState.NEEDS_STAFF, CaseState.AWAITING_DECISION})
    | _REFUSED
    | _ENDED_BY_PERSON,
    CaseState.BUILDING: frozenset({CaseState.ANSWERED, CaseState.HANDING_OVER}) | _ENDED_BY_PERSON,
    CaseState.HANDING_OVER: frozenset({CaseState.ANSWERED, CaseState.AWAITING_DECISION}) | _ENDED_BY_PERSON,
    CaseState.TO_BE_POSTED: frozenset({CaseState.REFUSED, CaseState.NO_DATA}) | _ENDED_BY_PERSON,
    **{ended: frozenset[CaseState]() for ended in CaseState if ended not in OPEN_STATES},
}


class NoSuchCase(NotFound):
    """There is no such case here."""


class NotInThisState(Conflict):
    """The case is not in a state in which this can be done. Look at it again."""


class CannotTell(Invalid):
    """By this nobody is told apart. Ask for a customer number, an e-mail address, a telephone number or a user name."""


class SameIdentifier(Invalid):
    """This is what the request came with; a second identifier is needed."""


class FitsNone(Invalid):
    """This fits none of the persons in question."""


class FitsSeveral(Invalid):
    """This too fits several of the persons in question."""


def approve(session: Session, case_id: UUID) -> None:
    """A member of staff lets the archive be built. Raises Forbidden, NoSuchCase, NotInThisState."""
    permissions.require(session, Permission.DECIDE_CASES)
    case = claim(session, case_id)
    _must_follow(case, CaseState.BUILDING)
    case.refusal_ground = case.sealed_reason = case.sealed_return = None
    build(session, case)


def build(session: Session, case: Case) -> None:
    """Of a case that one person fits: by the decision of staff, or of the company's standing order."""
    if case.person_id is None:
        raise NotInThisState
    move(session, case, CaseState.BUILDING)
    if case.decided_at is not None:
        ordering.order_again(session, case.case_id, case.person_id)
    else:
        ordering.order(
            session,
            request_id=case.request_id,
            case_id=case.case_id,
            person_id=case.person_id,
            parts=[Part(right) for right in case.rights],
            language=Language(case.language),
            level=case.level,
        )
    decide(session, case)
    timeline.note(session, case, CaseEventKind.APPROVED)


_WITHHELD = select(func.count()).where(CaseFinding.case_id == Case.case_id, CaseFinding.withheld.is_not(None))
_BUILT = (
    select(Case, Request.state, _WITHHELD.scalar_subquery())
    .join(Request, Request.request_id == Case.request_id)
    .where(Case.case_id == bindparam("case_id"))
    .with_for_update(of=Case)
)


def archive_ready(session: Session, case_id: UUID, *, until: datetime) -> None:
    """For the job that built it, in its last transaction.

    A case whose request was withdrawn meanwhile stays as it is, for the job that closes it, which may come later.
    """
    case, of_request, withheld = session.execute(_BUILT, {"case_id": case_id}).one()
    if case.state is not CaseState.BUILDING or of_request is RequestState.WITHDRAWN:
        return
    # Whoever gave no e-mail address is answered when staff have handed the archive over.
    move(session, case, CaseState.ANSWERED if _asker(session, case).email else CaseState.HANDING_OVER)
    timeline.note(session, case, CaseEventKind.ARCHIVE_READY)
    answer(session, case, letters.ArchiveReady(case.number, case.received_on, received_on(until), withheld))


def archive_expired(session: Session, case_id: UUID) -> None:
    """For the job that destroyed it. If it was never handed over, the case waits for a new decision."""
    case = claim(session, case_id)
    timeline.note(session, case, CaseEventKind.ARCHIVE_EXPIRED)
    if case.state is CaseState.HANDING_OVER:
        letters.discard(session, case.request_id, LetterKind.ARCHIVE_READY)
        move(session, case, CaseState.AWAITING_DECISION)


def nothing_found(session: Session, case: Case) -> None:
    """That a company holds nothing is an answer too, and owed."""
    conclude(session, case, CaseState.NO_DATA)
    answer(session, case, letters.NoData(case.number, case.received_on))


def choose_person(session: Session, case_id: UUID, *, kind: IdentifierKind, value: str) -> None:
    """Of several whom the request fits, the one whom a second identifier fits too, which the person has given.

    Raises Forbidden, NoSuchCase, NotInThisState, Invalid.
    """
    permissions.require(session, Permission.DECIDE_CASES)
    if kind not in TELLING:
        raise CannotTell(field="kind")
    fitting = identifiers.find(session, kind, value)
    persons.keep(session, fitting)
    case = claim(session, case_id)
    if case.state is not CaseState.NEEDS_STAFF:
        raise NotInThisState
    if kind is IdentifierKind.EMAIL and _is_first(session, case, value):
        raise SameIdentifier(field="value")
    match = _one_of(session, case, fitting)
    match.chosen = True
    timeline.note(session, case, CaseEventKind.PERSON_CHOSEN, by_identifier=kind)
    trail.record(session, "person.chosen", about="person", ids=[match.person_id], case=str(case_id), by=kind)
    gathering.gather(session, case, match.person_id)
    move(session, case, CaseState.AWAITING_DECISION)


def claim(session: Session, case_id: UUID) -> Case:
    """The case, locked until the transaction ends. Raises NoSuchCase."""
    case = session.scalar(select(Case).where(Case.case_id == case_id).with_for_update())
    if case is None:
        raise NoSuchCase
    return case


def move(session: Session, case: Case, to: CaseState) -> None:
    """Raises NotInThisState."""
    _must_follow(case, to)
    trail.record(session, "case.moved", about="case", ids=[case.case_id], before=case.state, after=to)
    case.state = to
    if to not in OPEN_STATES:
        case.closed_at = datetime.now(UTC)


def _must_follow(case: Case, to: CaseState) -> None:
    if to not in FOLLOWS[case.state]:
        raise NotInThisState


def conclude(session: Session, case: Case, end: CaseState) -> None:
    """Decided; on paper the end comes with the posting, and the receipt that nobody has posted gives way."""
    on_paper = _asker(session, case).email is None
    move(session, case, CaseState.TO_BE_POSTED if on_paper else end)
    decide(session, case)
    if on_paper:
        enqueue(session, letters.DiscardReceipt(case.request_id))


def decide(session: Session, case: Case) -> None:
    """By whom the session acts for, now."""
    case.decided_at, case.decided_by = datetime.now(UTC), acting_of(session).actor_id


def answer(session: Session, case: Case, content: letters.Content) -> None:
    """Tells the person."""
    letters.write(
        session,
        case.request_id,
        content,
        to=_asker(session, case),
        language=Language(case.language),
        company_id=case.company_id,
        case_id=case.case_id,
    )


def _asker(session: Session, case: Case) -> Asker:
    return open_asker(keyring(session), of_case(case, "asker"), case.sealed_asker)


def _is_first(session: Session, case: Case, value: str) -> bool:
    first = _asker(session, case).email
    return first is not None and normalise(IdentifierKind.EMAIL, value) == normalise(IdentifierKind.EMAIL, first)


def _one_of(session: Session, case: Case, fitting: list[UUID]) -> CaseMatch:
    matches = session.scalars(
        select(CaseMatch).where(CaseMatch.case_id == case.case_id, CaseMatch.person_id.in_(fitting))
    ).all()
    if not matches:
        raise FitsNone(field="value")
    if len(matches) > 1:
        raise FitsSeveral(field="value")
    return matches[0]

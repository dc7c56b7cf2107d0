"""A refusal: with its ground in law and the reasons in words, which go into the letter (Art. 12(4)).

That a request is manifestly unfounded or excessive is for the controller to demonstrate (Art. 12(5)): one member of
staff proposes it, and another confirms it or gives it back. PostgreSQL keeps no row that says otherwise.
"""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.database import acting_of
from tenants.errors import Forbidden, Invalid
from tenants.requests import letters, timeline, workflow
from tenants.requests.asker import of_case, open_words, seal_words
from tenants.requests.law import grounds
from tenants.requests.model import Case, CaseEventKind, CaseState
from tenants.requests.workflow import NotInThisState
from tenants.vault.keys import keyring

LONGEST_REASON = 4_000


class UnknownGround(Invalid):
    """The law knows no such ground for refusing this."""


class NeedsReasons(Invalid):
    """A refusal needs its reasons, in at most 4,000 characters."""


class SameMember(Forbidden):
    """Whoever proposed a refusal does not confirm it: another member of staff must."""


class NeedsWords(Invalid):
    """Say in at most 4,000 characters why the proposal is given back."""


def refuse(session: Session, case_id: UUID, *, ground: str, reason: str) -> None:
    """The letter goes out at once, or when a second member has confirmed, as the ground demands.

    Raises Forbidden, NoSuchCase, NotInThisState, UnknownGround, NeedsReasons.
    """
    permissions.require(session, Permission.DECIDE_CASES)
    case = workflow.claim(session, case_id)
    reason = reason.strip()
    chosen = next((each for each in grounds.offered(case.rights) if each.key == ground), None)
    if chosen is None:
        raise UnknownGround(field="ground")
    if not 0 < len(reason) <= LONGEST_REASON:
        raise NeedsReasons(field="reason")
    if case.state is CaseState.REFUSAL_PROPOSED:
        raise NotInThisState
    case.refusal_ground, case.sealed_return = ground, None
    case.sealed_reason = seal_words(keyring(session), of_case(case, "reason"), reason)
    if chosen.by_two:
        _propose(session, case, ground)
    else:
        _tell(session, case, ground, reason)


def confirm(session: Session, case_id: UUID) -> None:
    """By another member than the one who proposed. Raises Forbidden, NoSuchCase, NotInThisState, SameMember."""
    case = _proposed(session, case_id)
    if case.proposed_by == acting_of(session).actor_id:
        raise SameMember
    trail.record(session, "refusal.confirmed", about="case", ids=[case_id], ground=case.refusal_ground or "")
    reason = open_words(keyring(session), of_case(case, "reason"), case.sealed_reason)
    _tell(session, case, case.refusal_ground or "", reason or "")


def give_back(session: Session, case_id: UUID, *, words: str) -> None:
    """By the second member, with words for the first; the first may take it back without any.

    What was proposed stays as a draft. Raises Forbidden, NoSuchCase, NotInThisState, NeedsWords.
    """
    case, words = _proposed(session, case_id), words.strip()
    own = case.proposed_by == acting_of(session).actor_id
    if len(words) > LONGEST_REASON or not (words or own):
        raise NeedsWords(field="words")
    workflow.move(session, case, undecided(case))
    case.proposed_at = case.proposed_by = None
    case.sealed_return = seal_words(keyring(session), of_case(case, "return"), words)
    timeline.note(session, case, CaseEventKind.REFUSAL_RETURNED)
    trail.record(session, "refusal.returned", about="case", ids=[case_id])


def undecided(case: Case) -> CaseState:
    """What the case was before the proposal."""
    return CaseState.NEEDS_STAFF if case.person_id is None else CaseState.AWAITING_DECISION


def _propose(session: Session, case: Case, ground: str) -> None:
    workflow.move(session, case, CaseState.REFUSAL_PROPOSED)
    case.proposed_at, case.proposed_by = datetime.now(UTC), acting_of(session).actor_id
    timeline.note(session, case, CaseEventKind.REFUSAL_PROPOSED, ground=ground)
    trail.record(session, "refusal.proposed", about="case", ids=[case.case_id], ground=ground)


def _proposed(session: Session, case_id: UUID) -> Case:
    permissions.require(session, Permission.DECIDE_CASES)
    case = workflow.claim(session, case_id)
    if case.state is not CaseState.REFUSAL_PROPOSED:
        raise NotInThisState
    return case


def _tell(session: Session, case: Case, ground: str, reason: str) -> None:
    workflow.conclude(session, case, CaseState.REFUSED)
    timeline.note(session, case, CaseEventKind.REFUSED, ground=ground)
    workflow.answer(session, case, letters.Refusal(case.number, case.received_on, ground, reason))

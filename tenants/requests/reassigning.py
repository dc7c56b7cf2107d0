"""What becomes of requests when two persons become one, or one becomes two.

A request that waits for its decision goes on, with what is held counted anew; where one person has become two, staff
tell them apart by a second identifier, as for any request that several fit. What is being answered is answered first.
"""

from collections.abc import Collection
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tenants.exports.model import Export
from tenants.requests import gathering, timeline, workflow
from tenants.requests.model import Case, CaseEventKind, CaseFinding, CaseMatch, CaseState

# Somebody has decided, or proposed to, on what was held of the person then.
BEING_ANSWERED = (
    CaseState.REFUSAL_PROPOSED,
    CaseState.BUILDING,
    CaseState.HANDING_OVER,
    CaseState.TO_BE_POSTED,
)
_IN_QUESTION = (CaseState.NEEDS_STAFF, CaseState.AWAITING_DECISION)


class MovedMatch(Struct, frozen=True):
    """`kept_too`: the request fitted both."""

    case_id: UUID
    kept_too: bool
    chosen: bool


class MovedCases(Struct, frozen=True):
    """What was the other's, and the requests that were the kept one's and open."""

    cases: list[UUID] = []
    exports: list[UUID] = []
    matches: list[MovedMatch] = []
    own: list[UUID] = []
    put_back: list[UUID] = []


def being_answered(session: Session, person_ids: Collection[UUID]) -> int:
    """How many requests of these persons; they are locked, so that none is decided meanwhile."""
    rows = session.execute(
        select(Case.case_id, Case.state)
        .where(Case.person_id.in_(person_ids), Case.state.in_((*BEING_ANSWERED, *_IN_QUESTION)))
        .order_by(Case.case_id)
        .with_for_update()
    ).all()
    return sum(state in BEING_ANSWERED for _, state in rows)


def give_to(session: Session, kept_id: UUID, other_id: UUID) -> MovedCases:
    """Those of the other become the kept one's."""
    own = session.scalars(
        select(Case.case_id).where(Case.person_id == kept_id, Case.state == CaseState.AWAITING_DECISION)
    ).all()
    matches = [_give_match(session, one, kept_id) for one in _open_matches(session, other_id)]
    moved = MovedCases(
        cases=_move(session, Case, other_id, kept_id),
        exports=_move(session, Export, other_id, kept_id),
        matches=matches,
        own=list(own),
    )
    for case in _awaiting(session, kept_id):
        _count_anew(session, case, kept_id)
    return moved


def give_back(session: Session, moved: MovedCases, kept_id: UUID, other_id: UUID) -> None:
    """Those that were the other's are again; what came since and waits is for staff to tell apart."""
    _move(session, Case, kept_id, other_id, only=moved.cases)
    _move(session, Export, kept_id, other_id, only=moved.exports)
    for one in moved.matches:
        _give_match_back(session, one, kept_id, other_id)
    for case in _awaiting(session, kept_id):
        if case.case_id in moved.own:
            _count_anew(session, case, kept_id)
        else:
            _tell_apart(session, case, (kept_id, other_id))
    for case in _awaiting(session, other_id):
        _count_anew(session, case, other_id)


def divide(session: Session, kept_id: UUID, new_id: UUID) -> MovedCases:
    """Whoever asked may be either: all that waits is for staff to tell apart."""
    put_back = list(_awaiting(session, kept_id))
    for match in _open_matches(session, kept_id):
        session.add(CaseMatch(case_id=match.case_id, person_id=new_id))
    for case in put_back:
        _tell_apart(session, case, (kept_id, new_id))
    session.flush()
    return MovedCases(put_back=[case.case_id for case in put_back])


def unite(session: Session, moved: MovedCases, kept_id: UUID, other_id: UUID) -> None:
    """A division is undone: what was put back for it and still waits for staff is the kept one's again."""
    give_to(session, kept_id, other_id)
    waiting = select(Case).where(Case.case_id.in_(moved.put_back), Case.state == CaseState.NEEDS_STAFF)
    for case in session.scalars(waiting.with_for_update()).all():
        session.execute(update(CaseMatch).where(CaseMatch.case_id == case.case_id).values(chosen=True))
        _count_anew(session, case, kept_id)
        workflow.move(session, case, CaseState.AWAITING_DECISION)


def _move(
    session: Session, of: type[Case] | type[Export], source_id: UUID, to_id: UUID, *, only: list[UUID] | None = None
) -> list[UUID]:
    key = Case.case_id if of is Case else Export.export_id
    chosen = update(of).where(of.person_id == source_id)
    if only is not None:
        chosen = chosen.where(key.in_(only))
    return list(session.scalars(chosen.values(person_id=to_id).returning(key)))


def _awaiting(session: Session, person_id: UUID) -> list[Case]:
    wanted = select(Case).where(Case.person_id == person_id, Case.state == CaseState.AWAITING_DECISION)
    return list(session.scalars(wanted.order_by(Case.case_id).with_for_update()))


def _open_matches(session: Session, person_id: UUID) -> list[CaseMatch]:
    return list(
        session.scalars(
            select(CaseMatch)
            .join(Case, Case.case_id == CaseMatch.case_id)
            .where(CaseMatch.person_id == person_id, Case.state.in_(_IN_QUESTION))
            .order_by(CaseMatch.case_id)
        )
    )


def _give_match(session: Session, match: CaseMatch, kept_id: UUID) -> MovedMatch:
    same = select(CaseMatch).where(CaseMatch.case_id == match.case_id, CaseMatch.person_id == kept_id)
    kept = session.scalar(same)
    told = MovedMatch(match.case_id, kept is not None, match.chosen)
    session.delete(match)
    if kept is None:
        session.add(CaseMatch(case_id=told.case_id, person_id=kept_id, chosen=told.chosen))
    elif told.chosen:
        kept.chosen = True
    session.flush()
    return told


def _give_match_back(session: Session, told: MovedMatch, kept_id: UUID, other_id: UUID) -> None:
    of_case = select(Case.state).where(Case.case_id == told.case_id)
    if session.scalar(of_case) not in _IN_QUESTION:
        return
    kept = session.scalar(
        select(CaseMatch).where(CaseMatch.case_id == told.case_id, CaseMatch.person_id == kept_id)
    )  # fmt: skip
    if kept is not None and not told.kept_too:
        session.delete(kept)
    elif kept is not None and told.chosen:
        kept.chosen = False
    session.add(CaseMatch(case_id=told.case_id, person_id=other_id, chosen=told.chosen))
    session.flush()


def _count_anew(session: Session, case: Case, person_id: UUID) -> None:
    session.execute(delete(CaseFinding).where(CaseFinding.case_id == case.case_id))
    gathering.gather(session, case, person_id)


def _tell_apart(session: Session, case: Case, person_ids: tuple[UUID, UUID]) -> None:
    session.execute(delete(CaseFinding).where(CaseFinding.case_id == case.case_id))
    session.execute(delete(CaseMatch).where(CaseMatch.case_id == case.case_id))
    session.add_all(CaseMatch(case_id=case.case_id, person_id=one) for one in person_ids)
    case.person_id = None
    timeline.note(session, case, CaseEventKind.SEVERAL_FIT)
    workflow.move(session, case, CaseState.NEEDS_STAFF)
    session.flush()

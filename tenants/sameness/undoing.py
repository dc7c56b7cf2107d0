"""A merge or a split is undone: everything is again as it was, as long as nothing later contradicts."""

from uuid import UUID

from sqlalchemy import delete, tuple_, update
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.consents.model import Consent, Objection
from tenants.ledger import interrupting
from tenants.registers import changes as told
from tenants.registers import restricting
from tenants.registers.model import Cause, ChangeKind, PersonChange, Restriction
from tenants.requests import reassigning
from tenants.sameness import changes
from tenants.sameness.changes import Moved
from tenants.sameness.refusals import UndoneAlready


def undo(session: Session, change_id: UUID, *, reason: str) -> PersonChange:
    """Raises Forbidden, Invalid, NoSuchChange, UndoneAlready and what `changes.hindrances` finds."""
    permissions.require(session, Permission.MERGE_PERSONS)
    reason = changes.stated(reason)
    row, moved = changes.claim(session, change_id)
    if row.undone_at is not None:
        raise UndoneAlready
    both = (row.kept_id, row.other_id)
    changes.lock(session, both)
    for hindrance in changes.hindrances(session, row):
        raise hindrance
    interrupting.interrupt(session, both)
    interrupting.go_on(session, moved.interrupted, at=moved.at)
    _take_back_what_was_said(session, row, moved)
    if row.kind is ChangeKind.MERGE:
        _part(session, row, moved)
    else:
        _unite(session, row, moved)
    for person_id in both:
        restricting.mark(session, person_id)
    changes.close(session, row, reason)
    merged = row.kind is ChangeKind.MERGE
    told.note(session, Cause.SPLIT if merged else Cause.MERGED, both)
    action = "merge.undone" if merged else "split.undone"
    trail.record(session, action, about="person", ids=list(both))
    return row


def _take_back_what_was_said(session: Session, row: PersonChange, moved: Moved) -> None:
    for said in (Consent, Objection):
        session.execute(delete(said).where(said.taken_over_by == row.change_id))
    ended = [(row.kept_id, one.kind, one.since) for one in moved.withdrawn]
    again = update(Consent).where(
        tuple_(Consent.person_id, Consent.kind, Consent.since).in_(ended), Consent.until == moved.at
    )
    if ended:
        session.execute(again.values(until=None))


def _part(session: Session, row: PersonChange, moved: Moved) -> None:
    changes.move_records(session, row.kept_id, row.other_id, only=moved.records)
    of_whole = update(Restriction).where(Restriction.restriction_id.in_(moved.restrictions))
    session.execute(of_whole.values(person_id=row.other_id))
    reassigning.give_back(session, moved.cases, row.kept_id, row.other_id)


def _unite(session: Session, row: PersonChange, moved: Moved) -> None:
    """All that is the new one's by now; the restriction that was put on both is the kept one's alone again."""
    changes.move_records(session, row.other_id, row.kept_id)
    own = update(Restriction).where(
        Restriction.person_id == row.other_id, Restriction.restriction_id.not_in(moved.restrictions)
    )
    session.execute(own.values(person_id=row.kept_id))
    reassigning.unite(session, moved.cases, row.kept_id, row.other_id)

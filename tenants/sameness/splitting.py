"""A person who is two becomes two: the records that are chosen go to a new person of the company.

Nothing is escaped by it: what restricts all of the person restricts both, what restricts a record goes with it, and an
objection holds for both. A consent does not: the new one has given none that could be shown.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.consents import objecting
from tenants.consents.model import Objection
from tenants.ledger import interrupting
from tenants.registers import changes as told
from tenants.registers import persons, restricting
from tenants.registers.model import Cause, ChangeKind, Record
from tenants.requests import reassigning
from tenants.sameness import changes
from tenants.sameness.changes import Moved
from tenants.sameness.refusals import NothingToMove, NothingToStay, NotOfThisPerson


def split(session: Session, person_id: UUID, record_ids: Collection[UUID], *, reason: str) -> UUID:
    """The new person's id. Raises Forbidden, Invalid, NoSuchPerson, HeldAsAnother, BeingAnswered, BeingLifted."""
    permissions.require(session, Permission.MERGE_PERSONS)
    reason = changes.stated(reason)
    changes.hold(session, (person_id,))
    _divisible(session, person_id, record_ids)
    change_id, other_id = new_id(), persons.create(session)
    kinds = objecting.in_force(session, person_id)
    session.add_all(
        Objection(person_id=other_id, kind=kind, since=func.now(), taken_over_by=change_id) for kind in kinds
    )
    moved = Moved(
        at=changes.now(session),
        records=changes.move_records(session, person_id, other_id, only=record_ids),
        restrictions=_restrict_both(session, person_id, other_id),
        withdrawn=[],
        interrupted=interrupting.interrupt(session, (person_id,)),
        cases=reassigning.divide(session, person_id, other_id),
    )
    for one in (person_id, other_id):
        restricting.mark(session, one)
    changes.note(
        session,
        ChangeKind.SPLIT,
        change_id=change_id,
        kept_id=person_id,
        other_id=other_id,
        reason=reason,
        moved=moved,
    )
    told.note(session, Cause.SPLIT, (person_id, other_id))
    trail.record(session, "persons.split", about="person", ids=[person_id, other_id], records=len(moved.records))
    return other_id


def _divisible(session: Session, person_id: UUID, record_ids: Collection[UUID]) -> None:
    held = set(session.scalars(select(Record.record_id).where(Record.person_id == person_id)))
    if not record_ids:
        raise NothingToMove(field="records")
    if not held.issuperset(record_ids):
        raise NotOfThisPerson(field="records")
    if held == set(record_ids):
        raise NothingToStay(field="records")


def _restrict_both(session: Session, person_id: UUID, other_id: UUID) -> list[UUID]:
    whole = [one for one in restricting.open_of(session, person_id) if one.record_id is None]
    return [restricting.copy_to(session, one, other_id) for one in whole]

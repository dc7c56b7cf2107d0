"""Two persons of one company that are one human become one. Records are joined, never mixed: each keeps its values.

The stricter holds for the one that they become: an objection and a withdrawn consent of either, and a restriction of
either. The ledger and the audit keep the ids of their day (`registers.former_ids`).
"""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.base import new_id
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.consents import consenting, objecting
from tenants.consents.model import Consent, Objection
from tenants.ledger import interrupting
from tenants.registers import changes as told
from tenants.registers import restricting
from tenants.registers.model import Cause, ChangeKind, Restriction
from tenants.requests import reassigning
from tenants.sameness import changes, telling_apart
from tenants.sameness.changes import Moved, Withdrawn
from tenants.sameness.refusals import SamePersonTwice


def merge(session: Session, kept_id: UUID, other_id: UUID, *, reason: str) -> UUID:
    """The other is held as the kept one from now on; the change's id is returned.

    Raises Forbidden, Invalid, NoSuchPerson, HeldAsAnother, SaidToBeTwo, BeingAnswered, BeingLifted.
    """
    permissions.require(session, Permission.MERGE_PERSONS)
    reason = changes.stated(reason)
    if kept_id == other_id:
        raise SamePersonTwice(field="other")
    changes.hold(session, (kept_id, other_id))
    telling_apart.refuse_if_apart(session, kept_id, other_id)
    change_id = new_id()
    _take_objections(session, kept_id, other_id, change_id)
    moved = Moved(
        at=changes.now(session),
        records=changes.move_records(session, other_id, kept_id),
        restrictions=_move_restrictions(session, other_id, kept_id),
        withdrawn=_take_consents(session, kept_id, other_id, change_id),
        interrupted=interrupting.interrupt(session, (kept_id, other_id)),
        cases=reassigning.give_to(session, kept_id, other_id),
    )
    for person_id in (kept_id, other_id):
        restricting.mark(session, person_id)
    changes.note(
        session,
        ChangeKind.MERGE,
        change_id=change_id,
        kept_id=kept_id,
        other_id=other_id,
        reason=reason,
        moved=moved,
    )
    told.note(session, Cause.MERGED, (kept_id, other_id))
    trail.record(session, "persons.merged", about="person", ids=[kept_id, other_id], records=len(moved.records))
    return change_id


def _move_restrictions(session: Session, other_id: UUID, kept_id: UUID) -> list[UUID]:
    """Those of the whole person; those of one record went with it."""
    moved = (
        update(Restriction)
        .where(Restriction.person_id == other_id, Restriction.record_id.is_(None))
        .values(person_id=kept_id)
        .returning(Restriction.restriction_id)
    )
    return list(session.scalars(moved))


def _take_objections(session: Session, kept_id: UUID, other_id: UUID, change_id: UUID) -> None:
    own = objecting.in_force(session, kept_id)
    session.add_all(
        Objection(person_id=kept_id, kind=kind, since=func.now(), taken_over_by=change_id)
        for kind in objecting.in_force(session, other_id)
        if kind not in own
    )
    session.flush()


def _take_consents(session: Session, kept_id: UUID, other_id: UUID, change_id: UUID) -> list[Withdrawn]:
    """What both consent to or one never spoke of stays or comes over; what either has withdrawn is withdrawn."""
    own, others = consenting.in_force(session, kept_id), consenting.in_force(session, other_id)
    withdrawn = [kind for kind in _spoken_of(session, other_id) if kind not in others and kind in own]
    ended = [Withdrawn(kind, own[kind]) for kind in withdrawn]
    session.execute(
        update(Consent)
        .where(Consent.person_id == kept_id, Consent.kind.in_(withdrawn), Consent.until.is_(None))
        .values(until=func.now())
    )
    coming = others.keys() - _spoken_of(session, kept_id)
    for given in session.scalars(
        select(Consent).where(Consent.person_id == other_id, Consent.kind.in_(coming), Consent.until.is_(None))
    ).all():
        session.add(
            Consent(
                person_id=kept_id,
                kind=given.kind,
                since=given.since,
                source=given.source,
                taken_over_by=change_id,
            )
        )
    session.flush()
    return ended


def _spoken_of(session: Session, person_id: UUID) -> set[PurposeKind]:
    return set(session.scalars(select(Consent.kind).where(Consent.person_id == person_id)))

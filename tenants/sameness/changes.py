"""The merges and splits of persons: what each moved, so that it can be put back, and what stands in the way of that."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.consents.model import Consent, Objection
from tenants.database import acting_of
from tenants.errors import Conflict, TooLong
from tenants.ledger.interrupting import Ended
from tenants.registers import restricting, viewing
from tenants.registers.model import (
    ChangeKind,
    Correction,
    Person,
    PersonChange,
    Record,
    Restriction,
    RestrictionState,
)
from tenants.registers.viewing import NoSuchPerson
from tenants.requests import reassigning
from tenants.requests.reassigning import MovedCases
from tenants.sameness.refusals import (
    BeingAnswered,
    BeingLifted,
    ChangedAgain,
    NoSuchChange,
    ReasonNotSaid,
    RecordsCameSince,
    RestrictedSince,
    SaidSince,
)
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place, seal, unseal

LONGEST_REASON = 2_000


class Withdrawn(Struct, frozen=True):
    """A consent of the kept person that ended, because the other had withdrawn theirs."""

    kind: PurposeKind
    since: datetime


class Moved(Struct, frozen=True):
    """What a merge or a split did, by ids; what it ended has ended `at` that moment."""

    at: datetime
    records: list[UUID]
    restrictions: list[UUID]
    withdrawn: list[Withdrawn]
    interrupted: list[Ended]
    cases: MovedCases


class Told(Struct, frozen=True):
    """A change with its reasons opened, and what stands in the way of undoing it now."""

    row: PersonChange
    reason: str
    undo_reason: str | None
    hindrances: list[Conflict]


def stated(reason: str) -> str:
    """Raises ReasonNotSaid, TooLong."""
    if not reason.strip():
        raise ReasonNotSaid(field="reason")
    if len(reason) > LONGEST_REASON:
        raise TooLong(field="reason", most=LONGEST_REASON)
    return reason.strip()


def hold(session: Session, person_ids: Collection[UUID]) -> None:
    """Nobody else changes these persons, and no import writes, until the transaction ends.

    Raises NoSuchPerson, HeldAsAnother, BeingAnswered, BeingLifted.
    """
    lock(session, person_ids)
    for person_id in person_ids:
        viewing.exists(session, person_id)
    for hindrance in for_now(session, person_ids):
        raise hindrance


def lock(session: Session, person_ids: Collection[UUID]) -> None:
    restricting.alone(session)
    locked = select(Person.person_id).where(Person.person_id.in_(person_ids)).order_by(Person.person_id)
    session.execute(locked.with_for_update())


def note(
    session: Session,
    kind: ChangeKind,
    *,
    change_id: UUID,
    kept_id: UUID,
    other_id: UUID,
    reason: str,
    moved: Moved,
) -> None:
    """While the persons are held: what comes after they are let go has come since."""
    keys = keyring(session)
    session.add(
        PersonChange(
            change_id=change_id,
            kind=kind,
            kept_id=kept_id,
            other_id=other_id,
            sealed_reason=seal(keys, _place(change_id, "reason"), reason.encode()),
            sealed_moved=seal(keys, _place(change_id, "moved"), msgspec.json.encode(moved)),
            made_at=func.clock_timestamp(),
            made_by=acting_of(session).actor_id,
        )
    )
    session.flush()


def claim(session: Session, change_id: UUID) -> tuple[PersonChange, Moved]:
    """Locked until the transaction ends. Raises NoSuchChange."""
    row = session.scalar(select(PersonChange).where(PersonChange.change_id == change_id).with_for_update())
    if row is None:
        raise NoSuchChange
    opened = unseal(keyring(session), _place(change_id, "moved"), row.sealed_moved)
    return row, msgspec.json.decode(opened, type=Moved)


def close(session: Session, row: PersonChange, reason: str) -> None:
    row.undone_at, row.undone_by = func.clock_timestamp(), acting_of(session).actor_id
    row.sealed_undo_reason = seal(keyring(session), _place(row.change_id, "undo"), reason.encode())
    session.flush()


def of_person(session: Session, person_id: UUID) -> list[Told]:
    """In which the person is either of the two, the newest first. Raises Forbidden, NoSuchPerson."""
    permissions.require(session, Permission.SEE_PERSONS)
    if session.scalar(select(Person.person_id).where(Person.person_id == person_id)) is None:
        raise NoSuchPerson
    found = session.scalars(
        select(PersonChange)
        .where(or_(PersonChange.kept_id == person_id, PersonChange.other_id == person_id))
        .order_by(PersonChange.change_id.desc())
    )
    return [_told(session, row) for row in found]


def get(session: Session, change_id: UUID) -> Told:
    """Raises Forbidden, NoSuchChange."""
    permissions.require(session, Permission.SEE_PERSONS)
    row = session.scalar(select(PersonChange).where(PersonChange.change_id == change_id))
    if row is None:
        raise NoSuchChange
    return _told(session, row)


def hindrances(session: Session, row: PersonChange) -> list[Conflict]:
    """All that keeps a change from being undone now."""
    both = (row.kept_id, row.other_id)
    found = [*for_now(session, both)]
    if _changed_again(session, row):
        found.append(ChangedAgain())
    if _said_since(session, row):
        found.append(SaidSince())
    if row.kind is ChangeKind.SPLIT:
        return found
    count = session.scalar(
        select(func.count()).where(Record.person_id == row.kept_id, Record.created_at > row.made_at)
    )  # fmt: skip
    if count:
        found.append(RecordsCameSince(count=count))
    if _restricted_since(session, row):
        found.append(RestrictedSince())
    return found


def move_records(session: Session, from_id: UUID, to_id: UUID, *, only: Collection[UUID] | None = None) -> list[UUID]:
    """With what they were before they were corrected, and with the restrictions of each."""
    chosen = update(Record).where(Record.person_id == from_id)
    if only is not None:
        chosen = chosen.where(Record.record_id.in_(only))
    moved = list(session.scalars(chosen.values(person_id=to_id).returning(Record.record_id)))
    for model in (Correction, Restriction):
        session.execute(update(model).where(model.record_id.in_(moved)).values(person_id=to_id))
    return moved


def now(session: Session) -> datetime:
    """The one moment of this transaction, by which what it ended is known again."""
    return session.scalars(select(func.now())).one()


def for_now(session: Session, person_ids: Collection[UUID]) -> list[Conflict]:
    """What keeps these persons from being changed until it is over."""
    found: list[Conflict] = []
    if reassigning.being_answered(session, person_ids):
        found.append(BeingAnswered())
    lifted = select(Restriction.restriction_id).where(
        Restriction.person_id.in_(person_ids), Restriction.state == RestrictionState.BEING_LIFTED
    )
    if session.scalars(lifted.limit(1)).first() is not None:
        found.append(BeingLifted())
    return found


def _changed_again(session: Session, row: PersonChange) -> bool:
    both = (row.kept_id, row.other_id)
    later = select(PersonChange.change_id).where(
        or_(PersonChange.kept_id.in_(both), PersonChange.other_id.in_(both)),
        PersonChange.change_id > row.change_id,
        PersonChange.undone_at.is_(None),
    )
    return session.scalars(later.limit(1)).first() is not None


def _said_since(session: Session, row: PersonChange) -> bool:
    both = (row.kept_id, row.other_id)
    return any(
        session.scalars(
            select(said.kind)
            .where(said.person_id.in_(both), or_(said.since > row.made_at, said.until > row.made_at))
            .limit(1)
        ).first()
        is not None
        for said in (Consent, Objection)
    )


def _restricted_since(session: Session, row: PersonChange) -> bool:
    since = select(Restriction.restriction_id).where(
        Restriction.person_id.in_((row.kept_id, row.other_id)),
        or_(Restriction.placed_at > row.made_at, Restriction.lifted_at > row.made_at),
    )
    return session.scalars(since.limit(1)).first() is not None


def _told(session: Session, row: PersonChange) -> Told:
    keys, undone = keyring(session), row.sealed_undo_reason
    return Told(
        row=row,
        reason=unseal(keys, _place(row.change_id, "reason"), row.sealed_reason).decode(),
        undo_reason=unseal(keys, _place(row.change_id, "undo"), undone).decode() if undone else None,
        hindrances=[] if row.undone_at else hindrances(session, row),
    )


def _place(change_id: UUID, field: str) -> Place:
    return Place("person change", change_id, field)

"""Two persons who share an identifier and are two people nevertheless: said with a reason, remembered, taken back.

They are not proposed as duplicates again, and not merged before it is taken back. It holds for the two ids: once one
of them is merged with a third person, that one is another question.
"""

from collections.abc import Collection
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.database import acting_of
from tenants.errors import Conflict
from tenants.registers import finding, persons, viewing
from tenants.registers.model import Distinction
from tenants.sameness import changes
from tenants.sameness.refusals import NoSuchDistinction, SaidToBeTwo, SamePersonTwice, UndoneAlready
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place, seal, unseal

SHOWN = 50


class Apart(Struct, frozen=True):
    """With its reasons opened. Names are as the registers spell them; empty where none knows one."""

    row: Distinction
    one: str
    other: str
    reason: str
    undo_reason: str | None


def tell_apart(session: Session, one_id: UUID, other_id: UUID, *, reason: str) -> UUID:
    """The distinction's id. Raises Forbidden, Invalid, NoSuchPerson, HeldAsAnother, SaidToBeTwo."""
    permissions.require(session, Permission.MERGE_PERSONS)
    reason = changes.stated(reason)
    for person_id in _ordered(one_id, other_id):
        persons.hold(session, person_id)
    refuse_if_apart(session, one_id, other_id)
    first, second = _ordered(one_id, other_id)
    distinction_id = new_id()
    session.add(
        Distinction(
            distinction_id=distinction_id,
            one_id=first,
            other_id=second,
            sealed_reason=seal(keyring(session), _place(distinction_id, "reason"), reason.encode()),
            made_by=acting_of(session).actor_id,
        )
    )
    session.flush()
    trail.record(session, "distinction.made", about="person", ids=[one_id, other_id])
    return distinction_id


def take_back(session: Session, distinction_id: UUID, *, reason: str) -> Distinction:
    """They may be one again. Raises Forbidden, Invalid, NoSuchDistinction, UndoneAlready."""
    permissions.require(session, Permission.MERGE_PERSONS)
    reason = changes.stated(reason)
    row = session.scalar(select(Distinction).where(Distinction.distinction_id == distinction_id).with_for_update())
    if row is None:
        raise NoSuchDistinction
    if row.undone_at is not None:
        raise UndoneAlready
    row.undone_at, row.undone_by = func.now(), acting_of(session).actor_id
    row.sealed_undo_reason = seal(keyring(session), _place(distinction_id, "undo"), reason.encode())
    session.flush()
    trail.record(session, "distinction.undone", about="person", ids=[row.one_id, row.other_id])
    return row


def names(session: Session, one_id: UUID, other_id: UUID) -> tuple[str, str]:
    """Who would be told apart; an entry of the audit. Raises Forbidden, Invalid, NoSuchPerson, HeldAsAnother."""
    permissions.require(session, Permission.MERGE_PERSONS)
    for person_id in _ordered(one_id, other_id):
        viewing.exists(session, person_id)
    found = finding.names_of(session, (one_id, other_id))
    trail.record(session, "person.told_apart", about="person", ids=[one_id, other_id])
    return found.get(one_id, ""), found.get(other_id, "")


def get(session: Session, distinction_id: UUID) -> Apart:
    """An entry of the audit. Raises Forbidden, NoSuchDistinction."""
    permissions.require(session, Permission.MERGE_PERSONS)
    found = _told(session, Distinction.distinction_id == distinction_id)
    if not found:
        raise NoSuchDistinction
    return found[0]


def of_person(session: Session, person_id: UUID) -> list[Apart]:
    """Those in force and those taken back, the newest first. Raises Forbidden, NoSuchPerson, HeldAsAnother."""
    permissions.require(session, Permission.MERGE_PERSONS)
    viewing.exists(session, person_id)
    return _told(session, or_(Distinction.one_id == person_id, Distinction.other_id == person_id))


def of_company(session: Session) -> list[Apart]:
    """Those in force, the newest first; at most `SHOWN`. Raises Forbidden."""
    permissions.require(session, Permission.MERGE_PERSONS)
    return _told(session, Distinction.undone_at.is_(None))


def hindrance(session: Session, one_id: UUID, other_id: UUID) -> list[Conflict]:
    """What stands in the way of merging the two."""
    first, second = _ordered(one_id, other_id)
    said = select(Distinction.distinction_id).where(
        Distinction.one_id == first, Distinction.other_id == second, Distinction.undone_at.is_(None)
    )
    return [] if session.scalar(said) is None else [SaidToBeTwo()]


def refuse_if_apart(session: Session, one_id: UUID, other_id: UUID) -> None:
    """While both are held. Raises SaidToBeTwo."""
    for said in hindrance(session, one_id, other_id):
        raise said


def _told(session: Session, which: ColumnElement[bool]) -> list[Apart]:
    newest = select(Distinction).where(which).order_by(Distinction.distinction_id.desc())
    rows = session.scalars(newest.limit(SHOWN)).all()
    named = _named(session, {person_id for row in rows for person_id in (row.one_id, row.other_id)})
    keys = keyring(session)
    return [
        Apart(
            row,
            named.get(row.one_id, ""),
            named.get(row.other_id, ""),
            unseal(keys, _place(row.distinction_id, "reason"), row.sealed_reason).decode(),
            unseal(keys, _place(row.distinction_id, "undo"), row.sealed_undo_reason).decode()
            if row.sealed_undo_reason
            else None,
        )
        for row in rows
    ]


def _named(session: Session, person_ids: Collection[UUID]) -> dict[UUID, str]:
    if not person_ids:
        return {}
    trail.record(session, "distinctions.listed", about="person", ids=sorted(person_ids))
    return finding.names_of(session, person_ids)


def _ordered(one_id: UUID, other_id: UUID) -> tuple[UUID, UUID]:
    """The smaller id first: so the pair is kept, and so both are locked. Raises SamePersonTwice."""
    if one_id == other_id:
        raise SamePersonTwice(field="other")
    return min(one_id, other_id), max(one_id, other_id)


def _place(distinction_id: UUID, field: str) -> Place:
    return Place("distinction", distinction_id, field)

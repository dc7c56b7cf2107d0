"""Restriction of processing (Art. 18): placed on a person or on one record, with its ground, until it is lifted.

What is restricted is hidden by the database's policies from every purpose but those of Art. 18(2). Persons, records,
identifiers and what corrections keep carry the mark each; it is put on all of them here and nowhere else.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import literal, select, text, update
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.database import acting_of
from tenants.errors import Conflict, Invalid, NotFound, TooLong
from tenants.languages.speaking import HELSINKI
from tenants.registers import changes, identifiers, viewing
from tenants.registers.model import (
    Cause,
    Correction,
    Person,
    Record,
    Restriction,
    RestrictionGround,
    RestrictionState,
)
from tenants.registers.viewing import NoSuchValue
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place, seal, unseal

LONGEST_REASON = 2_000


class NoSuchRestriction(NotFound):
    """There is no such restriction here."""


class RestrictionReasonMissing(Invalid):
    """Say why, in words."""


class ReviewInThePast(Invalid):
    """The day of the review is still to come."""


class AlreadyRestricted(Conflict):
    """This is restricted already."""


class NotInForce(Conflict):
    """The restriction is being lifted, or has been."""


class Restricted(Struct, frozen=True):
    """A restriction with its reason opened."""

    row: Restriction
    reason: str


def place(
    session: Session,
    person_id: UUID,
    *,
    ground: RestrictionGround,
    reason: str,
    review_on: date,
    record_id: UUID | None = None,
) -> UUID:
    """On the whole person, or on one record.

    Raises Forbidden, NoSuchPerson, HeldAsAnother, NoSuchValue, Invalid, AlreadyRestricted.
    """
    permissions.require(session, Permission.RESTRICT_PERSONS)
    reason = stated(reason)
    if review_on <= datetime.now(HELSINKI).date():
        raise ReviewInThePast(field="review_on")
    alone(session)
    _there(session, person_id, record_id)
    if any(one.record_id == record_id for one in open_of(session, person_id)):
        raise AlreadyRestricted
    row = Restriction(
        restriction_id=new_id(),
        person_id=person_id,
        record_id=record_id,
        state=RestrictionState.IN_FORCE,
        ground=ground,
        placed_by=acting_of(session).actor_id,
        review_on=review_on,
    )
    row.sealed_reason = seal(keyring(session), _place(row.restriction_id), reason.encode())
    session.add(row)
    session.flush()
    mark(session, person_id)
    _tell(session, Cause.RESTRICTED, row)
    of = "record" if record_id else "person"
    trail.record(session, "restriction.placed", about="person", ids=[person_id], ground=ground, of=of)
    return row.restriction_id


def of_person(session: Session, person_id: UUID) -> list[Restricted]:
    """Those in force and those that were, the newest first. Raises Forbidden, NoSuchPerson."""
    permissions.require(session, Permission.SEE_PERSONS)
    viewing.exists(session, person_id)
    rows = session.scalars(
        select(Restriction).where(Restriction.person_id == person_id).order_by(Restriction.restriction_id.desc())
    )
    keys = keyring(session)
    return [Restricted(one, unseal(keys, _place(one.restriction_id), one.sealed_reason).decode()) for one in rows]


def get(session: Session, restriction_id: UUID) -> Restriction:
    """Raises Forbidden, NoSuchRestriction."""
    permissions.require(session, Permission.RESTRICT_PERSONS)
    row = session.scalar(select(Restriction).where(Restriction.restriction_id == restriction_id))
    if row is None:
        raise NoSuchRestriction
    return row


def claim(session: Session, restriction_id: UUID, state: RestrictionState) -> Restriction:
    """Locked, and in this state. Raises NoSuchRestriction, NotInForce."""
    row = session.scalar(select(Restriction).where(Restriction.restriction_id == restriction_id).with_for_update())
    if row is None:
        raise NoSuchRestriction
    if row.state is not state:
        raise NotInForce
    return row


def end(session: Session, row: Restriction) -> None:
    """After the notice of it is on its way (Art. 18(3)), and not before."""
    alone(session)
    row.state = RestrictionState.LIFTED
    row.lifted_at = datetime.now(UTC)
    session.flush()
    mark(session, row.person_id)
    _tell(session, Cause.RESTRICTION_LIFTED, row)
    trail.record(session, "restriction.lifted", about="person", ids=[row.person_id], ground=row.ground)


def copy_to(session: Session, row: Restriction, person_id: UUID) -> UUID:
    """The same restriction, on all of another person; `mark` comes after."""
    keys, restriction_id = keyring(session), new_id()
    reason = unseal(keys, _place(row.restriction_id), row.sealed_reason)
    session.add(
        Restriction(
            restriction_id=restriction_id,
            person_id=person_id,
            state=RestrictionState.IN_FORCE,
            ground=row.ground,
            sealed_reason=seal(keys, _place(restriction_id), reason),
            placed_by=row.placed_by,
            placed_at=row.placed_at,
            review_on=row.review_on,
        )
    )
    session.flush()
    return restriction_id


def stated(reason: str) -> str:
    """Raises RestrictionReasonMissing, TooLong."""
    if not reason.strip():
        raise RestrictionReasonMissing(field="reason")
    if len(reason) > LONGEST_REASON:
        raise TooLong(field="reason", most=LONGEST_REASON)
    return reason.strip()


def mark(session: Session, person_id: UUID) -> None:
    """Makes every row of the person say what the restrictions that are open say."""
    found = open_of(session, person_id)
    whole = any(one.record_id is None for one in found)
    some = [one.record_id for one in found if one.record_id is not None]
    session.execute(update(Person).where(Person.person_id == person_id).values(restricted=whole))
    for model in (Record, Correction):
        marked = literal(True) if whole else model.record_id.in_(some)
        session.execute(update(model).where(model.person_id == person_id).values(restricted=marked))
    identifiers.renew(session, [person_id])


def _tell(session: Session, cause: Cause, row: Restriction) -> None:
    changes.note(session, cause, [row.person_id], record_ids=[row.record_id] if row.record_id else ())


def alone(session: Session) -> None:
    """No import of the company writes until this one is over: it looked at the marks when its rows were planned."""
    name = f"import {acting_of(session).company_id}"
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def _there(session: Session, person_id: UUID, record_id: UUID | None) -> None:
    session.execute(select(Person.person_id).where(Person.person_id == person_id).with_for_update()).all()
    viewing.exists(session, person_id)
    of_person = select(Record.record_id).where(Record.person_id == person_id, Record.record_id == record_id)
    if record_id is not None and session.scalar(of_person) is None:
        raise NoSuchValue


def open_of(session: Session, person_id: UUID) -> Sequence[Restriction]:
    return session.scalars(
        select(Restriction).where(Restriction.person_id == person_id, Restriction.state != RestrictionState.LIFTED)
    ).all()


def _place(restriction_id: UUID) -> Place:
    return Place("restriction", restriction_id, "reason")

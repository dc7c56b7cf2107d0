"""Objections (Art. 21): a door that is opened for a kind of purpose is shut from the next statement on."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.consents.model import Objection
from tenants.errors import Conflict, NotFound
from tenants.registers.model import Person
from tenants.registers.viewing import NoSuchPerson


class AlreadyObjected(Conflict):
    """This person has objected to this purpose already."""


class NothingObjected(NotFound):
    """This person has not objected to this purpose."""


def object_to(session: Session, person_id: UUID, kind: PurposeKind) -> None:
    """Raises NoSuchPerson, AlreadyObjected."""
    if session.scalar(select(Person.person_id).where(Person.person_id == person_id)) is None:
        raise NoSuchPerson
    if kind in in_force(session, person_id):
        raise AlreadyObjected
    session.add(Objection(person_id=person_id, kind=kind, since=func.now()))
    session.flush()
    trail.record(session, "objection.made", about="person", ids=[person_id], kind=kind)


def lift(session: Session, person_id: UUID, kind: PurposeKind) -> None:
    """The person takes the objection back. Raises NothingObjected."""
    lifted = session.execute(
        update(Objection)
        .where(Objection.person_id == person_id, Objection.kind == kind, Objection.until.is_(None))
        .values(until=func.now())
        .returning(Objection.person_id)
    )  # fmt: skip
    if lifted.first() is None:
        raise NothingObjected
    trail.record(session, "objection.lifted", about="person", ids=[person_id], kind=kind)


def in_force(session: Session, person_id: UUID) -> Mapping[PurposeKind, datetime]:
    """The kinds of purposes that the person objects to now, and since when."""
    rows = session.execute(
        select(Objection.kind, Objection.since).where(Objection.person_id == person_id, Objection.until.is_(None))
    )
    return {kind: since for kind, since in rows}  # noqa: C416 (typed rows, not pairs)

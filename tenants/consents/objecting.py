"""Objections (Art. 21): a door that is opened for a kind of purpose is shut from the next statement on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.consents import periods
from tenants.consents.model import Objection
from tenants.errors import Conflict, NotFound
from tenants.registers import changes
from tenants.registers.model import Cause


class AlreadyObjected(Conflict):
    """This person has objected to this purpose already."""


class NothingObjected(NotFound):
    """This person has not objected to this purpose."""


def object_to(session: Session, person_id: UUID, kind: PurposeKind) -> None:
    """Raises NoSuchPerson, HeldAsAnother, AlreadyObjected."""
    periods.begin(session, Objection(person_id=person_id, kind=kind), already=AlreadyObjected)
    changes.note(session, Cause.OBJECTED, [person_id])
    trail.record(session, "objection.made", about="person", ids=[person_id], kind=kind)


def lift(session: Session, person_id: UUID, kind: PurposeKind) -> None:
    """The person takes the objection back. Raises NoSuchPerson, HeldAsAnother, NothingObjected."""
    periods.end(session, Objection, person_id, kind, nothing=NothingObjected)
    changes.note(session, Cause.OBJECTION_LIFTED, [person_id])
    trail.record(session, "objection.lifted", about="person", ids=[person_id], kind=kind)


def in_force(session: Session, person_id: UUID) -> Mapping[PurposeKind, datetime]:
    """The kinds of purposes that the person objects to now, and since when."""
    return periods.in_force(session, Objection, person_id)


def history(session: Session, person_id: UUID) -> Sequence[Objection]:
    """Those in force and those that were, the newest first."""
    wanted = select(Objection).where(Objection.person_id == person_id)
    return session.scalars(wanted.order_by(Objection.since.desc(), Objection.kind)).all()

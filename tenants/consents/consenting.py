"""Consents (Art. 6(1)(a), 7): given for one kind of purpose, withdrawn as easily, with effect at the next statement."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.consents.model import Consent
from tenants.errors import Conflict, Invalid, NotFound, TooLong
from tenants.registers.model import Person
from tenants.registers.viewing import NoSuchPerson

LONGEST_SOURCE = 200


class AlreadyConsented(Conflict):
    """This person has consented to this purpose already."""


class NothingConsented(NotFound):
    """This person has not consented to this purpose."""


class ConsentNotShown(Invalid):
    """Say where it is shown that the person consented."""


def give(session: Session, person_id: UUID, kind: PurposeKind, *, source: str) -> None:
    """Raises NoSuchPerson, AlreadyConsented, ConsentNotShown, TooLong."""
    if not source.strip():
        raise ConsentNotShown(field="source")
    if len(source) > LONGEST_SOURCE:
        raise TooLong(field="source", most=LONGEST_SOURCE)
    if session.scalar(select(Person.person_id).where(Person.person_id == person_id)) is None:
        raise NoSuchPerson
    if kind in in_force(session, person_id):
        raise AlreadyConsented
    session.add(Consent(person_id=person_id, kind=kind, since=func.now(), source=source))
    session.flush()
    trail.record(session, "consent.given", about="person", ids=[person_id], kind=kind)


def withdraw(session: Session, person_id: UUID, kind: PurposeKind) -> None:
    """Raises NothingConsented."""
    withdrawn = session.execute(
        update(Consent)
        .where(Consent.person_id == person_id, Consent.kind == kind, Consent.until.is_(None))
        .values(until=func.now())
        .returning(Consent.person_id)
    )  # fmt: skip
    if withdrawn.first() is None:
        raise NothingConsented
    trail.record(session, "consent.withdrawn", about="person", ids=[person_id], kind=kind)


def in_force(session: Session, person_id: UUID) -> Mapping[PurposeKind, datetime]:
    """The kinds of purposes that the person consents to now, and since when."""
    rows = session.execute(
        select(Consent.kind, Consent.since).where(Consent.person_id == person_id, Consent.until.is_(None))
    )
    return {kind: since for kind, since in rows}  # noqa: C416 (typed rows, not pairs)

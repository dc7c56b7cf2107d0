"""Consents (Art. 6(1)(a), 7): given for one kind of purpose, withdrawn as easily, with effect at the next statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.consents import periods
from tenants.consents.model import Consent
from tenants.errors import Conflict, Invalid, NotFound, TooLong
from tenants.registers import changes
from tenants.registers.model import Cause

LONGEST_SOURCE = 200


class AlreadyConsented(Conflict):
    """This person has consented to this purpose already."""


class NothingConsented(NotFound):
    """This person has not consented to this purpose."""


class ConsentNotShown(Invalid):
    """Say where it is shown that the person consented."""


def give(session: Session, person_id: UUID, kind: PurposeKind, *, source: str) -> None:
    """Raises NoSuchPerson, HeldAsAnother, AlreadyConsented, ConsentNotShown, TooLong."""
    if not source.strip():
        raise ConsentNotShown(field="source")
    if len(source) > LONGEST_SOURCE:
        raise TooLong(field="source", most=LONGEST_SOURCE)
    periods.begin(session, Consent(person_id=person_id, kind=kind, source=source), already=AlreadyConsented)
    changes.note(session, Cause.CONSENTED, [person_id])
    trail.record(session, "consent.given", about="person", ids=[person_id], kind=kind)


def withdraw(session: Session, person_id: UUID, kind: PurposeKind) -> None:
    """Raises NoSuchPerson, HeldAsAnother, NothingConsented."""
    periods.end(session, Consent, person_id, kind, nothing=NothingConsented)
    changes.note(session, Cause.WITHDRAWN, [person_id])
    trail.record(session, "consent.withdrawn", about="person", ids=[person_id], kind=kind)


def in_force(session: Session, person_id: UUID) -> Mapping[PurposeKind, datetime]:
    """The kinds of purposes that the person consents to now, and since when."""
    return periods.in_force(session, Consent, person_id)


def history(session: Session, person_id: UUID) -> Sequence[Consent]:
    """Those in force and those that were, the newest first."""
    wanted = select(Consent).where(Consent.person_id == person_id)
    return session.scalars(wanted.order_by(Consent.since.desc(), Consent.kind)).all()

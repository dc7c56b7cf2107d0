"""What people say of kinds of purposes begins and ends; what ended is kept as a period of the past."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.consents.model import Period
from tenants.errors import Conflict, NotFound
from tenants.registers import persons


def begin(session: Session, period: Period, *, already: type[Conflict]) -> None:
    """From now on. Raises NoSuchPerson, HeldAsAnother, and `already` where one of the kind holds."""
    persons.hold(session, period.person_id)
    if period.kind in in_force(session, type(period), period.person_id):
        raise already
    period.since = func.now()
    session.add(period)
    session.flush()


def end(session: Session, of: type[Period], person_id: UUID, kind: PurposeKind, *, nothing: type[NotFound]) -> None:
    """Raises NoSuchPerson, HeldAsAnother, and `nothing` where none of the kind holds."""
    persons.hold(session, person_id)
    ended = session.execute(
        update(of)
        .where(of.person_id == person_id, of.kind == kind, of.until.is_(None))
        .values(until=func.now())
        .returning(of.person_id)
    )
    if ended.first() is None:
        raise nothing


def in_force(session: Session, of: type[Period], person_id: UUID) -> Mapping[PurposeKind, datetime]:
    """The kinds of purposes, and since when."""
    rows = session.execute(select(of.kind, of.since).where(of.person_id == person_id, of.until.is_(None)))
    return {kind: since for kind, since in rows}  # noqa: C416 (typed rows, not pairs)

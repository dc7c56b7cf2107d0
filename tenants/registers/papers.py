"""Manual material: where it lies, and that somebody sees once a year whether it lies as it is declared (P67, P68)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies.model import Member
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import NotFound
from tenants.languages.speaking import HELSINKI
from tenants.registers.model import Attestation, PaperPlace, Register

FIRST_WITHIN = timedelta(days=30)
SOON = timedelta(days=30)


class NoSuchPlace(NotFound):
    """There is no such place of paper here."""


class Attested(Struct, frozen=True):
    at: datetime
    by: str


class Kept(Struct, frozen=True):
    """A place of paper of one register; `last` is None where nobody has attested it yet."""

    row: PaperPlace
    register: Register
    last: Attested | None
    due_on: date

    def is_due(self, today: date) -> bool:
        return self.due_on < today

    def is_due_soon(self, today: date) -> bool:
        return today <= self.due_on <= today + SOON


def listed(session: Session, register_id: UUID | None = None) -> list[Kept]:
    """Of the acting company, or of all for whoever acts for none; what is due first stands first."""
    company_id = acting_of(session).company_id
    wanted = select(PaperPlace, Register).join(Register, Register.register_id == PaperPlace.register_id)
    wanted = wanted.where(PaperPlace.retired_at.is_(None))
    if company_id:
        wanted = wanted.where(PaperPlace.company_id == company_id)
    if register_id:
        wanted = wanted.where(PaperPlace.register_id == register_id)
    rows = session.execute(wanted.order_by(PaperPlace.position)).all()
    last = _last(session, [place.place_id for place, _ in rows])
    kept = [
        Kept(place, register, last.get(place.place_id), _due_on(place, last.get(place.place_id)))
        for place, register in rows
    ]
    return sorted(kept, key=lambda one: one.due_on)


def attest(session: Session, place_id: UUID) -> None:
    """The acting member has seen that this lies as it is declared. Raises NoSuchPlace, Forbidden."""
    here = require(session, Permission.ATTEST_PAPER)
    own = select(PaperPlace).where(
        PaperPlace.place_id == place_id,
        PaperPlace.company_id == here.acting.company_id,
        PaperPlace.retired_at.is_(None),
    )
    place = session.scalar(own)
    if place is None:
        raise NoSuchPlace
    session.add(Attestation(company_id=place.company_id, place_id=place_id, attested_by=here.member_id))
    session.flush()
    trail.record(session, "paper.attested", about="paper_place", ids=[place_id])


def _last(session: Session, place_ids: Sequence[UUID]) -> dict[UUID, Attested]:
    found = session.execute(
        select(Attestation.place_id, Attestation.attested_at, Member.name)
        .ext(distinct_on(Attestation.place_id))
        .join(Member, Member.member_id == Attestation.attested_by)
        .where(Attestation.place_id.in_(place_ids))
        .order_by(Attestation.place_id, Attestation.attested_at.desc())
    )
    return {place_id: Attested(at, name) for place_id, at, name in found}


def _due_on(place: PaperPlace, last: Attested | None) -> date:
    if last is None:
        return (place.created_at.astimezone(HELSINKI) + FIRST_WITHIN).date()
    return _a_year_after(last.at.astimezone(HELSINKI).date())


def _a_year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year + 1, day=28)

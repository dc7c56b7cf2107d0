"""What people are told of transfers out of the EEA (Art. 13(1)(f), 14(1)(f)), under the agreements in force."""

from collections.abc import Collection, Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from tenants.processors import publishing, reading, standing
from tenants.processors.law import transfers
from tenants.processors.model import AgreementVersion, ShownTransfer, TransferKind


class Adequacy(StrEnum):
    """Whether the Commission has decided that a country protects data adequately (Art. 45)."""

    FOUND = "found"
    FOUND_FOR_SOME = "found_for_some"
    NOT_FOUND = "not_found"


class Transferred(Struct, frozen=True):
    """To a country, on a basis, of these registers: whoever is there, and under however many agreements."""

    country: str
    kind: TransferKind
    adequacy: Adequacy
    registers: frozenset[UUID]


class Abroad(Struct, frozen=True):
    """A country outside the area where somebody has data, and what the transfer there rests on, if anything holds."""

    country: str
    kinds: tuple[TransferKind, ...]
    adequacy: Adequacy


def show(session: Session, version: AgreementVersion) -> None:
    """Of one that is approved now. Whoever reads a notice reads it there from its first day on."""
    session.add_all(
        ShownTransfer(
            agreement_id=version.agreement_id,
            version=version.version,
            country=one.country,
            company_id=version.company_id,
            kind=one.kind,
            assessed=one.assessment is not None,
            registers=version.registers,
            shown_from=version.valid_from,
            shown_until=version.valid_until,
        )
        for one in version.transfers
    )
    session.flush()


def shown(session: Session, company_id: UUID) -> list[Transferred]:
    """On this day, in the notice of this company. A basis that does not hold on it carries nothing, and is not told."""
    today = reading.today()
    return _by_country(_on(session, today, ShownTransfer.company_id == company_id), today)


def under(session: Session, agreement_ids: Collection[UUID]) -> Sequence[ShownTransfer]:
    """What is told on this day of these agreements."""
    return _on(session, reading.today(), ShownTransfer.agreement_id.in_(agreement_ids))


def abroad(codes: Collection[str], told: Sequence[ShownTransfer]) -> tuple[Abroad, ...]:
    """Those of the countries that are outside the area, each with the bases that hold for it."""
    today = reading.today()
    return tuple(
        Abroad(
            code,
            tuple(dict.fromkeys(one.kind for one in told if one.country == code and _holds(one, today))),
            adequacy(code, today),
        )
        for code in sorted(set(codes) - transfers.area(today).countries)
    )


def _on(session: Session, today: date, which: ColumnElement[bool]) -> Sequence[ShownTransfer]:
    shown = select(ShownTransfer).where(which, publishing.shown_on(ShownTransfer, today))
    return session.scalars(shown.order_by(ShownTransfer.country, ShownTransfer.kind)).all()


def _holds(one: ShownTransfer, today: date) -> bool:
    return standing.holds(one.kind, one.country, today, assessed=one.assessed)


def adequacy(country: str, today: date) -> Adequacy:
    decision = transfers.decision(country, today)
    if decision is None:
        return Adequacy.NOT_FOUND
    return Adequacy.FOUND_FOR_SOME if decision.covers else Adequacy.FOUND


def _by_country(rows: Sequence[ShownTransfer], today: date) -> list[Transferred]:
    free = transfers.area(today).countries
    found: dict[tuple[str, TransferKind], frozenset[UUID]] = {}
    for one in rows:
        if one.country not in free and _holds(one, today):
            place = one.country, one.kind
            found[place] = found.get(place, frozenset()) | {*one.registers}
    return [Transferred(country, kind, adequacy(country, today), ids) for (country, kind), ids in found.items()]

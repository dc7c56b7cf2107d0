"""What people are told of transfers out of the EEA (Art. 13(1)(f), 14(1)(f)), under the agreements in force."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from tenants.processors import reading, standing
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


def hide(session: Session, agreement_id: UUID, *, from_day: date) -> None:
    """What was approved before: from this day on something else holds, or nothing."""
    last = from_day - timedelta(days=1)
    session.execute(
        update(ShownTransfer)
        .where(ShownTransfer.agreement_id == agreement_id)
        .values(shown_until=func.least(ShownTransfer.shown_until, last))
    )


def shown(session: Session, company_id: UUID) -> list[Transferred]:
    """On this day, in the notice of this company. A basis that does not hold on it carries nothing, and is not told."""
    today = reading.today()
    still = or_(ShownTransfer.shown_until.is_(None), ShownTransfer.shown_until >= today)
    rows = session.scalars(
        select(ShownTransfer)
        .where(ShownTransfer.company_id == company_id, ShownTransfer.shown_from <= today, still)
        .order_by(ShownTransfer.country, ShownTransfer.kind)
    ).all()
    return _by_country(rows, today)


def adequacy(country: str, today: date) -> Adequacy:
    decision = transfers.decision(country, today)
    if decision is None:
        return Adequacy.NOT_FOUND
    return Adequacy.FOUND_FOR_SOME if decision.covers else Adequacy.FOUND


def _by_country(rows: Sequence[ShownTransfer], today: date) -> list[Transferred]:
    free = transfers.area(today).countries
    found: dict[tuple[str, TransferKind], frozenset[UUID]] = {}
    for one in rows:
        if one.country not in free and standing.holds(one.kind, one.country, today, assessed=one.assessed):
            place = one.country, one.kind
            found[place] = found.get(place, frozenset()) | {*one.registers}
    return [Transferred(country, kind, adequacy(country, today), ids) for (country, kind), ids in found.items()]

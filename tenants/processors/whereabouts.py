"""In which countries a company's recipients and whoever they engage process its data, and what carries it there."""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tenants.processors import engaging, standing
from tenants.processors.law import transfers
from tenants.processors.model import AgreementState, AgreementVersion, Processor, Transfer, TransferKind
from tenants.processors.reading import Agreed
from tenants.processors.standing import Ground


class Carried(StrEnum):
    """What a transfer to a country rests on, from what needs nothing to what stops the flow."""

    AREA = "area"
    ADEQUACY = "adequacy"
    SAFEGUARDS = "safeguards"
    NOTHING = "nothing"


class There(Struct, frozen=True):
    """A recipient in a country, under one agreement; `through` is the processor that engages it, if one does."""

    processor: Processor
    through: Processor | None
    agreement_id: UUID
    carried: Carried


class Country(Struct, frozen=True):
    code: str
    recipients: tuple[There, ...]

    @property
    def carried(self) -> Carried:
        """Of the one that is carried worst."""
        return max((one.carried for one in self.recipients), key=tuple(Carried).index)


class Abroad(Struct, frozen=True):
    """A country outside the area, and what carries a transfer there, if anything is written down that does."""

    country: str
    kinds: tuple[TransferKind, ...]


def abroad(codes: Sequence[str], bases: Sequence[Transfer], today: date) -> tuple[Abroad, ...]:
    """Those of the countries that are outside the area, each with the bases that carry a transfer to it."""
    return tuple(
        Abroad(code, tuple(dict.fromkeys(_kinds(bases, code, today))))
        for code in sorted(set(codes) - transfers.area(today).countries)
    )


def countries(known: Ground, agreements: Sequence[Agreed], today: date) -> list[Country]:
    """Under the agreements that go on today, by the codes of the countries."""
    found: dict[str, list[There]] = {}
    for agreed in agreements:
        version = agreed.on(today)
        if agreed.state(version, today) is not AgreementState.IN_FORCE:
            continue
        for code, there in _under(known, agreed, version, today):
            found.setdefault(code, []).append(there)
    return [Country(code, tuple(found[code])) for code in sorted(found)]


def _under(known: Ground, agreed: Agreed, version: AgreementVersion, today: date) -> Iterator[tuple[str, There]]:
    processor, agreement_id = known.processors[agreed.agreement.processor_id], agreed.agreement.agreement_id
    for code in sorted({processor.country, *processor.countries}):
        yield code, There(processor, None, agreement_id, _carried(version, code, today))
    for link in engaging.beneath(processor.processor_id, known.engaged):
        if link.since <= today:
            lower, upper = known.processors[link.sub_processor_id], known.processors[link.processor_id]
            for code in sorted({lower.country, *link.countries}):
                yield code, There(lower, upper, agreement_id, _carried(version, code, today))


def _carried(version: AgreementVersion, country: str, today: date) -> Carried:
    if country in transfers.area(today).countries:
        return Carried.AREA
    kinds = _kinds(version.transfers, country, today)
    if TransferKind.ADEQUACY in kinds:
        return Carried.ADEQUACY
    return Carried.SAFEGUARDS if kinds else Carried.NOTHING


def _kinds(bases: Sequence[Transfer], country: str, today: date) -> list[TransferKind]:
    return [one.kind for one in bases if standing.carries(one, country, today)]

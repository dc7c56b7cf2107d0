"""In which countries a company's recipients and whoever they engage process its data, and what carries it there."""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from tenants.processors import engaging, standing
from tenants.processors.law import transfers
from tenants.processors.model import AgreementState, AgreementVersion, Processor, TransferKind
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
    kinds = {one.kind for one in version.transfers if standing.carries(one, country, today)}
    if TransferKind.ADEQUACY in kinds:
        return Carried.ADEQUACY
    return Carried.SAFEGUARDS if kinds else Carried.NOTHING

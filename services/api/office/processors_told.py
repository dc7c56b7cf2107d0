"""Processors, their agreements and whom they engage, as the pages of the office show them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy.orm import Session

from services.api import stops_told
from services.api.stops_told import ToldStop
from tenants.companies import companies
from tenants.database import acting_of
from tenants.languages.speaking import Language, Text
from tenants.processors import reading, standing
from tenants.processors.law import transfers
from tenants.processors.model import AgreementState, Processor, SubProcessor
from tenants.processors.reading import Agreed
from tenants.processors.standing import AgreementsStand, Ground, Reason
from tenants.registers.model import RecipientKind

PROCESSORS = "/office/processors"
AGREEMENTS = f"{PROCESSORS}/agreements"
PROPOSALS = f"{PROCESSORS}/proposals"
# So long before its last day an agreement is to be looked at; its owners are told first then.
NEAR = timedelta(days=30)


class Place(Struct, frozen=True):
    """`outside`: of the EEA."""

    code: str
    outside: bool


class Listed(Struct, frozen=True, kw_only=True):
    """`until` is the last day of the evidence that holds, or of the last that did; `ends` of an agreement, if near."""

    key: str
    name: str
    kind: RecipientKind
    places: list[Place]
    standing: AgreementsStand
    stops: int
    ends: date | None
    until: date | None
    verified: bool
    retired: bool
    of_the_group: bool
    url: str


class ShownAgreement(Struct, frozen=True, kw_only=True):
    """The version by which it is known today. `next_url`: where a next one is drafted."""

    key: str
    state: AgreementState
    version: int
    valid_from: date
    valid_until: date | None
    stops: list[ToldStop]
    url: str


class Branch(Struct, frozen=True, kw_only=True):
    """A sub-processor with those beneath it. `open`: companies may object today."""

    processor_id: UUID
    sub_processor_id: UUID
    key: str
    name: str
    url: str
    service: Text
    places: list[Place]
    since: date
    begun: bool
    announced_on: date | None
    objections_until: date | None
    may_object: bool
    objection_id: UUID | None
    objection: str | None
    beneath: list["Branch"]


class Catalogue(Struct, frozen=True):
    """What the pages are made of: read once."""

    ground: Ground
    agreements: list[Agreed]
    today: date
    own: UUID | None

    def of(self, processor_id: UUID) -> list[Agreed]:
        return [one for one in self.agreements if one.agreement.processor_id == processor_id]


def catalogue(session: Session) -> Catalogue:
    own = reading.listed(session) if acting_of(session).company_id is not None else []
    return Catalogue(standing.ground(session), own, reading.today(), acting_of(session).company_id)


def url_of(processor_id: UUID) -> str:
    return f"{PROCESSORS}/{processor_id}"


def agreement_url(agreement_id: UUID) -> str:
    return f"{AGREEMENTS}/{agreement_id}"


def listed(known: Catalogue, one: Processor) -> Listed:
    found = [
        standing.stops(known.ground, agreed, agreed.on(known.today), known.today) for agreed in _going_on(known, one)
    ]
    made = known.ground.verifications.get(one.processor_id, ())
    evidence = [each for each in made if known.own is None or each.company_id in (None, known.own)]
    until = max((each.valid_until for each in evidence), default=None)
    return Listed(
        key=one.key,
        name=one.name,
        kind=one.kind,
        places=places({one.country, *one.countries}, known.today),
        standing=AgreementsStand.NONE if not found else AgreementsStand.STOPPED if any(found) else AgreementsStand.GOOD,
        stops=sum(
            len({each.reason if each.reason is Reason.CHECKLIST_INCOMPLETE else each for each in one}) for one in found
        ),
        ends=_first_end(known, one),
        until=until,
        verified=until is not None and until >= known.today,
        retired=one.retired_at is not None,
        of_the_group=one.company_id is not None,
        url=url_of(one.processor_id),
    )


def _first_end(known: Catalogue, one: Processor) -> date | None:
    """Of what flows now; a next version that is approved already takes over."""
    ends = [
        version.valid_until
        for agreed in _going_on(known, one)
        for version in (agreed.on(known.today),)
        if version.valid_until and agreed.state(version, known.today) is AgreementState.IN_FORCE
    ]
    near = [day for day in ends if day - known.today <= NEAR]
    return min(near, default=None)


def agreements(language: Language, known: Catalogue, processor_id: UUID) -> list[ShownAgreement]:
    return [agreement(language, known, one) for one in known.of(processor_id)]


def agreement(language: Language, known: Catalogue, agreed: Agreed) -> ShownAgreement:
    version = agreed.on(known.today)
    stops = standing.stops(known.ground, agreed, version, known.today)
    return ShownAgreement(
        key=agreed.agreement.key,
        state=agreed.state(version, known.today),
        version=version.version,
        valid_from=version.valid_from,
        valid_until=version.valid_until,
        stops=stops_told.told(language, stops),
        url=agreement_url(agreed.agreement.agreement_id),
    )


def places(codes: set[str], today: date) -> list[Place]:
    free = transfers.area(today).countries
    return [Place(one, one not in free) for one in sorted(codes)]


def tree(known: Catalogue, processor_id: UUID, above: Sequence[UUID] = ()) -> list[Branch]:
    """Whoever is met again beneath themselves is not unfolded again."""
    links = known.ground.engaged.get(processor_id, ())
    return [
        _branch(known, link, (*above, processor_id))
        for link in links
        if link.sub_processor_id not in (*above, processor_id)
    ]


def upward(known: Catalogue, processor_id: UUID) -> list[tuple[str, str]]:
    """By whom it is engaged: names and pages."""
    above = [
        upper for upper, links in known.ground.engaged.items() for one in links if one.sub_processor_id == processor_id
    ]
    return [(known.ground.processors[one].name, url_of(one)) for one in above]


def names(session: Session) -> Mapping[UUID, str]:
    return companies.names(session)


def _branch(known: Catalogue, link: SubProcessor, above: Sequence[UUID]) -> Branch:
    lower = known.ground.processors[link.sub_processor_id]
    objection = next(
        (
            one
            for one in known.ground.objections
            if (one.processor_id, one.sub_processor_id) == (link.processor_id, link.sub_processor_id)
        ),
        None,
    )
    return Branch(
        processor_id=link.processor_id,
        sub_processor_id=link.sub_processor_id,
        key=lower.key,
        name=lower.name,
        url=url_of(lower.processor_id),
        service=link.service,
        places=places({lower.country, *link.countries}, known.today),
        since=link.since,
        begun=link.since <= known.today,
        announced_on=link.announced_on,
        objections_until=link.objections_until,
        may_object=objection is None and (link.objections_until is None or link.objections_until >= known.today),
        objection_id=objection.objection_id if objection else None,
        objection=objection.reason if objection else None,
        beneath=tree(known, link.sub_processor_id, above),
    )


def _going_on(known: Catalogue, one: Processor) -> list[Agreed]:
    return [agreed for agreed in known.of(one.processor_id) if agreed.agreement.ended_at is None]

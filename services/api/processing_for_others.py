"""The record of a processor (Art. 30(2)): what companies of the group process for their sisters, and how it is told."""

from collections.abc import Generator, Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.countries import country
from services.api.wording import said
from tenants.companies import companies
from tenants.companies.model import Company, Contact
from tenants.database import acting_of
from tenants.exports.formulas import harmless
from tenants.exports.register_file import csv_lines
from tenants.languages.speaking import Language, Text
from tenants.manifests import versions
from tenants.manifests.model import Protection
from tenants.manifests.versions import NoManifest
from tenants.processors import engaging, standing
from tenants.processors.model import AgreementState, Transfer
from tenants.processors.standing import ForOther, Ground

COLUMNS = (
    "processor",
    "controller",
    "controller_business_id",
    "controller_contact",
    "state",
    "valid_from",
    "valid_until",
    "processing",
    "transfers",
    "sub_processors",
    "security_manual",
    "security_electronic",
)


class Party(Struct, frozen=True):
    """A company of the group, with how it is reached."""

    company_id: UUID
    name: str
    business_id: str | None
    contact: Contact


class ForController(Struct, frozen=True, kw_only=True):
    """`processing` is carried out on behalf of the controller, in its own words."""

    controller: Party
    state: AgreementState
    valid_from: date
    valid_until: date | None
    processing: list[Text]
    transfers: list[Transfer]


class EngagedBeneath(Struct, frozen=True):
    """To any depth; `engaged_by` is the key of whoever engages it."""

    key: str
    name: str
    engaged_by: str
    service: Text
    countries: list[str]


class RecordOfProcessor(Struct, frozen=True, kw_only=True):
    """`security` is how the group's notices say that data is protected."""

    processor_id: UUID
    processor: Party
    security: Protection
    for_controllers: list[ForController]
    sub_processors: list[EngagedBeneath]


def records(session: Session, known: Ground) -> list[RecordOfProcessor]:
    """Of the acting company; for the whole group of each company that is in the catalogue, without its sisters."""
    own = acting_of(session).company_id
    parties = {one.company_id: one for one in companies.listed(session)}
    security = _security(session)
    return [
        RecordOfProcessor(
            processor_id=one.processor_id,
            processor=party(parties[one.company_id]),
            security=security,
            for_controllers=[_told(each, parties) for each in standing.for_others(session, one.processor_id)],
            sub_processors=_beneath(known, one.processor_id),
        )
        for one in known.processors.values()
        if one.company_id in parties and own in (None, one.company_id)
    ]


def csv_file(language: Language, found: Sequence[RecordOfProcessor]) -> Generator[bytes]:
    """A line for each controller; what is several stands in one cell."""
    return csv_lines(
        COLUMNS,
        [[harmless(cell) for cell in _line(language, one, each)] for one in found for each in one.for_controllers],
    )


def _line(language: Language, one: RecordOfProcessor, each: ForController) -> list[str]:
    controller, security = each.controller, one.security
    return [
        one.processor.name,
        controller.name,
        controller.business_id or "",
        controller.contact.email or controller.contact.address or "",
        said(language, each.state),
        each.valid_from.isoformat(),
        each.valid_until.isoformat() if each.valid_until else "",
        "; ".join(words.in_(language) for words in each.processing),
        "; ".join(f"{country(language, basis.country)}: {said(language, basis.kind)}" for basis in each.transfers),
        "; ".join(f"{lower.name}: {lower.service.in_(language)}" for lower in one.sub_processors),
        security.manual.in_(language) if security.manual else "",
        security.electronic.in_(language) if security.electronic else "",
    ]


def _told(each: ForOther, parties: dict[UUID, Company]) -> ForController:
    return ForController(
        controller=party(parties[each.controller_id]),
        state=each.state,
        valid_from=each.valid_from,
        valid_until=each.valid_until,
        processing=each.purposes,
        transfers=each.transfers,
    )


def party(one: Company) -> Party:
    return Party(one.company_id, one.name, one.business_id, one.answers)


def _beneath(known: Ground, processor_id: UUID) -> list[EngagedBeneath]:
    links = engaging.beneath(processor_id, known.engaged)
    return [
        EngagedBeneath(
            key=known.processors[link.sub_processor_id].key,
            name=known.processors[link.sub_processor_id].name,
            engaged_by=known.processors[link.processor_id].key,
            service=link.service,
            countries=link.countries,
        )
        for link in links
    ]


def _security(session: Session) -> Protection:
    try:
        return versions.in_force(session).notice.protection
    except NoManifest:
        return Protection()

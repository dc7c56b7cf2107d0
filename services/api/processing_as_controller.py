"""The record of a controller (Art. 30(1)): it follows from what is declared and agreed; nothing is written again."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api import notices
from services.api.countries import country
from services.api.notices import Notice
from services.api.processing_for_others import Party, party
from services.api.wording import said
from tenants.companies import companies, members
from tenants.companies.model import Company, Role
from tenants.database import acting_of
from tenants.exports.formulas import harmless
from tenants.exports.register_file import csv_lines
from tenants.languages.speaking import Language, Text
from tenants.manifests.model import Protection
from tenants.processors import cataloguing, reading
from tenants.processors.model import AgreementState, TransferKind
from tenants.processors.transferring import Adequacy
from tenants.registers import registers
from tenants.registers.describing import Description
from tenants.registers.model import LegalBasis, RetentionClass

COLUMNS = (
    "controller",
    "controller_business_id",
    "controller_contact",
    "joint_controllers",
    "data_protection_officers",
    "processing",
    "purposes",
    "data_subjects",
    "categories_of_data",
    "recipients",
    "processors",
    "transfers",
    "erasure",
    "security_manual",
    "security_electronic",
)


class Officer(Struct, frozen=True):
    """A data protection officer, as the staff of the group knows them."""

    name: Annotated[str, Meta(examples=["Tietosuojavastaava"])]
    email: Annotated[str, Meta(examples=["tietosuoja@esimerkki.example"])]


class JointParty(Struct, frozen=True):
    """`contact` is where people turn to."""

    name: Annotated[str, Meta(examples=["Esimerkkikumppani Oy"])]
    contact: Annotated[str, Meta(examples=["tietosuoja@esimerkki.example"])]


class StatedPurpose(Struct, frozen=True):
    label: Text
    legal_basis: LegalBasis | None


class ToRecipient(Struct, frozen=True):
    """`name` where the notice names it and not only its kind."""

    category: Text
    name: Annotated[str, Meta(examples=["Esimerkkipilvi Oy"])] | None


class OutOfArea(Struct, frozen=True):
    """A transfer to a third country, with what it rests on."""

    country: Annotated[str, Meta(examples=["US"])]
    kind: TransferKind
    adequacy: Adequacy


class KeptOtherwise(Struct, frozen=True):
    """Fields that are erased by another rule than the rest of the register."""

    fields: list[Text]
    retention_class: RetentionClass


class Activity(Struct, frozen=True, kw_only=True):
    """What is done with one register. `processors` are those of agreements in force, for the company that asks.

    `security` is said of this register in particular, on top of what is said of all.
    """

    register: Annotated[str, Meta(examples=["customers"])]
    name: Text
    purposes: list[StatedPurpose]
    data_subjects: Text | None
    categories: list[Text]
    recipients: list[ToRecipient]
    processors: Annotated[list[str], Meta(examples=[["Esimerkkipilvi Oy"]])]
    transfers: list[OutOfArea]
    erasure: Text | None
    erased_otherwise: list[KeptOtherwise]
    security: Protection


class RecordOfController(Struct, frozen=True, kw_only=True):
    """`security` is how the group's notices say that data is protected."""

    controller: Party
    joint_controllers: list[JointParty]
    data_protection_officers: list[Officer]
    security: Protection
    activities: list[Activity]


def records(session: Session) -> list[RecordOfController]:
    """Of the acting company; of each company for whoever acts for the whole group, without its processors' names."""
    own, engaged = acting_of(session).company_id, _engaged(session, reading.today())
    ids: dict[UUID, dict[str, UUID]] = {}
    for each in registers.listed(session):
        ids.setdefault(each.company_id, {})[each.key] = each.register_id
    asked = [one for one in companies.listed(session) if own in (None, one.company_id)]
    return [_record(session, one, ids.get(one.company_id, {}), engaged) for one in asked]


def csv_file(language: Language, found: Sequence[RecordOfController]) -> Generator[bytes]:
    """A line for each register; what is several stands in one cell."""
    return csv_lines(
        COLUMNS,
        [[harmless(cell) for cell in _line(language, one, each)] for one in found for each in one.activities],
    )


def _record(
    session: Session, company: Company, ids: Mapping[str, UUID], engaged: Mapping[UUID, list[str]]
) -> RecordOfController:
    notice = notices.notice_of(session, company)
    officers = members.holding(session, Role.DATA_PROTECTION_OFFICER, company.company_id)
    return RecordOfController(
        controller=party(company),
        joint_controllers=[JointParty(one.controller, one.contact) for one in notice.joint],
        data_protection_officers=[Officer(one.name, one.email) for one in officers],
        security=notice.protections.whole,
        activities=[
            _activity(notice, one, ids[one.id], processors=engaged.get(ids[one.id], [])) for one in notice.registers
        ],
    )


def _activity(notice: Notice, one: Description, register_id: UUID, *, processors: list[str]) -> Activity:
    particular = notice.protections.registers.get(one.id)
    return Activity(
        register=one.id,
        name=one.name,
        purposes=[StatedPurpose(each.label, each.legal_basis) for each in one.purposes],
        data_subjects=one.data_subjects,
        categories=[each.name for each in one.categories],
        recipients=[ToRecipient(each.category, each.name) for each in one.recipients],
        processors=processors,
        transfers=[
            OutOfArea(each.country, each.kind, each.adequacy)
            for each in notice.transfers
            if register_id in each.register_ids
        ],
        erasure=one.retention.text if one.retention else None,
        erased_otherwise=[
            KeptOtherwise([field.label for field in each.fields], each.retention_class) for each in one.kept_otherwise
        ],
        security=particular.own if particular else Protection(),
    )


def _engaged(session: Session, today: date) -> dict[UUID, list[str]]:
    """By register, under the acting company's agreements in force."""
    found: dict[UUID, set[str]] = {}
    called = {one.processor_id: one.name for one in cataloguing.listed(session)}
    for agreed in reading.listed(session) if acting_of(session).company_id is not None else ():
        version = agreed.on(today)
        if agreed.state(version, today) is AgreementState.IN_FORCE:
            for register_id in version.registers:
                found.setdefault(register_id, set()).add(called[agreed.agreement.processor_id])
    return {register_id: sorted(names) for register_id, names in found.items()}


def _line(language: Language, one: RecordOfController, each: Activity) -> list[str]:
    controller = one.controller
    return [
        controller.name,
        controller.business_id or "",
        controller.contact.email or controller.contact.phone or controller.contact.address or "",
        "; ".join(f"{other.name}: {other.contact}" for other in one.joint_controllers),
        "; ".join(f"{officer.name}, {officer.email}" for officer in one.data_protection_officers),
        each.name.in_(language),
        "; ".join(_purpose(language, purpose) for purpose in each.purposes),
        each.data_subjects.in_(language) if each.data_subjects else "",
        "; ".join(category.in_(language) for category in each.categories),
        "; ".join(_recipient(language, recipient) for recipient in each.recipients),
        "; ".join(each.processors),
        "; ".join(f"{country(language, out.country)}: {said(language, out.kind)}" for out in each.transfers),
        "; ".join(_erasure(language, each)),
        _both(language, one.security.manual, each.security.manual),
        _both(language, one.security.electronic, each.security.electronic),
    ]


def _purpose(language: Language, one: StatedPurpose) -> str:
    label = one.label.in_(language)
    return f"{label} ({said(language, one.legal_basis)})" if one.legal_basis else label


def _recipient(language: Language, one: ToRecipient) -> str:
    category = one.category.in_(language)
    return f"{one.name} ({category})" if one.name else category


def _erasure(language: Language, one: Activity) -> Iterator[str]:
    if one.erasure:
        yield one.erasure.in_(language)
    for each in one.erased_otherwise:
        yield f"{', '.join(field.in_(language) for field in each.fields)}: {said(language, each.retention_class)}"


def _both(language: Language, *parts: Text | None) -> str:
    return " ".join(one.in_(language) for one in parts if one)

"""Processors and other recipients, for programs: the group's catalogue, its evidence, and whom they engage."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from msgspec.structs import asdict
from sqlalchemy.orm import Session

from services.api import processing_as_controller, processing_for_others
from services.api.processing_as_controller import RecordOfController
from services.api.processing_for_others import RecordOfProcessor
from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.companies.model import Contact
from tenants.companies.permissions import Permission, Standing
from tenants.languages.speaking import Text
from tenants.processors import cataloguing, engaging, verifying
from tenants.processors.engaging import Engagement
from tenants.processors.model import Description, Document, Processor, ProcessorVerification, SubProcessor
from tenants.processors.standing import ground
from tenants.registers.model import RecipientKind

Country = Annotated[str, Meta(max_length=10, examples=["FI"])]
Countries = Annotated[list[Country], Meta(max_length=300, examples=[["FI", "SE"]])]
Sha256 = Annotated[str, Meta(max_length=64, examples=["ab" * 32])]
Name = Annotated[str, Meta(max_length=1000)]


class GivenContact(Struct, frozen=True, forbid_unknown_fields=True):
    """Roles and general addresses, never a person or a person's own number."""

    role: Text | None = None
    address: Annotated[str, Meta(max_length=200, examples=["PL 1, 00100 Helsinki"])] | None = None
    visiting_address: Annotated[str, Meta(max_length=200, examples=["Esimerkkikatu 1, 00100 Helsinki"])] | None = None
    phone: Annotated[str, Meta(max_length=40, examples=["+358 20 123 4567"])] | None = None
    email: Annotated[str, Meta(max_length=200, examples=["tietosuoja@esimerkkipilvi.example"])] | None = None
    web: Annotated[str, Meta(max_length=200, examples=["esimerkkipilvi.example"])] | None = None


class GivenProcessor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`recipients` are keys of the notice's recipients under which it stands; a key, once given, stays."""

    key: Annotated[str, Meta(max_length=40, examples=["esimerkkipilvi"])]
    name: Annotated[str, Meta(max_length=1000, examples=["Esimerkkipilvi Oy"])]
    kind: RecipientKind
    country: Country
    countries: Countries = []
    business_id: Annotated[str, Meta(max_length=20, examples=["9000001-1"])] | None = None
    vat_number: Annotated[str, Meta(max_length=20, examples=["FI90000011"])] | None = None
    contact: GivenContact = GivenContact()
    domain: Annotated[str, Meta(max_length=200, examples=["esimerkkipilvi.example"])] | None = None
    company_id: UUID | None = None
    recipients: Annotated[list[str], Meta(max_length=100, examples=[["ict_providers"]])] = []

    def description(self) -> Description:
        return Description(
            key=self.key,
            name=self.name,
            kind=self.kind,
            country=self.country,
            countries=tuple(self.countries),
            business_id=self.business_id,
            vat_number=self.vat_number,
            contact=Contact(**asdict(self.contact)),
            domain=self.domain,
            company_id=self.company_id,
            recipients=tuple(self.recipients),
        )


class ChangingFacts(Struct, frozen=True, forbid_unknown_fields=True):
    """`looked_at` is that of the processor as it was seen: if it was changed since, nothing is done (409)."""

    facts: GivenProcessor
    looked_at: Annotated[str, Meta(max_length=64)] | None = None


class GivenEvidence(Struct, frozen=True, forbid_unknown_fields=True):
    """`valid_until` is the last day for which it is evidence."""

    verified_on: date
    valid_until: date
    document: Annotated[Name, Meta(examples=["Auditointiraportti 2026"])]
    sha256: Sha256


class GivenEngagement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Companies may object up to and with `objections_until`."""

    sub_processor_id: UUID
    service: Text
    countries: Countries
    since: date
    announced_on: date | None = None
    objections_until: date | None = None


class GivenObjection(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(max_length=5000, examples=["Konesali on ETA-alueen ulkopuolella."])]


class GivenSolution(Struct, frozen=True, forbid_unknown_fields=True):
    solution: Annotated[str, Meta(max_length=5000, examples=["Tiedot pidetään Suomessa."])]


class ProcessorSummary(Struct, frozen=True, kw_only=True):
    """`company_id` where it is itself a company of the group; `retired_at` where it is out of use."""

    processor_id: UUID
    key: Annotated[str, Meta(examples=["esimerkkipilvi"])]
    name: Annotated[str, Meta(examples=["Esimerkkipilvi Oy"])]
    kind: RecipientKind
    country: Country
    countries: Countries
    business_id: str | None
    vat_number: Annotated[str, Meta(examples=["FI90000011"])] | None
    domain: Annotated[str, Meta(examples=["esimerkkipilvi.example"])] | None
    company_id: UUID | None
    recipients: Annotated[list[str], Meta(examples=[["ict_providers"]])]
    retired_at: datetime | None


class EvidenceShown(Struct, frozen=True, kw_only=True):
    """`company_id`: the company for which it was written down; null for the whole group."""

    verification_id: UUID
    company_id: UUID | None
    verified_on: date
    valid_until: date
    document: Annotated[str, Meta(examples=["Auditointiraportti 2026"])]
    sha256: Sha256
    withdrawn_at: datetime | None


class Engaged(Struct, frozen=True, kw_only=True):
    """Those engaged by a sub-processor are found at it, to any depth."""

    sub_processor_id: UUID
    service: Text
    countries: Countries
    since: date
    announced_on: date | None
    objections_until: date | None


class ProcessorWhole(Struct, frozen=True):
    """`looked_at` tells, in short, what is known of it now."""

    summary: ProcessorSummary
    contact: Annotated[Contact, Meta(examples=[{"email": "tietosuoja@esimerkkipilvi.example"}])]
    looked_at: str
    evidence: list[EvidenceShown]
    sub_processors: list[Engaged]


class Objected(Struct, frozen=True):
    objection_id: UUID


@get(
    "/processing-for-others",
    sync_to_thread=True,
    summary="Show what is processed for sister companies",
    tags=["processors"],
    responses=problems(),
)
def list_for_others(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[RecordOfProcessor]:
    """The record of a processor (Art. 30(2)) of the key's company: for which controllers it processes what, with whose
    help, what leaves the EEA on which basis, and how data is protected."""
    standing.require(Permission.SEE_PROCESSORS)
    return processing_for_others.records(session, ground(session))


@get(
    "/processing-as-controller",
    sync_to_thread=True,
    summary="Show the record of processing activities",
    tags=["processors"],
    responses=problems(),
)
def list_as_controller(
    session: NamedDependency[Session], standing: NamedDependency[Standing]
) -> list[RecordOfController]:
    """The record of a controller (Art. 30(1)) of the key's company, or of each company for a key of the whole group:
    purposes, people and data, recipients, transfers, erasure, and how data is protected. It follows from what is
    declared and agreed. Names of processors are told to their company alone."""
    standing.require(Permission.SEE_PROCESSORS)
    return processing_as_controller.records(session)


@get("/processors", sync_to_thread=True, summary="List the processors", tags=["processors"], responses=problems())
def list_processors(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[ProcessorSummary]:
    """Of the whole group, with other recipients; those in use first."""
    standing.require(Permission.SEE_PROCESSORS)
    return [_summary(one) for one in cataloguing.listed(session)]


@get(
    "/processors/{processor_id:uuid}",
    sync_to_thread=True,
    summary="Show a processor",
    tags=["processors"],
    responses=problems(404),
)
def show_processor(
    session: NamedDependency[Session], standing: NamedDependency[Standing], processor_id: FromPath[UUID]
) -> ProcessorWhole:
    """With the evidence about it, the newest first, and whom it engages."""
    standing.require(Permission.SEE_PROCESSORS)
    return _whole(session, processor_id)


@changing("/processors", status_code=201, summary="Add a processor", tags=["processors"], responses=problems())
def add_processor(
    session: NamedDependency[Session], standing: NamedDependency[Standing], data: JSONBody[GivenProcessor]
) -> Response[ProcessorWhole]:
    """To the catalogue of the group. Nothing flows to it before a company has an agreement with it."""
    standing.require(Permission.MANAGE_PROCESSORS)
    made = cataloguing.add(session, data.description()).processor_id
    return Response(_whole(session, made), status_code=201, headers={"Location": f"/api/v1/processors/{made}"})


@changing(
    "/processors/{processor_id:uuid}/facts",
    status_code=200,
    summary="Change the facts of a processor",
    tags=["processors"],
    responses=problems(404),
)
def change_facts(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    processor_id: FromPath[UUID],
    data: JSONBody[ChangingFacts],
) -> ProcessorWhole:
    """All of them at once; its key stays as it was."""
    standing.require(Permission.MANAGE_PROCESSORS)
    cataloguing.change(session, processor_id, data.facts.description(), seen=data.looked_at)
    return _whole(session, processor_id)


@changing(
    "/processors/{processor_id:uuid}/retirement",
    status_code=204,
    summary="Take a processor out of use",
    tags=["processors"],
    responses=problems(404),
)
def retire(
    session: NamedDependency[Session], standing: NamedDependency[Standing], processor_id: FromPath[UUID]
) -> None:
    """By whoever acts for the whole group: what flows to it from every company stops."""
    standing.require(Permission.MANAGE_PROCESSORS)
    cataloguing.retire(session, processor_id)


@changing(
    "/processors/{processor_id:uuid}/return",
    status_code=204,
    summary="Take a processor into use again",
    tags=["processors"],
    responses=problems(404),
)
def take_back(
    session: NamedDependency[Session], standing: NamedDependency[Standing], processor_id: FromPath[UUID]
) -> None:
    """By whoever acts for the whole group."""
    standing.require(Permission.MANAGE_PROCESSORS)
    cataloguing.take_back(session, processor_id)


@changing(
    "/processors/{processor_id:uuid}/verifications",
    status_code=201,
    summary="Write down a verification",
    tags=["processors"],
    responses=problems(404),
)
def verify(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    processor_id: FromPath[UUID],
    data: JSONBody[GivenEvidence],
) -> EvidenceShown:
    """That the processor was found to comply. Without evidence that holds, nothing flows to it."""
    standing.require(Permission.MANAGE_PROCESSORS)
    made = verifying.verify(
        session,
        processor_id,
        verified_on=data.verified_on,
        valid_until=data.valid_until,
        document=Document(data.document, data.sha256),
    )
    return _evidence(made)


@changing(
    "/processors/{processor_id:uuid}/verifications/{verification_id:uuid}/withdrawal",
    status_code=204,
    summary="Withdraw a verification",
    tags=["processors"],
    responses=problems(404),
)
def withdraw(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    processor_id: FromPath[UUID],
    verification_id: FromPath[UUID],
) -> None:
    """By the company for which it was written down."""
    standing.require(Permission.MANAGE_PROCESSORS)
    verifying.withdraw(session, verification_id)


@changing(
    "/processors/{processor_id:uuid}/sub-processors",
    status_code=200,
    summary="Announce a sub-processor",
    tags=["processors"],
    responses=problems(404),
)
def engage(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    processor_id: FromPath[UUID],
    data: JSONBody[GivenEngagement],
) -> ProcessorWhole:
    """Or say anew how it is engaged. Both are in the catalogue; circles are refused."""
    standing.require(Permission.MANAGE_PROCESSORS)
    said = Engagement(
        service=data.service,
        countries=tuple(data.countries),
        since=data.since,
        announced_on=data.announced_on,
        objections_until=data.objections_until,
    )
    engaging.engage(session, processor_id, data.sub_processor_id, said)
    return _whole(session, processor_id)


@changing(
    "/processors/{processor_id:uuid}/sub-processors/{sub_processor_id:uuid}/leaving",
    status_code=204,
    summary="Say that a sub-processor is not engaged any more",
    tags=["processors"],
    responses=problems(404),
)
def leave(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    processor_id: FromPath[UUID],
    sub_processor_id: FromPath[UUID],
) -> None:
    """It may be announced again."""
    standing.require(Permission.MANAGE_PROCESSORS)
    engaging.leave(session, processor_id, sub_processor_id)


@changing(
    "/processors/{processor_id:uuid}/sub-processors/{sub_processor_id:uuid}/objection",
    status_code=201,
    summary="Object to a sub-processor",
    tags=["processors"],
    responses=problems(404),
)
def object_to(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    processor_id: FromPath[UUID],
    sub_processor_id: FromPath[UUID],
    data: JSONBody[GivenObjection],
) -> Objected:
    """By the key's company: until it is solved, nothing flows under its agreements that say so."""
    standing.require(Permission.APPROVE_AGREEMENTS)
    return Objected(engaging.object_to(session, processor_id, sub_processor_id, reason=data.reason))


@changing(
    "/processors/objections/{objection_id:uuid}/solution",
    status_code=204,
    summary="Say how an objection was solved",
    tags=["processors"],
    responses=problems(404),
)
def solve(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    objection_id: FromPath[UUID],
    data: JSONBody[GivenSolution],
) -> None:
    """By the company that objected."""
    standing.require(Permission.APPROVE_AGREEMENTS)
    engaging.solve(session, objection_id, solution=data.solution)


def _whole(session: Session, processor_id: UUID) -> ProcessorWhole:
    session.flush()
    session.expire_all()
    one = cataloguing.get(session, processor_id)
    return ProcessorWhole(
        _summary(one),
        one.contact,
        cataloguing.looked_at(one),
        [_evidence(each) for each in verifying.of_processor(session, processor_id)],
        [_engaged(each) for each in engaging.engaged(session).get(processor_id, ())],
    )


def _summary(one: Processor) -> ProcessorSummary:
    return ProcessorSummary(
        processor_id=one.processor_id,
        key=one.key,
        name=one.name,
        kind=one.kind,
        country=one.country,
        countries=one.countries,
        business_id=one.business_id,
        vat_number=one.vat_number,
        domain=one.domain,
        company_id=one.company_id,
        recipients=one.recipients,
        retired_at=one.retired_at,
    )


def _evidence(one: ProcessorVerification) -> EvidenceShown:
    return EvidenceShown(
        verification_id=one.verification_id,
        company_id=one.company_id,
        verified_on=one.verified_on,
        valid_until=one.valid_until,
        document=one.document.name,
        sha256=one.document.sha256,
        withdrawn_at=one.withdrawn_at,
    )


def _engaged(one: SubProcessor) -> Engaged:
    return Engaged(
        sub_processor_id=one.sub_processor_id,
        service=one.service,
        countries=one.countries,
        since=one.since,
        announced_on=one.announced_on,
        objections_until=one.objections_until,
    )

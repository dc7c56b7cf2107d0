"""Agreements of the key's company with processors and other recipients, and what stops what flows under them."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api import stops_told
from services.api.problems import FieldProblem, said
from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from services.api.stops_told import ToldStop
from tenants.companies.permissions import Permission, Standing
from tenants.languages.speaking import Language
from tenants.processors import agreements, checking, closing, reading
from tenants.processors import standing as standings
from tenants.processors.describing import LONGEST
from tenants.processors.model import (
    AgreementState,
    AgreementVersion,
    Arrangement,
    AtEnd,
    Checked,
    ClosingCertificate,
    Document,
    Questionnaire,
    Relation,
    Transfer,
)
from tenants.processors.reading import Agreed
from tenants.processors.terms import Terms

DOCUMENT = {"name": "Käsittelysopimus", "sha256": "ab" * 32}
Documented = Annotated[Document, Meta(examples=[DOCUMENT])]
Transfers = Annotated[
    list[Transfer],
    Meta(max_length=300, examples=[[{"country": "US", "kind": "standard_clauses", "assessment": DOCUMENT}]]),
]
Checklist = Annotated[
    list[Checked], Meta(max_length=20, examples=[[{"point": "instructions", "met": True, "where": "3 §"}]])
]
Questions = Annotated[Questionnaire, Meta(examples=[{"document": DOCUMENT, "answered_on": "2026-03-05"}])]
ARRANGEMENT = {"essence": {"fi": "Alfa vastaa pyyntöihin."}, "contact": "tietosuoja@esimerkkipilvi.example"}
Arranged = Annotated[Arrangement, Meta(examples=[ARRANGEMENT])]


class GivenAgreementTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft may be unfinished: what it lacks to be approved stands in `missing` of the agreement."""

    relation: Relation = Relation.PROCESSOR
    registers: Annotated[list[UUID], Meta(max_length=1000)] = []
    purposes: Annotated[list[UUID], Meta(max_length=1000)] = []
    checklist: Checklist = []
    document: Documented | None = None
    valid_from: date
    valid_until: date | None = None
    verify_again_on: date | None = None
    at_end: AtEnd | None = None
    transfers: Transfers = []
    questionnaire: Questions | None = None
    arrangement: Arranged | None = None
    objection_stops: bool = True

    def terms(self) -> Terms:
        return Terms(
            relation=self.relation,
            registers=tuple(self.registers),
            purposes=tuple(self.purposes),
            checklist=tuple(self.checklist),
            document=self.document,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            verify_again_on=self.verify_again_on,
            at_end=self.at_end,
            transfers=tuple(self.transfers),
            questionnaire=self.questionnaire,
            arrangement=self.arrangement,
            objection_stops=self.objection_stops,
        )


class NewAgreement(Struct, frozen=True, forbid_unknown_fields=True):
    """`key` is the agreement's name within the company; it stays."""

    processor_id: UUID
    key: Annotated[str, Meta(max_length=40, examples=["hosting"])]
    terms: GivenAgreementTerms


class ChangingAgreement(Struct, frozen=True, forbid_unknown_fields=True):
    """`looked_at` is that of the newest version as it was seen: if it was changed since, nothing is done (409)."""

    terms: GivenAgreementTerms
    looked_at: Annotated[str, Meta(max_length=64)] | None = None


class ApprovingAgreement(Struct, frozen=True, forbid_unknown_fields=True):
    """`looked_at` is that of the version that was seen: if it was changed since, nothing is done (409)."""

    looked_at: Annotated[str, Meta(max_length=64)] | None = None


class GivenCertificate(Struct, frozen=True, forbid_unknown_fields=True):
    """`sub_processors`: those whom the processor engages have confirmed it, too. `reason`: why it replaces another."""

    document: Documented
    issued_on: date
    sub_processors: bool = False
    reason: Annotated[str, Meta(max_length=LONGEST["reason"], examples=[""])] = ""


class Certified(Struct, frozen=True):
    document: Documented
    issued_on: date
    sub_processors: bool
    reason: Annotated[str | None, Meta(examples=["Väärä asiakirja"])]
    recorded_at: datetime
    recorded_by: UUID | None


class ClosingOfAgreement(Struct, frozen=True):
    """Of an agreement with a processor that ended on `ended_on`: it is closed when there is a `certificate`.

    `former` are those that it replaced, the newest first; the `reason` stands with the one that took the place.
    """

    ended_on: date
    due_on: date
    certificate: Certified | None
    former: list[Certified]


class AgreementSummary(Struct, frozen=True, kw_only=True):
    """`version` is the one by which it is known today. While there are `stops`, nothing flows under it."""

    agreement_id: UUID
    processor_id: UUID
    key: Annotated[str, Meta(examples=["hosting"])]
    version: int
    state: AgreementState
    valid_from: date
    valid_until: date | None
    stops: list[ToldStop]


class VersionOfAgreement(Struct, frozen=True, kw_only=True):
    version: int
    state: AgreementState
    looked_at: str
    relation: Relation
    registers: list[UUID]
    purposes: list[UUID]
    checklist: Checklist
    document: Documented | None
    valid_from: date
    valid_until: date | None
    verify_again_on: date | None
    at_end: AtEnd | None
    transfers: Transfers
    questionnaire: Questions | None
    arrangement: Arranged | None
    objection_stops: bool
    drafted_at: datetime
    drafted_by: UUID | None
    approved_at: datetime | None
    approved_by: UUID | None
    replaced_on: date | None


class AgreementWhole(Struct, frozen=True):
    """The newest version first. `missing` is all that stands between a draft and its being approved."""

    summary: AgreementSummary
    versions: list[VersionOfAgreement]
    missing: list[FieldProblem]
    closing: ClosingOfAgreement | None


@get("/agreements", sync_to_thread=True, summary="List the agreements", tags=["processors"], responses=problems())
def list_agreements(
    session: NamedDependency[Session], standing: NamedDependency[Standing], spoken: NamedDependency[Language]
) -> list[AgreementSummary]:
    """Of the key's company, the oldest first, with all that stops what would flow under each."""
    standing.require(Permission.SEE_PROCESSORS)
    ground = standings.ground(session)
    return [_summary(ground, one, spoken) for one in reading.listed(session)]


@get(
    "/agreements/{agreement_id:uuid}",
    sync_to_thread=True,
    summary="Show an agreement",
    tags=["processors"],
    responses=problems(404),
)
def show_agreement(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    agreement_id: FromPath[UUID],
    spoken: NamedDependency[Language],
) -> AgreementWhole:
    """With all its versions, and what is missing."""
    standing.require(Permission.SEE_PROCESSORS)
    return _whole(session, agreement_id, spoken)


@changing("/agreements", status_code=201, summary="Draft an agreement", tags=["processors"], responses=problems(404))
def draft_agreement(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    data: JSONBody[NewAgreement],
    spoken: NamedDependency[Language],
) -> Response[AgreementWhole]:
    """Of the key's company. Nothing flows under it before it is approved."""
    standing.require(Permission.DRAFT_AGREEMENTS)
    made = agreements.draft(session, data.processor_id, data.key, data.terms.terms()).agreement_id
    headers = {"Location": f"/api/v1/agreements/{made}"}
    return Response(_whole(session, made, spoken), status_code=201, headers=headers)


@changing(
    "/agreements/{agreement_id:uuid}/terms",
    status_code=200,
    summary="Change the terms of an agreement",
    tags=["processors"],
    responses=problems(404),
)
def change_agreement(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    agreement_id: FromPath[UUID],
    data: JSONBody[ChangingAgreement],
    spoken: NamedDependency[Language],
) -> AgreementWhole:
    """A draft is written anew; of what was approved a next version is drafted, and what is in force stays so."""
    standing.require(Permission.DRAFT_AGREEMENTS)
    agreements.change(session, agreement_id, data.terms.terms(), seen=data.looked_at)
    return _whole(session, agreement_id, spoken)


@changing(
    "/agreements/{agreement_id:uuid}/approval",
    status_code=200,
    summary="Approve an agreement",
    tags=["processors"],
    responses=problems(404),
)
def approve_agreement(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    agreement_id: FromPath[UUID],
    data: JSONBody[ApprovingAgreement],
    spoken: NamedDependency[Language],
) -> AgreementWhole:
    """What is missing is named all at once (422). It takes its former's place on its first day."""
    standing.require(Permission.APPROVE_AGREEMENTS)
    agreements.approve(session, agreement_id, seen=data.looked_at)
    return _whole(session, agreement_id, spoken)


@changing(
    "/agreements/{agreement_id:uuid}/ending",
    status_code=200,
    summary="End an agreement",
    tags=["processors"],
    responses=problems(404),
)
def end_agreement(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    agreement_id: FromPath[UUID],
    spoken: NamedDependency[Language],
) -> AgreementWhole:
    """At once and for good."""
    standing.require(Permission.APPROVE_AGREEMENTS)
    agreements.end(session, agreement_id)
    return _whole(session, agreement_id, spoken)


@changing(
    "/agreements/{agreement_id:uuid}/certificate",
    status_code=200,
    summary="Certify the deletion or return of the data",
    tags=["processors"],
    responses=problems(404),
)
def certify_agreement(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    agreement_id: FromPath[UUID],
    data: JSONBody[GivenCertificate],
    spoken: NamedDependency[Language],
) -> AgreementWhole:
    """Of an agreement that is over. Until then it is not closed. With a reason it replaces the one before."""
    standing.require(Permission.APPROVE_AGREEMENTS)
    closing.certify(
        session,
        agreement_id,
        document=data.document,
        issued_on=data.issued_on,
        sub_processors=data.sub_processors,
        reason=data.reason,
    )
    return _whole(session, agreement_id, spoken)


def _whole(session: Session, agreement_id: UUID, spoken: Language) -> AgreementWhole:
    session.flush()
    session.expire_all()
    found = reading.agreement(session, agreement_id)
    waits = found.newest.approved_at is None and found.agreement.ended_at is None
    missing = checking.missing(session, found, found.newest) if waits else []
    return AgreementWhole(
        _summary(standings.ground(session), found, spoken),
        [_version(found, one) for one in found.versions],
        [FieldProblem(one.field, said(spoken, one)) for one in missing],
        _closing(session, found),
    )


def _closing(session: Session, found: Agreed) -> ClosingOfAgreement | None:
    one = closing.of_agreement(session, found, today=reading.today())
    if one is None:
        return None
    certified = _certified(one.certificate) if one.certificate else None
    return ClosingOfAgreement(one.ended_on, one.due_on, certified, [_certified(row) for row in one.former])


def _certified(row: ClosingCertificate) -> Certified:
    return Certified(row.document, row.issued_on, row.sub_processors, row.reason, row.recorded_at, row.recorded_by)


def _summary(ground: standings.Ground, found: Agreed, spoken: Language) -> AgreementSummary:
    today = reading.today()
    version = found.on(today)
    return AgreementSummary(
        agreement_id=found.agreement.agreement_id,
        processor_id=found.agreement.processor_id,
        key=found.agreement.key,
        version=version.version,
        state=found.state(version, today),
        valid_from=version.valid_from,
        valid_until=version.valid_until,
        stops=stops_told.told(spoken, standings.stops(ground, found, version, today)),
    )


def _version(found: Agreed, one: AgreementVersion) -> VersionOfAgreement:
    return VersionOfAgreement(
        version=one.version,
        state=found.state(one, reading.today()),
        looked_at=reading.looked_at(one),
        relation=one.relation,
        registers=one.registers,
        purposes=one.purposes,
        checklist=one.checklist,
        document=one.document,
        valid_from=one.valid_from,
        valid_until=one.valid_until,
        verify_again_on=one.verify_again_on,
        at_end=one.at_end,
        transfers=one.transfers,
        questionnaire=one.questionnaire,
        arrangement=one.arrangement,
        objection_stops=one.objection_stops,
        drafted_at=one.drafted_at,
        drafted_by=one.drafted_by,
        approved_at=one.approved_at,
        approved_by=one.approved_by,
        replaced_on=one.replaced_on,
    )

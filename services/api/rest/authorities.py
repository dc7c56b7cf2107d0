"""Requests of authorities, for programs: taken in, decided by another, and made into the file that leaves.

The file itself is taken along in the office only: no key opens what it holds.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.authorities import cases, disclosing
from tenants.authorities.cases import Asked, Case
from tenants.authorities.law import provisions
from tenants.authorities.law.provisions import Provision
from tenants.authorities.model import CaseState, DisclosedFile, Period, VerifiedHow
from tenants.companies.permissions import Permission, Standing
from tenants.languages.speaking import Text
from tenants.processors import reading as agreements
from tenants.registers.model import FileKind

Reference = Annotated[str, Meta(max_length=1000, examples=["5500/R/1/26"])]
ProvisionKey = Annotated[str, Meta(max_length=40, examples=["police"])]
InOwnWords = Annotated[str, Meta(max_length=2000, examples=["Laki X 5 §"])]
DocumentName = Annotated[str, Meta(max_length=1000, examples=["Tietopyyntö 5500/R/1/26"])]
Sha256 = Annotated[str, Meta(max_length=100, examples=["ab" * 32])]
Reason = Annotated[str, Meta(max_length=10_000, examples=["Pyydetään vain nimi."])]


class AuthorityAsks(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`provision` is the key of one that is in force, or `provision_text` says it in own words. `document_sha256` is of
    the authority's document. `persons` are identifiers, each of which finds one person of the company."""

    authority_id: UUID
    reference: Reference
    provision: ProvisionKey | None = None
    provision_text: InOwnWords = ""
    document: DocumentName
    document_sha256: Sha256 = ""
    asker: Annotated[str, Meta(max_length=1000, examples=["Rikoskomisario"])]
    verified_how: VerifiedHow
    register_id: UUID
    purpose_id: UUID
    fields: Annotated[list[UUID], Meta(max_length=1000)]
    persons: Annotated[
        list[Annotated[str, Meta(max_length=1000)]], Meta(max_length=1000, examples=[["aino@esimerkki.example"]])
    ]
    period: Period | None = None
    secret_provision: Annotated[str, Meta(max_length=2000, examples=["Esitutkintalaki 11 luku 5 §"])] = ""
    secret_until: date | None = None

    def asked(self) -> Asked:
        return Asked(
            recipient_id=self.authority_id,
            reference=self.reference,
            provision=self.provision or None,
            provision_text=self.provision_text,
            document=self.document,
            document_sha256=self.document_sha256,
            asker=self.asker,
            verified_how=self.verified_how,
            register_id=self.register_id,
            purpose_id=self.purpose_id,
            field_ids=tuple(self.fields),
            # A line each: what is wrong with one is told by its number.
            persons="\n".join(" ".join(one.split()) or "?" for one in self.persons),
            period=self.period,
            secret_provision=self.secret_provision,
            secret_until=self.secret_until,
        )


class AuthorityDecided(Struct, frozen=True, forbid_unknown_fields=True):
    """`fields` are those that are given, all or some of what was asked for; `period` is what was asked for, or within
    it. A reason is needed where it is less."""

    refused: bool
    fields: Annotated[list[UUID], Meta(max_length=1000)] = []
    persons: Annotated[list[UUID], Meta(max_length=1000)] | None = None
    period: Period | None = None
    reason: Reason = ""


class FileWanted(Struct, frozen=True, forbid_unknown_fields=True):
    kind: FileKind = FileKind.NDJSON


class AuthorityCaseId(Struct, frozen=True):
    case_id: UUID


class AuthorityFileId(Struct, frozen=True):
    file_id: UUID


class AuthorityFile(Struct, frozen=True, kw_only=True):
    """`left_out` are records that are only stored (Art. 18). It can be taken along once, until `expires_at`."""

    file_id: UUID
    kind: Annotated[str, Meta(examples=["ndjson"])]
    sha256: Sha256
    size: int
    records: int
    left_out: int
    made_by: UUID
    made_at: datetime
    expires_at: datetime
    downloaded_at: datetime | None


class AuthoritySummary(Struct, frozen=True, kw_only=True):
    """`provision` is null where it was said in own words. Until `secret_until` is over, the persons are not told."""

    case_id: UUID
    authority_id: UUID
    authority: Annotated[str, Meta(examples=["Poliisi"])]
    reference: Reference
    state: CaseState
    provision: ProvisionKey | None
    register_id: UUID
    opened_by: UUID
    opened_at: datetime
    secret_until: date | None


class AuthorityDecisionShown(Struct, frozen=True, kw_only=True):
    decided_by: UUID
    decided_at: datetime
    refused: bool
    fields: list[UUID]
    persons: list[UUID]
    period: Period | None
    reason: Reason


class AuthorityWhole(Struct, frozen=True, kw_only=True):
    """What was asked for, what was decided, and what was made of it."""

    summary: AuthoritySummary
    provision_text: InOwnWords | None
    document: DocumentName
    document_sha256: Sha256 | None
    verified_how: VerifiedHow
    purpose_id: UUID
    fields: list[UUID]
    persons: list[UUID]
    period: Period | None
    secret_provision: Annotated[str, Meta(examples=["Esitutkintalaki 11 luku 5 §"])] | None
    decision: AuthorityDecisionShown | None
    files: list[AuthorityFile]


class ProvisionShown(Struct, frozen=True, kw_only=True):
    """`most_persons` may be asked for at once; `sealed`: fields that are kept sealed, too. `checked`: its words and its
    day were held against the published law; otherwise they are to be verified before anybody relies on them."""

    key: ProvisionKey
    name: Text
    conditions: Text
    source: Annotated[str, Meta(examples=["Poliisilaki 872/2011, 4 luku 3 §"])]
    in_force_from: date
    obliges: bool
    sealed: bool
    most_persons: int
    checked: bool


@get(
    "/authorities/provisions",
    sync_to_thread=True,
    summary="List the provisions by which authorities ask",
    tags=["authorities"],
    responses=problems(),
)
def list_provisions(standing: NamedDependency[Standing]) -> list[ProvisionShown]:
    """Those in force today."""
    standing.require(Permission.SEE_AUTHORITIES)
    return [_provision(one) for one in provisions.in_force(agreements.today())]


@get(
    "/authorities",
    sync_to_thread=True,
    summary="List the requests of authorities",
    tags=["authorities"],
    responses=problems(),
)
def list_authority_cases(
    session: NamedDependency[Session], standing: NamedDependency[Standing]
) -> list[AuthoritySummary]:
    """Of the key's company, the newest first, at most 200."""
    standing.require(Permission.SEE_AUTHORITIES)
    return [_summary(one) for one in cases.listed(session)]


@get(
    "/authorities/{case_id:uuid}",
    sync_to_thread=True,
    summary="Show a request of an authority",
    tags=["authorities"],
    responses=problems(404),
)
def show_authority_case(
    session: NamedDependency[Session], standing: NamedDependency[Standing], case_id: FromPath[UUID]
) -> AuthorityWhole:
    """With its decision and the files that were made."""
    standing.require(Permission.SEE_AUTHORITIES)
    return _whole(cases.get(session, case_id))


@changing(
    "/authorities",
    status_code=201,
    summary="Take in a request of an authority",
    tags=["authorities"],
    responses=problems(),
)
def open_authority_case(
    session: NamedDependency[Session], standing: NamedDependency[Standing], data: JSONBody[AuthorityAsks]
) -> Response[AuthorityCaseId]:
    """In the name of the key's member. Nothing leaves before another one has approved it."""
    standing.require(Permission.HANDLE_AUTHORITIES)
    made = cases.open_case(session, data.asked())
    return Response(AuthorityCaseId(made), status_code=201, headers={"Location": f"/api/v1/authorities/{made}"})


@changing(
    "/authorities/{case_id:uuid}/decision",
    status_code=200,
    summary="Decide about a request of an authority",
    tags=["authorities"],
    responses=problems(404),
)
def decide_authority_case(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    case_id: FromPath[UUID],
    data: JSONBody[AuthorityDecided],
) -> AuthorityWhole:
    """By another than who took it in, and once."""
    standing.require(Permission.APPROVE_AUTHORITIES)
    cases.decide(
        session,
        case_id,
        refused=data.refused,
        reason=data.reason,
        field_ids=data.fields,
        person_ids=data.persons,
        period=data.period,
    )
    return _whole(cases.get(session, case_id))


@changing(
    "/authorities/{case_id:uuid}/files",
    status_code=201,
    summary="Make the file for an authority",
    tags=["authorities"],
    responses=problems(404),
)
def disclose_to_authority(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    case_id: FromPath[UUID],
    data: JSONBody[FileWanted],
) -> Response[AuthorityFileId]:
    """Of what was approved. It is in the ledger at once, and is taken along in the office, once, within a day."""
    standing.require(Permission.HANDLE_AUTHORITIES)
    return Response(AuthorityFileId(disclosing.of_case(session, case_id, data.kind)), status_code=201)


def _provision(one: Provision) -> ProvisionShown:
    return ProvisionShown(
        key=one.key,
        name=one.name,
        conditions=one.conditions,
        source=one.source,
        in_force_from=one.in_force_from,
        obliges=one.obliges,
        sealed=one.covers.sealed,
        most_persons=one.covers.persons,
        checked=one.checked,
    )


def _summary(one: Case) -> AuthoritySummary:
    return AuthoritySummary(
        case_id=one.row.case_id,
        authority_id=one.row.recipient_id,
        authority=one.authority,
        reference=one.row.reference,
        state=one.state,
        provision=one.row.provision,
        register_id=one.row.register_id,
        opened_by=one.row.opened_by,
        opened_at=one.row.opened_at,
        secret_until=one.row.secret_until,
    )


def _whole(one: Case) -> AuthorityWhole:
    row, given = one.row, one.decision
    return AuthorityWhole(
        summary=_summary(one),
        provision_text=row.provision_text,
        document=row.document,
        document_sha256=row.document_sha256,
        verified_how=row.verified_how,
        purpose_id=row.purpose_id,
        fields=row.field_ids,
        persons=row.person_ids,
        period=row.period,
        secret_provision=row.secret_provision,
        decision=AuthorityDecisionShown(
            decided_by=given.decided_by,
            decided_at=given.decided_at,
            refused=given.refused,
            fields=given.field_ids,
            persons=given.person_ids,
            period=given.period,
            reason=given.reason,
        )
        if given
        else None,
        files=_files(one.files),
    )


def _files(files: Sequence[DisclosedFile]) -> list[AuthorityFile]:
    return [
        AuthorityFile(
            file_id=one.file_id,
            kind=one.kind,
            sha256=one.sha256,
            size=one.size,
            records=one.records,
            left_out=one.left_out,
            made_by=one.made_by,
            made_at=one.made_at,
            expires_at=one.expires_at,
            downloaded_at=one.downloaded_at,
        )
        for one in files
    ]

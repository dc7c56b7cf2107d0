"""Cases: what data subjects asked of the key's company."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api import telling
from services.api.cursors import PAGE, GivenCursor, GivenLimit, decode, encode
from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.acting import Actor
from tenants.companies.permissions import Permission, Standing
from tenants.exports.model import ExportState
from tenants.languages.speaking import Language, Text
from tenants.registers.model import IdentityLevel
from tenants.requests import reading, workflow
from tenants.requests.model import Case, CaseEventKind, CaseState, Channel, LetterKind, Right
from tenants.requests.reading import CaseFile, Cursor, Shown
from tenants.vault.digests import IdentifierKind

Number = Annotated[str, Meta(description="Display number", examples=["KIN-2026-0042"])]
DueOn = Annotated[date, Meta(description="By when the answer is owed (Art. 12(3))", examples=["2026-04-07"])]


class CaseSummary(Struct, frozen=True):
    """`due_on` steers; it is the earlier of the dates with and without the pause for the identity."""

    case_id: UUID
    number: Number
    state: CaseState
    channel: Channel
    rights: list[Right]
    language: Language
    level: IdentityLevel
    received_on: date
    due_on: DueOn
    latest_on: date
    closed_at: datetime | None


class CasePage(Struct, frozen=True):
    cases: list[CaseSummary]
    next: str | None


class FoundInRegister(Struct, frozen=True):
    """`withheld` names the identity level that the register asks for before it is handed out."""

    register_id: UUID
    name: Text
    records: int
    fields: int
    withheld: IdentityLevel | None


class Event(Struct, frozen=True):
    at: datetime
    kind: CaseEventKind
    actor: Actor


class ArchiveFacts(Struct, frozen=True):
    """Of the archive in storage; its content is for the person alone."""

    state: ExportState
    size: int | None
    sha256: str | None
    built_at: datetime | None
    expires_at: datetime | None
    downloaded_at: datetime | None


class LetterOnPaper(Struct, frozen=True):
    """To a person who gave no e-mail address: printed in the office. `posted_at` is empty until somebody posted it."""

    letter_id: UUID
    kind: LetterKind
    written_at: datetime
    posted_at: datetime | None


class Person(Struct, frozen=True):
    """One of several whom the request fits."""

    person_id: UUID
    known_since: datetime
    registers: list[Text]


class CaseWhole(Struct, frozen=True):
    """`words` is what the person wrote; `candidates` are there in the state `needs_staff`; events newest first."""

    summary: CaseSummary
    counted: Annotated[list[str], Meta(description="How the due date was counted, in English")]
    words: str | None
    reason: str | None
    found: list[FoundInRegister]
    candidates: list[Person]
    archive: ArchiveFacts | None
    letters_on_paper: list[LetterOnPaper]
    events: list[Event]


class SecondIdentifier(Struct, frozen=True, forbid_unknown_fields=True):
    """What the person has given beside what the request came with."""

    kind: IdentifierKind
    value: Annotated[str, Meta(min_length=1, max_length=254, examples=["100042"])]


@get("/cases", sync_to_thread=True, summary="List cases", tags=["cases"], responses=problems(422))
def list_cases(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    *,
    shown: FromQuery[Shown] = Shown.OPEN,
    case_state: Annotated[CaseState | None, QueryParameter(name="state")] = None,
    cursor: GivenCursor = None,
    limit: GivenLimit = PAGE,
) -> CasePage:
    """Open ones by the day they are due, others newest first."""
    standing.require(Permission.SEE_CASES)
    after = Cursor.read(decode(cursor, str)) if cursor else None
    found = reading.list_cases(session, shown, state=case_state, after=after, limit=limit)
    return CasePage([summary(case) for case in found.cases], encode(str(found.following)) if found.following else None)


@get("/cases/{case_id:uuid}", sync_to_thread=True, summary="Show a case", tags=["cases"], responses=problems(404))
def show_case(
    session: NamedDependency[Session], standing: NamedDependency[Standing], case_id: FromPath[UUID]
) -> CaseWhole:
    """With what was found. Reading it is an entry of the audit."""
    standing.require(Permission.SEE_CASES)
    return _whole(reading.get_case(session, case_id))


@changing(
    "/cases/{case_id:uuid}/approval",
    status_code=202,
    summary="Approve a case",
    tags=["cases"],
    responses=problems(404),
)
def approve_case(
    session: NamedDependency[Session], standing: NamedDependency[Standing], case_id: FromPath[UUID]
) -> CaseSummary:
    """The archive is built by a worker; the case is answered when it is ready."""
    standing.require(Permission.DECIDE_CASES)
    workflow.approve(session, case_id)
    return summary(reading.get_case(session, case_id).case)


@changing(
    "/cases/{case_id:uuid}/person",
    status_code=200,
    summary="Choose the person of a case",
    tags=["cases"],
    responses=problems(404),
)
def choose_person(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    case_id: FromPath[UUID],
    data: JSONBody[SecondIdentifier],
) -> CaseSummary:
    """Of several whom the request fits, the one whom a second identifier fits too."""
    standing.require(Permission.DECIDE_CASES)
    workflow.choose_person(session, case_id, kind=data.kind, value=data.value)
    return summary(reading.get_case(session, case_id).case)


def summary(case: Case) -> CaseSummary:
    return CaseSummary(
        case_id=case.case_id,
        number=case.number,
        state=case.state,
        channel=case.channel,
        rights=[Right(right) for right in case.rights],
        language=Language(case.language),
        level=case.level,
        received_on=case.received_on,
        due_on=case.due_on,
        latest_on=case.latest_on,
        closed_at=case.closed_at,
    )


def _whole(file: CaseFile) -> CaseWhole:
    return CaseWhole(
        summary=summary(file.case),
        counted=telling.explained(Language.EN, reading.counted(file.case).steering),
        words=file.words,
        reason=file.reason,
        found=[
            FoundInRegister(one.register_id, one.register, one.records, one.fields, one.withheld)
            for one in file.findings
        ],
        candidates=[Person(one.person_id, one.known_since, one.registers) for one in file.candidates],
        archive=_archive(file),
        letters_on_paper=[LetterOnPaper(one.letter_id, one.kind, one.created_at, one.sent_at) for one in file.on_paper],
        events=[Event(one.at, one.kind, one.actor) for one in file.events],
    )


def _archive(file: CaseFile) -> ArchiveFacts | None:
    if file.archive is None:
        return None
    export = file.archive.export
    return ArchiveFacts(
        state=export.state,
        size=export.size,
        sha256=export.sha256,
        built_at=export.built_at,
        expires_at=export.expires_at,
        downloaded_at=file.archive.downloaded_at,
    )

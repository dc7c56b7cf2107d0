"""People of the key's company: found, and as its registers know them. What is searched for is in no address."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.cursors import GivenCursor, decode, encode
from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.acting import Actor, PurposeKind
from tenants.companies.permissions import Permission, Standing
from tenants.exports.model import ExportState
from tenants.languages.speaking import Text
from tenants.manifests import versions
from tenants.registers import correcting, finding, sources, viewing
from tenants.registers.model import FieldType
from tenants.registers.values import Value as Kept
from tenants.registers.viewing import HeldRecord, HeldRegister, HeldValue
from tenants.requests import person_file
from tenants.requests.model import CaseState
from tenants.requests.person_file import PersonFile
from tenants.vault.digests import IdentifierKind

ShownValue = Annotated[
    str | int | bool | None, Meta(description="Dates as ISO 8601, fractions as text; null where the value is sealed")
]


class Search(Struct, frozen=True, forbid_unknown_fields=True):
    """Without a kind, everything that the text can be is looked for; names by whole words, in any order."""

    wanted: Annotated[str, Meta(min_length=1, max_length=finding.LONGEST, examples=["100042"])]
    kind: IdentifierKind | None = None


class FoundPerson(Struct, frozen=True):
    person_id: UUID
    known_since: datetime
    restricted: bool
    registers: list[Text]


class FoundPersons(Struct, frozen=True):
    """`more` people fit than are told: search by something narrower."""

    persons: list[FoundPerson]
    more: bool


class Value(Struct, frozen=True):
    """`source`, `at` and `import_id` say where this value came from and when.

    `declared_source` is the key of the source as the register declares it; `notice` the version of the group's
    declarations that was in force then.
    """

    field_id: UUID
    key: str
    label: Text
    type: FieldType
    value: ShownValue
    sealed: bool
    source: str
    declared_source: str | None
    at: datetime
    notice: int | None
    import_id: UUID | None


class RecordOfPerson(Struct, frozen=True):
    record_id: UUID
    restricted: bool
    created_at: datetime
    updated_at: datetime
    values: list[Value]


class RegisterOfPerson(Struct, frozen=True):
    """`records` are the newest of the `count` there are."""

    register_id: UUID
    name: Text
    count: int
    records: list[RecordOfPerson]


class RecordsPage(Struct, frozen=True):
    records: list[RecordOfPerson]
    next: str | None


class CaseOfPerson(Struct, frozen=True):
    case_id: UUID
    number: str
    state: CaseState
    received_on: date
    archive: ExportState | None


class Look(Struct, frozen=True):
    """An entry of the audit about this person; `actor_id` is the member's where one of staff acted."""

    at: datetime
    actor: Actor
    actor_id: UUID | None
    purpose: PurposeKind | None
    action: str


class PersonWhole(Struct, frozen=True):
    """`cases` and `looks` are null for a key that may not see requests for its purpose. Looks are the newest 20."""

    person_id: UUID
    name: str
    known_since: datetime
    restricted: bool
    registers: list[RegisterOfPerson]
    cases: list[CaseOfPerson] | None
    looks: list[Look] | None


class Correcting(Struct, frozen=True, forbid_unknown_fields=True):
    """Values by field key, as people write them; an empty one takes the value away, fields left out stay as they are.

    `source` is the key of a source that the register declares, or words where it declares none; `detail` says it more
    exactly. `as_of` is the record's `updated_at` as it was last seen: if it was changed since, the answer is 409.
    """

    values: Annotated[dict[str, str], Meta(min_length=1, max_length=200, examples=[{"last_name": "Esimerkki"}])]
    source: Annotated[str, Meta(min_length=1, max_length=sources.LONGEST_SOURCE, examples=["customer"])]
    reason: Annotated[str, Meta(min_length=1, max_length=correcting.LONGEST_REASON)]
    detail: Annotated[str, Meta(max_length=sources.LONGEST_SOURCE, examples=["Puhelu 3.3."])] = ""
    as_of: datetime | None = None


class Before(Struct, frozen=True):
    """What one value was. Of a sealed one, only that it was changed."""

    field_id: UUID
    value: ShownValue


class CorrectionOfRecord(Struct, frozen=True):
    at: datetime
    by: UUID | None
    source: str
    declared_source: str | None
    reason: str
    before: list[Before]
    kept_until: datetime


class OpenedValue(Struct, frozen=True):
    value: ShownValue


@changing(
    "/persons/searches", kept=False, status_code=200, summary="Find people", tags=["persons"], responses=problems()
)
def search_persons(
    session: NamedDependency[Session], standing: NamedDependency[Standing], data: JSONBody[Search]
) -> FoundPersons:
    """Of the key's company and purpose. A search is an entry of the audit, with those whom it found.

    Its answer is not kept: sent again, with an `Idempotency-Key` or without, it finds who is there then.
    """
    standing.require(Permission.SEE_PERSONS)
    found = finding.search(session, data.wanted, kind=data.kind)
    persons = [FoundPerson(one.person_id, one.known_since, one.restricted, one.registers) for one in found.persons]
    return FoundPersons(persons, found.more)


@get(
    "/persons/{person_id:uuid}", sync_to_thread=True, summary="Show a person", tags=["persons"], responses=problems(404)
)
def show_person(
    session: NamedDependency[Session], standing: NamedDependency[Standing], person_id: FromPath[UUID]
) -> PersonWhole:
    """With where each value came from. Reading it is an entry of the audit."""
    standing.require(Permission.SEE_PERSONS)
    return _whole(person_file.view(session, person_id))


@get(
    "/persons/{person_id:uuid}/registers/{register_id:uuid}/records",
    sync_to_thread=True,
    summary="List the records of a person in a register",
    tags=["persons"],
    responses=problems(404, 422),
)
def list_records_of_person(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    person_id: FromPath[UUID],
    register_id: FromPath[UUID],
    *,
    cursor: GivenCursor = None,
) -> RecordsPage:
    """The newest first. Reading a page is an entry of the audit."""
    standing.require(Permission.SEE_PERSONS)
    before = decode(cursor, UUID) if cursor else None
    held = viewing.records_in(session, person_id, register_id, before=before)
    following = encode(held.records[-1].record_id) if len(held.records) == viewing.PAGE else None
    return RecordsPage([_record(one) for one in held.records], following)


@get(
    "/persons/{person_id:uuid}/records/{record_id:uuid}/values/{field_id:uuid}",
    sync_to_thread=True,
    summary="Open a sealed value",
    tags=["persons"],
    responses=problems(404),
)
def open_value(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    person_id: FromPath[UUID],
    record_id: FromPath[UUID],
    field_id: FromPath[UUID],
) -> OpenedValue:
    """One at a time; each is an entry of the audit. A personal identity code is opened for rights requests only."""
    standing.require(Permission.SEE_PERSONS)
    return OpenedValue(_plain(viewing.sealed_value(session, person_id, record_id, field_id)))


@changing(
    "/persons/{person_id:uuid}/records/{record_id:uuid}/corrections",
    status_code=200,
    summary="Correct a record",
    tags=["persons"],
    responses=problems(404),
)
def correct_record(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    person_id: FromPath[UUID],
    record_id: FromPath[UUID],
    data: JSONBody[Correcting],
) -> RecordOfPerson:
    """By the rules of its register (Art. 16). What the values were is kept for the days that the register says."""
    standing.require(Permission.CORRECT_RECORDS)
    correcting.correct(
        session,
        person_id,
        record_id,
        data.values,
        source=data.source,
        detail=data.detail,
        reason=data.reason,
        as_of=data.as_of,
        notice=versions.number(session),
    )
    return _record(viewing.record(session, person_id, record_id))


@get(
    "/persons/{person_id:uuid}/records/{record_id:uuid}/corrections",
    sync_to_thread=True,
    summary="List the corrections of a record",
    tags=["persons"],
    responses=problems(404),
)
def list_corrections(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    person_id: FromPath[UUID],
    record_id: FromPath[UUID],
) -> list[CorrectionOfRecord]:
    """The newest first, as long as they are kept. Reading them is an entry of the audit."""
    standing.require(Permission.SEE_PERSONS)
    viewing.record(session, person_id, record_id)
    return [
        CorrectionOfRecord(
            at=one.at,
            by=one.by,
            source=one.whence.words,
            declared_source=one.whence.declared,
            reason=one.reason,
            before=[Before(field_id, value) for field_id, value in one.before.items()],
            kept_until=one.kept_until,
        )
        for one in correcting.corrections_of(session, person_id, record_id)
    ]


def _whole(file: PersonFile) -> PersonWhole:
    held = file.held
    archives = {one.case_id: one.state for one in file.archives or ()}
    return PersonWhole(
        person_id=held.person_id,
        name=held.name,
        known_since=held.known_since,
        restricted=held.restricted,
        registers=[_register(one) for one in held.registers],
        cases=None
        if file.cases is None
        else [
            CaseOfPerson(one.case_id, one.number, one.state, one.received_on, archives.get(one.case_id))
            for one in file.cases
        ],
        looks=None
        if file.looks is None
        else [
            Look(one.at, one.actor, one.actor_id, PurposeKind(one.purpose) if one.purpose else None, one.action)
            for one in file.looks
        ],
    )


def _register(held: HeldRegister) -> RegisterOfPerson:
    return RegisterOfPerson(held.register_id, held.name, held.count, [_record(one) for one in held.records])


def _record(held: HeldRecord) -> RecordOfPerson:
    values = [_value(one) for one in held.values]
    return RecordOfPerson(held.record_id, held.restricted, held.created_at, held.updated_at, values)


def _value(held: HeldValue) -> Value:
    return Value(
        field_id=held.field_id,
        key=held.key,
        label=held.label,
        type=held.type,
        value=_plain(held.value),
        sealed=held.sealed,
        source=held.source,
        declared_source=held.whence.declared,
        at=held.at,
        notice=held.whence.notice,
        import_id=held.import_id,
    )


def _plain(kept: Kept | None) -> str | int | bool | None:
    return str(kept) if isinstance(kept, Decimal) else kept

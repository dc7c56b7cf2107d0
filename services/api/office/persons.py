"""People of the company that is acted for: found, and seen as its registers know them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, FromQuery
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api import audited, wording
from services.api.cursors import Pages, decode, encode
from services.api.forms import Form, refused
from services.api.office import person_sharing
from services.api.office.cases import CASES
from services.api.office.desk import Desk
from services.api.office.imports import IMPORTS
from services.api.values import written
from tenants.acting import Actor, PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies import members
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.languages.speaking import Text, translate_plural
from tenants.notifying import reading as notifying
from tenants.registers import erasing, finding, former_ids, sources, viewing
from tenants.registers.finding import Findings
from tenants.registers.model import FieldType
from tenants.registers.viewing import HeldRecord, HeldRegister, HeldValue
from tenants.requests import person_file
from tenants.requests.person_file import PersonFile
from tenants.sameness import changes, proposing, telling_apart
from tenants.sameness.changes import Told
from tenants.sameness.proposing import Likeness
from tenants.sameness.telling_apart import Apart
from tenants.vault.digests import IdentifierKind

PERSONS = "/office/persons"
RESTRICTIONS = "/office/restrictions"
Opened = dict[tuple[UUID, UUID], str]
NOTHING_OPENED: Opened = {}
NOTHING_GIVEN = Form()


class UnknownKind(Invalid):
    """People are not found by anything of this kind."""


class Search(Struct, frozen=True):
    wanted: str = ""
    kind: str = ""


class ShownValue(Struct, frozen=True):
    """`text` is None where the value is sealed; `open_url` where this member may open it.

    `own` is where it came from and when, if that is another source or time than the record's.
    """

    label: Text
    text: str | None
    own: tuple[str, datetime, int | None] | None
    open_url: str | None


class ShownRecord(Struct, frozen=True):
    source: str
    at: datetime
    notice: int | None
    restricted: bool
    values: list[ShownValue]
    correct_url: str | None
    restrict_url: str | None
    erase_url: str | None


class ShownRegister(Struct, frozen=True):
    """`all_url` leads to the others where not all records are shown."""

    name: Text
    count: int
    records: list[ShownRecord]
    all_url: str | None


class ShownLook(Struct, frozen=True):
    at: datetime
    who: str
    action: str
    purpose: PurposeKind | None


class ShownSameness(Struct, frozen=True):
    """Who may be the same as this person, who is known not to be, and how it was merged and divided before."""

    likenesses: list[Likeness]
    changes: list[Told]
    apart: list[Apart]
    merge_url: str
    split_url: str


@get("/persons", sync_to_thread=True)
def ask_for_person(desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.SEE_PERSONS)
    return _search_page(desk, Form())


@post("/persons/searches", sync_to_thread=True, status_code=200)
def search_persons(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[Search, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    """What is searched for is personal data, so it is in no address; the only one who fits is shown at once."""
    desk.require(Permission.SEE_PERSONS)
    try:
        found = finding.search(session, data.wanted, kind=_kind(data.kind))
    except Invalid as refusal:
        return _search_page(desk, refused(desk.language, to_builtins(data), refusal), status=422)
    if len(found.persons) == 1:
        return Redirect(f"{PERSONS}/{found.persons[0].person_id}", status_code=303)
    return _search_page(desk, Form(to_builtins(data)), found)


@get("/persons/{person_id:uuid}", sync_to_thread=True)
def show_person(
    session: NamedDependency[Session], desk: NamedDependency[Desk], person_id: FromPath[UUID]
) -> Response[str] | Redirect:
    """Whoever was merged with another is shown as that one."""
    desk.require(Permission.SEE_PERSONS)
    if held_as := former_ids.held_as(session, person_id):
        return Redirect(f"{PERSONS}/{held_as}", status_code=303)
    return page(session, desk, person_id)


@get("/persons/{person_id:uuid}/registers/{register_id:uuid}", sync_to_thread=True)
def show_register_of_person(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    person_id: FromPath[UUID],
    register_id: FromPath[UUID],
    *,
    cursor: FromQuery[str] = "",
) -> Response[str]:
    desk.require(Permission.SEE_PERSONS)
    before = decode(cursor, UUID) if cursor else None
    held = viewing.records_in(session, person_id, register_id, before=before)
    following = encode(held.records[-1].record_id) if len(held.records) == viewing.PAGE else None
    words = translate_plural(
        desk.language, "%(count)s record on this page", "%(count)s records on this page", len(held.records)
    )
    url = f"{PERSONS}/{person_id}"
    return desk.page(
        "office/persons/register.html",
        register=_register(desk, person_id, held, NOTHING_OPENED),
        name=finding.names_of(session, [person_id]).get(person_id, ""),
        person_url=url,
        search_url=PERSONS,
        pages=Pages(words, next_url=f"{url}/registers/{register_id}?cursor={following}" if following else None),
    )


@post(
    "/persons/{person_id:uuid}/records/{record_id:uuid}/values/{field_id:uuid}/opening",
    sync_to_thread=True,
    status_code=200,
)
def open_value(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    person_id: FromPath[UUID],
    record_id: FromPath[UUID],
    field_id: FromPath[UUID],
) -> Response[str]:
    """Shown once, on the page that answers."""
    desk.require(Permission.SEE_PERSONS)
    value = viewing.sealed_value(session, person_id, record_id, field_id)
    opened = {(record_id, field_id): written(desk.language, FieldType.TEXT, value)}
    return page(session, desk, person_id, opened=opened)


def page(
    session: Session,
    desk: Desk,
    person_id: UUID,
    *,
    opened: Opened = NOTHING_OPENED,
    form: Form = NOTHING_GIVEN,
    status: int = 200,
) -> Response[str]:
    """`form` is that of the consents and objections."""
    file = person_file.view(session, person_id)
    url, company_id = f"{PERSONS}/{person_id}", desk.here.acting.company_id
    return desk.page(
        "office/persons/person.html",
        status=status,
        form=form,
        sharing=person_sharing.shown(session, desk, file, url) if company_id else None,
        file=file,
        registers=[_register(desk, person_id, one, opened) for one in file.held.registers],
        looks=_looks(session, desk, file.looks) if file.looks is not None else None,
        search_url=PERSONS,
        cases_url=CASES,
        restrictions_url=RESTRICTIONS,
        restrict_url=f"{PERSONS}/{person_id}/restrictions" if _may_restrict(desk, file) else None,
        erase_url=f"{PERSONS}/{person_id}/erasures" if desk.here.may(Permission.ERASE_RECORDS) else None,
        told=notifying.of_person(session, person_id) if desk.here.may(Permission.TELL_RECIPIENTS) else None,
        erased=erasing.of_person(session, person_id),
        notifications_url="/office/notifications",
        may_lift=desk.here.may(Permission.RESTRICT_PERSONS),
        sameness=_sameness(session, desk, person_id),
        imports_url=IMPORTS if desk.here.may(Permission.IMPORT_RECORDS) else None,
    )


def _sameness(session: Session, desk: Desk, person_id: UUID) -> ShownSameness | None:
    """None for whoever may not merge and divide for their purpose."""
    if not desk.here.may(Permission.MERGE_PERSONS):
        return None
    url = f"{PERSONS}/{person_id}"
    return ShownSameness(
        likenesses=proposing.of_person(session, person_id),
        changes=changes.of_person(session, person_id),
        apart=[one for one in telling_apart.of_person(session, person_id) if one.row.undone_at is None],
        merge_url=f"{url}/merges",
        split_url=f"{url}/splits",
    )


def _may_restrict(desk: Desk, file: PersonFile) -> bool:
    return desk.here.may(Permission.RESTRICT_PERSONS) and not file.held.restricted


def _search_page(desk: Desk, form: Form, found: Findings | None = None, *, status: int = 200) -> Response[str]:
    kinds = [kind for kind in IdentifierKind if kind is not IdentifierKind.HETU or may_use_codes(desk)]
    return desk.page(
        "office/persons/search.html",
        status=status,
        form=form,
        kinds=[(kind.value, wording.said(desk.language, kind)) for kind in kinds],
        found=found,
        action_url=f"{PERSONS}/searches",
        persons_url=PERSONS,
        longest=finding.LONGEST,
        duplicates_url="/office/duplicates" if desk.here.may(Permission.MERGE_PERSONS) else None,
    )


def _kind(given: str) -> IdentifierKind | None:
    try:
        return IdentifierKind(given) if given else None
    except ValueError:
        raise UnknownKind(field="kind") from None


def may_use_codes(desk: Desk) -> bool:
    return desk.here.may(Permission.USE_IDENTITY_CODES)


def _register(desk: Desk, person_id: UUID, held: HeldRegister, opened: Opened) -> ShownRegister:
    url = f"{PERSONS}/{person_id}"
    return ShownRegister(
        name=held.name,
        count=held.count,
        records=[_record(desk, url, one, opened, held.sources) for one in held.records],
        all_url=f"{url}/registers/{held.register_id}" if held.count > len(held.records) else None,
    )


def _record(desk: Desk, url: str, held: HeldRecord, opened: Opened, declared: Mapping[str, Text]) -> ShownRecord:
    record_url = f"{url}/records/{held.record_id}"
    return ShownRecord(
        source=sources.told(declared, sources.whence_of(held.whence), desk.language),
        at=held.at,
        notice=held.whence.notice,
        restricted=held.restricted,
        correct_url=f"{record_url}/corrections" if desk.here.may(Permission.CORRECT_RECORDS) else None,
        restrict_url=_restrict_url(desk, url, held),
        erase_url=f"{url}/erasures?record={held.record_id}" if desk.here.may(Permission.ERASE_RECORDS) else None,
        values=[
            _value(desk, record_url, one, of=held, declared=declared, opened=opened.get((held.record_id, one.field_id)))
            for one in held.values
        ],
    )


def _restrict_url(desk: Desk, url: str, held: HeldRecord) -> str | None:
    may = desk.here.may(Permission.RESTRICT_PERSONS) and not held.restricted
    return f"{url}/restrictions?record={held.record_id}" if may else None


def _value(
    desk: Desk, record_url: str, held: HeldValue, *, of: HeldRecord, declared: Mapping[str, Text], opened: str | None
) -> ShownValue:
    text = opened if held.value is None else written(desk.language, held.type, held.value)
    may_open = held.openable and (held.type is not FieldType.HETU or may_use_codes(desk))
    own = (sources.told(declared, sources.whence_of(held.whence), desk.language), held.at, held.whence.notice)
    same = (held.whence.source, held.at, held.whence.declared) == (of.whence.source, of.at, of.whence.declared)
    return ShownValue(
        label=held.label,
        text=text,
        own=None if same else own,
        open_url=f"{record_url}/values/{held.field_id}/opening" if text is None and may_open else None,
    )


def _looks(session: Session, desk: Desk, entries: Sequence[AuditEntry]) -> list[ShownLook]:
    names = members.names(session, {one.actor_id for one in entries if one.actor is Actor.MEMBER and one.actor_id})
    return [
        ShownLook(
            at=one.at,
            who=(names.get(one.actor_id) if one.actor_id else None) or wording.said(desk.language, one.actor),
            action=audited.action(desk.language, one.action),
            purpose=PurposeKind(one.purpose) if one.purpose else None,
        )
        for one in entries
    ]

"""Requests of authorities: taken in, decided by another, given out as a file that is taken along once."""

from collections.abc import Generator
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, FromQuery
from litestar.response import Redirect, Stream
from msgspec import Struct, field, to_builtins
from msgspec.structs import replace
from sqlalchemy.orm import Session

from services.api import form_tokens, wording
from services.api.attachments import MEDIA_TYPES, attached
from services.api.forms import Form, refused
from services.api.office.desk import Desk
from services.api.office.processor_forms import refused_form
from services.api.office.processors_told import PROCESSORS
from services.api.office.sent_documents import LARGEST, NOTHING, PIECE, ChosenFile, named, post_with_documents
from tenants import settings
from tenants.authorities import cases, disclosing, records, refusals
from tenants.authorities.cases import Asked
from tenants.authorities.law import provisions
from tenants.authorities.model import Period, VerifiedHow
from tenants.companies import companies, members
from tenants.companies.permissions import Permission
from tenants.errors import Invalid, SeveralInvalid
from tenants.exports import extracts
from tenants.processors import reading as agreements
from tenants.registers import registers
from tenants.registers.model import FileKind
from tenants.registers.values import NotADate

AUTHORITIES = "/office/authorities"


class NewCase(Struct, frozen=True):
    register: UUID
    purpose: UUID | None = None
    authority: str = ""
    reference: str = ""
    provision: str = ""
    provision_text: str = ""
    document: str = ""
    document_sha256: str = ""
    file: ChosenFile = NOTHING
    asker: str = ""
    verified_how: VerifiedHow = VerifiedHow.CALLED_BACK
    fields: UUID | list[UUID] = []
    persons: str = ""
    period_field: str = ""
    period_first: str = ""
    period_last: str = ""
    secret_provision: str = ""
    secret_until: str = ""
    form_token: str = field(default="", name=form_tokens.FIELD)


class Decision(Struct, frozen=True):
    refused: bool
    fields: UUID | list[UUID] = []
    period_field: str = ""
    period_first: str = ""
    period_last: str = ""
    reason: str = ""


class FileForm(Struct, frozen=True):
    kind: FileKind = FileKind.NDJSON


@get("/authorities", sync_to_thread=True)
def list_cases(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.SEE_AUTHORITIES)
    return desk.page(
        "office/authorities/list.html",
        cases=cases.listed(session),
        url=AUTHORITIES,
        may_open=desk.here.may_for_some_purpose(Permission.HANDLE_AUTHORITIES),
    )


@get("/authorities/new", sync_to_thread=True)
def new_case(
    session: NamedDependency[Session], desk: NamedDependency[Desk], *, register: FromQuery[UUID | None] = None
) -> Response[str]:
    """Without a register, asks for one."""
    desk.require(Permission.HANDLE_AUTHORITIES)
    if register is not None:
        return _form(session, desk, register, Form())
    names = [(str(one.register_id), one.name.in_(desk.language)) for one in registers.listed(session)]
    return desk.page("office/authorities/of_which.html", registers=names, form=Form(), url=AUTHORITIES)


@post_with_documents("/authorities")
def open_case(
    request: Request[Any, Any, Any],
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[NewCase, BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[str] | Redirect:
    """The authority's document is counted, and not kept."""
    form_tokens.check(request, data.form_token)
    desk.require(Permission.HANDLE_AUTHORITIES)
    sent = named(data.document, data.document_sha256, data.file, file_field="file", digest_field="document_sha256")
    given = replace(data, document=sent.name, document_sha256=sent.sha256, fields=_several(data.fields))
    try:
        if sent.problems:
            raise SeveralInvalid(sent.problems)
        case_id = cases.open_case(session, _asked(given))
    except Invalid as refusal:
        return _form(session, desk, data.register, refused_form(desk.language, given, refusal), status=422)
    return desk.done(f"{AUTHORITIES}/{case_id}", "authority-asked")


@get("/authorities/{case_id:uuid}", sync_to_thread=True)
def show_case(session: NamedDependency[Session], desk: NamedDependency[Desk], case_id: FromPath[UUID]) -> Response[str]:
    desk.require(Permission.SEE_AUTHORITIES)
    return _page(session, desk, case_id, Form())


@get("/authorities/{case_id:uuid}/record", sync_to_thread=True)
def show_record(
    session: NamedDependency[Session], desk: NamedDependency[Desk], case_id: FromPath[UUID]
) -> Response[str]:
    """Of what was given out: to be printed, signed, and kept with the authority's document."""
    desk.require(Permission.SEE_AUTHORITIES)
    case = cases.get(session, case_id)
    if not case.files:
        raise refusals.NotDisclosed
    taken_by = {one.downloaded_by for one in case.files if one.downloaded_by} | {one.made_by for one in case.files}
    signed = records.of_case(session, case_id)
    return desk.page(
        "office/authorities/record.html",
        case=case,
        signed=signed,
        keys_url=f"{settings.current().base_url}/g/{signed.record.group}/keys.json",
        asker=cases.asker(session, case.row),
        company=companies.names(session)[case.row.company_id],
        fields=[case.fields[one] for one in case.decision.field_ids] if case.decision else [],
        names=members.names(session, taken_by),
        case_url=f"{AUTHORITIES}/{case_id}",
        list_url=AUTHORITIES,
    )


@get("/authorities/{case_id:uuid}/record.json", sync_to_thread=True)
def take_record(session: NamedDependency[Session], desk: NamedDependency[Desk], case_id: FromPath[UUID]) -> Stream:
    """The same, signed, for whoever wants to check it without Seloste."""
    desk.require(Permission.SEE_AUTHORITIES)
    written = records.written(records.of_case(session, case_id))
    return attached(_whole(written), f"{case_id}.json", "application/json", size=len(written))


@post("/authorities/{case_id:uuid}/decision", sync_to_thread=True)
def decide(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    case_id: FromPath[UUID],
    data: Annotated[Decision, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.APPROVE_AUTHORITIES)
    chosen = _several(data.fields)
    try:
        # A period that is refused altogether is none.
        within = None if data.refused else _period(data)
        cases.decide(session, case_id, refused=data.refused, reason=data.reason, field_ids=chosen, period=within)
    except Invalid as refusal:
        given = to_builtins(data) | {"fields": [str(one) for one in chosen]}
        return _page(session, desk, case_id, refused(desk.language, given, refusal), status=422)
    return desk.done(f"{AUTHORITIES}/{case_id}", "authority-refused" if data.refused else "authority-approved")


@post("/authorities/{case_id:uuid}/files", sync_to_thread=True)
def give(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    case_id: FromPath[UUID],
    data: Annotated[FileForm, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    desk.require(Permission.HANDLE_AUTHORITIES)
    disclosing.of_case(session, case_id, data.kind)
    return desk.done(f"{AUTHORITIES}/{case_id}", "authority-disclosed")


@post("/authorities/files/{file_id:uuid}/download", sync_to_thread=True)
def take(session: NamedDependency[Session], desk: NamedDependency[Desk], file_id: FromPath[UUID]) -> Stream:
    """Once: a form and no link, so that nothing that only looks ahead takes it."""
    desk.require(Permission.HANDLE_AUTHORITIES)
    taken = disclosing.take_along(session, file_id)
    kind = FileKind(taken.name.rpartition(".")[2])
    return attached(_whole(taken.content), taken.name, MEDIA_TYPES[kind], size=len(taken.content))


def _whole(content: bytes) -> Generator[bytes]:
    yield content


def _asked(data: NewCase) -> Asked:
    return Asked(
        recipient_id=_id(data.authority),
        reference=data.reference,
        provision=data.provision or None,
        provision_text=data.provision_text,
        document=data.document,
        document_sha256=data.document_sha256,
        asker=data.asker,
        verified_how=data.verified_how,
        register_id=data.register,
        purpose_id=data.purpose,
        field_ids=tuple(_several(data.fields)),
        persons=data.persons,
        period=_period(data),
        secret_provision=data.secret_provision,
        secret_until=_day(data.secret_until, field="secret_until"),
    )


def _page(session: Session, desk: Desk, case_id: UUID, form: Form, *, status: int = 200) -> Response[str]:
    case = cases.get(session, case_id)
    url, own = f"{AUTHORITIES}/{case_id}", case.row.opened_by == desk.here.member_id
    decides = desk.here.may(Permission.APPROVE_AUTHORITIES) and case.decision is None and not own
    gives = desk.here.may(Permission.HANDLE_AUTHORITIES) and case.decision is not None and not case.decision.refused
    return desk.page(
        "office/authorities/case.html",
        status=status,
        case=case,
        form=form,
        asker=cases.asker(session, case.row),
        fields=[(str(one), case.fields[one]) for one in case.row.field_ids],
        decide_url=f"{url}/decision" if decides else None,
        give_url=f"{url}/files" if gives else None,
        files_url=f"{AUTHORITIES}/files" if gives else None,
        kinds=[(str(one), wording.said(desk.language, one)) for one in disclosing.KINDS],
        days=_days(session, desk, case.row.register_id),
        longest=cases.LONGEST,
        list_url=AUTHORITIES,
    )


def _days(session: Session, desk: Desk, register_id: UUID) -> list[tuple[str, str]]:
    return [(str(one.field_id), one.label.in_(desk.language)) for one in cases.days_of(session, register_id)]


def _form(session: Session, desk: Desk, register_id: UUID, form: Form, *, status: int = 200) -> Response[str]:
    register = registers.get(session, register_id)
    fields = [
        (str(one.field_id), one.label.in_(desk.language), one.sealed) for one in registers.fields(session, register_id)
    ]
    known = provisions.in_force(agreements.today())
    return desk.page(
        "office/authorities/new.html",
        status=status,
        register=register,
        form=form,
        fields=fields,
        days=_days(session, desk, register_id),
        purposes=[(str(o.purpose_id), o.label.in_(desk.language)) for o in extracts.purposes(session, register_id)],
        authorities=[(str(one.processor_id), one.name) for one in cases.authorities(session)],
        catalogue_url=f"{PROCESSORS}/new",
        provisions=[(one.key, one.name.in_(desk.language)) for one in known],
        ways=[(str(one), wording.said(desk.language, one)) for one in VerifiedHow],
        longest=cases.LONGEST,
        megabytes=LARGEST // PIECE,
        action_url=AUTHORITIES,
        list_url=AUTHORITIES,
    )


def _several(given: UUID | list[UUID]) -> list[UUID]:
    return given if isinstance(given, list) else [given]


def _id(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


def _period(data: NewCase | Decision) -> Period | None:
    """Raises NotADate, PeriodHalfSaid."""
    first, last = _day(data.period_first, field="period_first"), _day(data.period_last, field="period_last")
    of = _id(data.period_field)
    if of is None and first is None and last is None:
        return None
    if of is None or first is None or last is None:
        raise refusals.PeriodHalfSaid(field="period_field")
    return Period(of, first, last)


def _day(given: str, *, field: str) -> date | None:
    """Raises NotADate."""
    try:
        return date.fromisoformat(given) if given.strip() else None
    except ValueError:
        raise NotADate(field=field) from None

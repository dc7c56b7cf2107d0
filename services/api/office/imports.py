"""Files into the registers of the company that is acted for."""

from collections.abc import Iterator
from datetime import datetime
from typing import IO, Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct, field
from sqlalchemy.orm import Session

from services.api import form_tokens, wording
from services.api.cursors import Pages
from services.api.forms import Form, refused
from services.api.login.sessions import OfficeSession
from services.api.office import import_forms
from services.api.office.desk import Desk, signed_in, take_seat
from services.api.problems import file_too_large
from services.api.uploads import UploadRequest
from tenants.companies.permissions import Permission
from tenants.database import walled_session
from tenants.errors import Invalid
from tenants.languages.speaking import Text, translate, translate_plural
from tenants.manifests import versions
from tenants.registers import headers, imports, mapping, previewing, registers, sources, staging
from tenants.registers.model import FileForm, Import, ImportFault, ImportState
from tenants.registers.previewing import Example, Reason

AnyRequest = Request[Any, Any, Any]

IMPORTS = "/office/imports"
FAULTS_SHOWN = 100
PIECE = 1024 * 1024
# Larger files are for `seloste import`, which needs no room for them on the api's machine.
LARGEST = 512 * 1024 * 1024
WITH_REFUSED_ROWS = frozenset({ImportState.CHECKED, ImportState.WRITING, ImportState.PAUSED})
WORKING = frozenset({ImportState.RECEIVED, ImportState.CHECKING, ImportState.WRITING})


class NoFile(Invalid):
    """Choose a file."""


class NewImport(Struct, frozen=True):
    register: UUID
    file: UploadFile | None = None
    source: str = ""
    detail: str = ""
    form_token: str = field(default="", name=form_tokens.FIELD)


class Approval(Struct, frozen=True):
    keep_good: str = "no"


class ShownImport(Struct, frozen=True):
    url: str
    register: Text
    source: str
    state: ImportState
    rows: int
    bad: int
    written: int
    created_at: datetime


class Load(Struct, frozen=True, kw_only=True):
    """`done` of `whole` rows is what the bar shows; how many there are is not known before the file was checked."""

    state: ImportState
    register: Text
    source: str
    columns: list[str | None]
    whole: int
    done: int
    rows: int
    bad: int
    written: int
    persons_new: int
    records_new: int
    records_changed: int
    records_same: int
    notice: int | None
    created_at: datetime
    finished_at: datetime | None


class ShownExample(Struct, frozen=True):
    """None of a sealed value."""

    line: int
    field: str
    before: str | None
    after: str | None


class ShownReason(Struct, frozen=True):
    reason: str
    rows: int


class ShownFault(Struct, frozen=True):
    """`column` is 0 where the row as a whole is meant; a column that is no field is told by its number."""

    line: int
    column: int
    field: str | None
    reason: str


@get("/imports", sync_to_thread=True)
def list_imports(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.IMPORT_RECORDS)
    names = {one.register_id: one.name for one in registers.listed(session)}
    found = imports.recent(session)
    words = translate_plural(desk.language, "%(count)s newest import", "%(count)s newest imports", len(found))
    return desk.page(
        "office/imports/list.html",
        imports=[_listed(one, names[one.register_id]) for one in found],
        new_url=f"{IMPORTS}/new",
        pages=Pages(words),
    )


@get("/imports/new", sync_to_thread=True)
def new_import(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.IMPORT_RECORDS)
    return _form(session, desk, Form())


@post(
    "/imports",
    sync_to_thread=True,
    request_max_body_size=LARGEST,
    request_class=UploadRequest,
    exception_handlers={RequestEntityTooLarge: file_too_large},
    guards=[signed_in],
    exclude_from_csrf=True,
)
def receive(
    request: AnyRequest,
    office_session: NamedDependency[OfficeSession],
    data: Annotated[NewImport, BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[str] | Redirect:
    """Two short transactions with the way to the object store between them, so not the request's own session."""
    form_tokens.check(request, data.form_token)
    with walled_session(office_session.acting) as session:
        desk = take_seat(request, session)
        desk.require(Permission.IMPORT_RECORDS)
    try:
        if data.file is None or not data.file.filename:
            raise NoFile(field="file")
        with walled_session(office_session.acting) as session:
            import_id = imports.expect(session, data.register, source=data.source, detail=data.detail)
        staged = staging.stage(office_session.group_id, import_id, _pieces(data.file.file))
        with walled_session(office_session.acting) as session:
            take_seat(request, session).require(Permission.IMPORT_RECORDS)
            received = imports.receive(
                session,
                data.register,
                source=data.source,
                detail=data.detail,
                notice=versions.number(session),
                named=headers.named(data.file.filename),
                staged=staged,
            )
    except Invalid as refusal:
        given = {"register": str(data.register), "source": data.source, "detail": data.detail}
        with walled_session(office_session.acting) as session:
            return _form(session, desk, refused(desk.language, given, refusal), status=422)
    return desk.done(f"{IMPORTS}/{received.import_id}", "import-received")


@get("/imports/{import_id:uuid}", sync_to_thread=True)
def show_import(
    session: NamedDependency[Session], desk: NamedDependency[Desk], import_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.IMPORT_RECORDS)
    found = imports.get(session, import_id)
    faults = imports.faults(session, import_id, limit=FAULTS_SHOWN)
    url = f"{IMPORTS}/{import_id}"
    checked = found.state is ImportState.CHECKED
    return desk.page(
        "office/imports/import.html",
        load=_load(found, registers.get(session, found.register_id).name),
        labels={one.key: one.label.in_(desk.language) for one in registers.fields(session, found.register_id)},
        faults=[_fault(desk, one) for one in faults],
        more_faults=max(0, found.rows_bad - len({one.line for one in faults})),
        write_url=f"{url}/approval" if checked and found.rows_bad < found.rows_checked else None,
        discard_url=f"{url}/discarding" if found.state in imports.OPEN else None,
        refused_url=f"{url}/refused-rows" if _refused_rows_at_hand(desk, found) else None,
        columns_url=f"{url}/columns" if _mappable(found) else None,
        pause_url=f"{url}/pause" if found.state is ImportState.WRITING and found.object_key else None,
        resume_url=f"{url}/resumption" if found.state is ImportState.PAUSED else None,
        form_of_file=_form_of_file(desk, found.form) if found.form else None,
        reasons=[_reason(desk, one) for one in previewing.reasons(session, import_id)],
        examples=[_example(desk, one) for one in previewing.examples(session, found)],
        list_url=IMPORTS,
        refresh_url=url,
        working=found.state in WORKING,
    )


@post("/imports/{import_id:uuid}/approval", sync_to_thread=True)
def approve(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    import_id: FromPath[UUID],
    data: Annotated[Approval, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    desk.require(Permission.IMPORT_RECORDS)
    imports.approve(session, import_id, keep_good=data.keep_good == "yes")
    return desk.done(f"{IMPORTS}/{import_id}", "import-approved")


@post("/imports/{import_id:uuid}/pause", sync_to_thread=True)
def pause(session: NamedDependency[Session], desk: NamedDependency[Desk], import_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.IMPORT_RECORDS)
    imports.pause(session, import_id)
    return desk.done(f"{IMPORTS}/{import_id}", "import-paused")


@post("/imports/{import_id:uuid}/resumption", sync_to_thread=True)
def resume(session: NamedDependency[Session], desk: NamedDependency[Desk], import_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.IMPORT_RECORDS)
    imports.resume(session, import_id)
    return desk.done(f"{IMPORTS}/{import_id}", "import-approved")


@post("/imports/{import_id:uuid}/discarding", sync_to_thread=True)
def discard(session: NamedDependency[Session], desk: NamedDependency[Desk], import_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.IMPORT_RECORDS)
    imports.discard(session, import_id)
    return desk.done(f"{IMPORTS}/{import_id}", "import-discarded")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _form(session: Session, desk: Desk, form: Form, *, status: int = 200) -> Response[str]:
    listed = registers.listed(session)
    declared = {key: words for one in listed for key, words in sources.declared(one).items()}
    return desk.page(
        "office/imports/new.html",
        status=status,
        form=form,
        registers=[(str(one.register_id), one.name.in_(desk.language)) for one in listed],
        sources=[(key, words.in_(desk.language)) for key, words in declared.items()],
        action_url=IMPORTS,
        list_url=IMPORTS,
        largest=LARGEST,
        longest_source=sources.LONGEST_SOURCE,
    )


def _listed(one: Import, register: Text) -> ShownImport:
    return ShownImport(
        url=f"{IMPORTS}/{one.import_id}",
        register=register,
        source=one.source,
        state=one.state,
        rows=one.rows_checked,
        bad=one.rows_bad,
        written=one.rows_written,
        created_at=one.created_at,
    )


def _load(found: Import, register: Text) -> Load:
    writing = found.state in (ImportState.WRITING, ImportState.PAUSED, ImportState.DONE)
    return Load(
        state=found.state,
        register=register,
        source=found.source,
        columns=found.columns,
        whole=found.rows_checked - found.rows_bad if writing else 0,
        done=found.rows_written if writing else found.rows_checked,
        rows=found.rows_checked,
        bad=found.rows_bad,
        written=found.rows_written,
        persons_new=found.persons_new,
        records_new=found.records_new,
        records_changed=found.records_changed,
        records_same=found.records_same,
        notice=found.notice,
        created_at=found.created_at,
        finished_at=found.finished_at,
    )


def _mappable(found: Import) -> bool:
    return found.state in mapping.MAPPABLE and found.sealed_head is not None and found.object_key is not None


def _refused_rows_at_hand(desk: Desk, found: Import) -> bool:
    """For whoever brought the file, as long as it is there."""
    own = found.created_by == desk.here.member_id
    return own and found.rows_bad > 0 and found.wrapped_key is not None and found.state in WITH_REFUSED_ROWS


def _form_of_file(desk: Desk, form: FileForm) -> str:
    """As it was found or chosen: CSV, Windows-1252, semicolon."""
    encoding = dict(import_forms.ENCODINGS).get(form.encoding, form.encoding)
    separator = dict(import_forms.SEPARATORS).get(form.separator, "")
    words = (wording.said(desk.language, form.kind), encoding, translate(desk.language, separator) if separator else "")
    return ", ".join(word for word in words if word)


def _reason(desk: Desk, one: Reason) -> ShownReason:
    return ShownReason(translate(desk.language, one.reason, **one.said), one.rows)


def _example(desk: Desk, one: Example) -> ShownExample:
    before, after = ("–" if value is None else str(value) for value in (one.before, one.after))
    return ShownExample(one.line, one.field, None if one.sealed else before, None if one.sealed else after)


def _fault(desk: Desk, fault: ImportFault) -> ShownFault:
    return ShownFault(fault.line, fault.column, fault.field, translate(desk.language, fault.reason, **fault.said))

"""Files into the registers of the key's company."""

from collections.abc import Iterator
from datetime import datetime
from typing import IO, Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import FromPath, JSONBody, MultipartBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.cursors import LARGEST_PAGE
from services.api.problems import file_too_large
from services.api.rest.bearer import has_key
from services.api.rest.describing import problems
from services.api.rest.repeating import begin, changing
from services.api.uploads import UploadRequest
from tenants.acting import Acting
from tenants.companies import permissions
from tenants.companies.given_answers import Asked
from tenants.companies.permissions import Permission, Standing
from tenants.database import walled_session
from tenants.languages.speaking import Language, translate
from tenants.manifests import versions
from tenants.registers import headers, imports, mapping, previewing, sources, staging
from tenants.registers.model import Choice, FileForm, Import, ImportState
from tenants.registers.previewing import Example
from tenants.registers.table_rows import MOST_COLUMNS
from tenants.vault.digests import IdentifierKind

AnyRequest = Request[Any, Any, Any]

PIECE = 1024 * 1024
# Larger files are for `seloste import`, which needs no room for them on the api's machine.
LARGEST = 512 * 1024 * 1024


class ImportSummary(Struct, frozen=True):
    """`rows_bad` of `rows_checked` were refused; `form` is how the file was read.

    `columns` names the field that each column of the file is: empty where it is left out, null where it has no name.
    `records_*` are what writing would do, as it was when the file was checked.
    """

    import_id: UUID
    register_id: UUID
    state: ImportState
    source: str
    declared_source: str | None
    notice: int | None
    form: FileForm | None
    matched_by: list[str]
    columns: list[str | None]
    rows_checked: int
    rows_bad: int
    rows_written: int
    persons_new: int
    records_new: int
    records_changed: int
    records_same: int
    created_at: datetime
    finished_at: datetime | None


class RefusedRow(Struct, frozen=True):
    """Why a row was refused; never its values. `line` counts from 1, the header; 0 is the file as a whole."""

    line: int
    column: int
    field: str | None
    reason: str


class ImportWhole(Struct, frozen=True):
    """`faults` are the first hundred, `examples` the first values that would change; of sealed ones only that."""

    summary: ImportSummary
    faults: list[RefusedRow]
    examples: list[Example]


class NewImport(Struct, frozen=True, forbid_unknown_fields=True):
    """`source` is the key of a source that the register declares, or words where it declares none; `detail` says it
    more exactly. Both are kept with every value.
    """

    register_id: UUID
    source: Annotated[str, Meta(min_length=1, max_length=sources.LONGEST_SOURCE, examples=["service_use"])]
    file: Annotated[UploadFile, Meta(description="CSV, XLSX or NDJSON; the first row, or the keys, name the fields")]
    detail: Annotated[str, Meta(max_length=sources.LONGEST_SOURCE, examples=["web shop, customer export"])] = ""


class ChosenColumns(Struct, frozen=True, forbid_unknown_fields=True):
    """`columns` is the key of a field for each column of the file, in their order; an empty one leaves it out.

    `matched_by` are the identifiers by which a row's person is recognised; none are all, the strongest first.
    """

    columns: Annotated[list[str | None], Meta(max_length=MOST_COLUMNS)] | None = None
    encoding: Annotated[str, Meta(examples=["cp1252"])] | None = None
    separator: Annotated[str, Meta(min_length=1, max_length=1)] | None = None
    matched_by: Annotated[list[IdentifierKind], Meta(max_length=10)] = []


class Approval(Struct, frozen=True, forbid_unknown_fields=True):
    keep_good: Annotated[bool, Meta(description="Write the good rows although others are bad")] = False


@get("/imports", sync_to_thread=True, summary="List the newest imports", tags=["imports"], responses=problems())
def list_imports(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[ImportSummary]:
    standing.require(Permission.IMPORT_RECORDS)
    return [_summary(one) for one in imports.recent(session)]


@changing(
    "/imports",
    status_code=202,
    request_max_body_size=LARGEST,
    request_class=UploadRequest,
    exception_handlers={RequestEntityTooLarge: file_too_large},
    guards=[has_key],
    summary="Send a file",
    tags=["imports"],
    responses=problems(404, 413),
)
def receive_import(
    request: AnyRequest,
    acting: NamedDependency[Acting],
    asked: NamedDependency[Asked | None],
    session: NamedDependency[Session],
    data: MultipartBody[NewImport],
) -> Response[ImportSummary]:
    """It is kept encrypted and checked row by row by a worker; nothing is written before it is approved."""
    with walled_session(acting) as expecting:
        begin(request, expecting, permissions.require(expecting, Permission.IMPORT_RECORDS), asked)
        import_id = imports.expect(expecting, data.register_id, source=data.source, detail=data.detail)
    # The request's own session speaks to the database for the first time after this.
    staged = staging.stage(acting.group_id, import_id, _pieces(data.file.file))
    begin(request, session, permissions.require(session, Permission.IMPORT_RECORDS), asked)
    received = imports.receive(
        session,
        data.register_id,
        source=data.source,
        detail=data.detail,
        notice=versions.number(session),
        named=headers.named(data.file.filename),
        staged=staged,
    )
    told = _summary(received)
    return Response(told, status_code=202, headers={"Location": f"/api/v1/imports/{told.import_id}"})


@get(
    "/imports/{import_id:uuid}",
    sync_to_thread=True,
    summary="Show an import",
    tags=["imports"],
    responses=problems(404),
)
def show_import(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    import_id: FromPath[UUID],
    spoken: NamedDependency[Language],
) -> ImportWhole:
    standing.require(Permission.IMPORT_RECORDS)
    found = imports.get(session, import_id)
    faults = imports.faults(session, import_id, limit=LARGEST_PAGE)
    return ImportWhole(
        _summary(found),
        [RefusedRow(one.line, one.column, one.field, translate(spoken, one.reason, **one.said)) for one in faults],
        previewing.examples(session, found),
    )


@changing(
    "/imports/{import_id:uuid}/approval",
    status_code=202,
    summary="Approve an import",
    tags=["imports"],
    responses=problems(404),
)
def approve_import(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    import_id: FromPath[UUID],
    data: JSONBody[Approval],
) -> ImportSummary:
    """The rows are written by a worker."""
    standing.require(Permission.IMPORT_RECORDS)
    return _summary(imports.approve(session, import_id, keep_good=data.keep_good))


@changing(
    "/imports/{import_id:uuid}/columns",
    status_code=202,
    summary="Say which column is which field",
    tags=["imports"],
    responses=problems(404),
)
def choose_columns(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    import_id: FromPath[UUID],
    data: JSONBody[ChosenColumns],
) -> ImportSummary:
    """Of a file that waits for it (`unmapped`), or was checked. It is checked anew, and the choice is remembered."""
    standing.require(Permission.IMPORT_RECORDS)
    choice = Choice(encoding=data.encoding, separator=data.separator, columns=data.columns)
    return _summary(mapping.choose(session, import_id, choice, matched_by=data.matched_by))


@changing(
    "/imports/{import_id:uuid}/pause",
    status_code=200,
    summary="Pause an import",
    tags=["imports"],
    responses=problems(404),
)
def pause_import(
    session: NamedDependency[Session], standing: NamedDependency[Standing], import_id: FromPath[UUID]
) -> ImportSummary:
    """What was written stays."""
    standing.require(Permission.IMPORT_RECORDS)
    return _summary(imports.pause(session, import_id))


@changing(
    "/imports/{import_id:uuid}/resumption",
    status_code=202,
    summary="Go on with a paused import",
    tags=["imports"],
    responses=problems(404),
)
def resume_import(
    session: NamedDependency[Session], standing: NamedDependency[Standing], import_id: FromPath[UUID]
) -> ImportSummary:
    """At the row after the last one that was written."""
    standing.require(Permission.IMPORT_RECORDS)
    return _summary(imports.resume(session, import_id))


@delete(
    "/imports/{import_id:uuid}",
    sync_to_thread=True,
    summary="Discard an import",
    tags=["imports"],
    responses=problems(404),
)
def discard_import(
    session: NamedDependency[Session], standing: NamedDependency[Standing], import_id: FromPath[UUID]
) -> None:
    """The file can be read no more; rows that were written stay. One that has ended stays as it is."""
    standing.require(Permission.IMPORT_RECORDS)
    imports.discard(session, import_id)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _summary(one: Import) -> ImportSummary:
    return ImportSummary(
        import_id=one.import_id,
        register_id=one.register_id,
        state=one.state,
        source=one.source,
        declared_source=one.declared_source,
        notice=one.notice,
        form=one.form,
        matched_by=one.matched_by,
        columns=one.columns,
        rows_checked=one.rows_checked,
        rows_bad=one.rows_bad,
        rows_written=one.rows_written,
        persons_new=one.persons_new,
        records_new=one.records_new,
        records_changed=one.records_changed,
        records_same=one.records_same,
        created_at=one.created_at,
        finished_at=one.finished_at,
    )

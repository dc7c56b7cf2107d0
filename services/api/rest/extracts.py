"""Registers taken along as files that a worker builds."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.archive_stream import streamed
from services.api.rest.bearer import must_use_api
from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.acting import Acting
from tenants.companies.permissions import Permission, Standing
from tenants.exports import extracting, extracts
from tenants.exports.model import Extract, ExtractState
from tenants.registers.model import FileKind


class OrderedExtract(Struct, frozen=True, forbid_unknown_fields=True):
    """Of which fields, none of them sealed, in which form, and for which of the register's purposes."""

    field_ids: Annotated[list[UUID], Meta(min_length=1, max_length=500)]
    purpose_id: UUID
    kind: FileKind = FileKind.CSV


class ExtractOfRegister(Struct, frozen=True):
    """`records_done` of `records` are in the file. It can be downloaded while it is `ready`, until `expires_at`."""

    extract_id: UUID
    register_id: UUID
    purpose_id: UUID
    kind: FileKind
    field_ids: list[UUID]
    state: ExtractState
    records: int
    records_done: int
    size: int | None
    sha256: str | None
    ordered_by: UUID
    created_at: datetime
    expires_at: datetime | None


@changing(
    "/registers/{register_id:uuid}/extracts",
    opens=True,
    status_code=202,
    summary="Order the file of a register",
    tags=["registers"],
    responses=problems(404),
)
def order_extract(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    register_id: FromPath[UUID],
    data: JSONBody[OrderedExtract],
) -> ExtractOfRegister:
    """Built by a worker, as whoever ordered it; destroyed a day later."""
    standing.require(Permission.EXPORT_RECORDS)
    ordered = extracts.order(session, register_id, fields=data.field_ids, kind=data.kind, purpose_id=data.purpose_id)
    return _told(ordered)


@get("/extracts", sync_to_thread=True, summary="List files of registers", tags=["registers"], responses=problems())
def list_extracts(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[ExtractOfRegister]:
    """The newest fifty of the key's company, whoever ordered them."""
    standing.require(Permission.EXPORT_RECORDS)
    return [_told(one) for one in extracts.recent(session)]


@get(
    "/extracts/{extract_id:uuid}",
    sync_to_thread=True,
    summary="Show the file of a register",
    tags=["registers"],
    responses=problems(404),
)
def show_extract(
    session: NamedDependency[Session], standing: NamedDependency[Standing], extract_id: FromPath[UUID]
) -> ExtractOfRegister:
    standing.require(Permission.EXPORT_RECORDS)
    return _told(extracts.get(session, extract_id))


@get(
    "/extracts/{extract_id:uuid}/file",
    sync_to_thread=True,
    summary="Download the file of a register",
    tags=["registers"],
    responses=problems(404, 409),
    media_type="application/octet-stream",
)
def download_extract(acting: NamedDependency[Acting], extract_id: FromPath[UUID]) -> Response[Any]:
    """By whoever ordered it, while it is ready. Formulas are made harmless in CSV and XLSX."""
    must_use_api(acting)
    return streamed(extracting.open_file(acting, extract_id), media_type="application/octet-stream")


@delete(
    "/extracts/{extract_id:uuid}",
    sync_to_thread=True,
    summary="Destroy the file of a register",
    tags=["registers"],
    responses=problems(404, 409),
)
def discard_extract(
    session: NamedDependency[Session], standing: NamedDependency[Standing], extract_id: FromPath[UUID]
) -> None:
    standing.require(Permission.EXPORT_RECORDS)
    extracts.discard(session, extract_id)


def _told(one: Extract) -> ExtractOfRegister:
    return ExtractOfRegister(
        extract_id=one.extract_id,
        register_id=one.register_id,
        purpose_id=one.purpose_id,
        kind=one.kind,
        field_ids=one.field_ids,
        state=one.state,
        records=one.records,
        records_done=one.records_done,
        size=one.size,
        sha256=one.sha256,
        ordered_by=one.ordered_by,
        created_at=one.created_at,
        expires_at=one.expires_at,
    )

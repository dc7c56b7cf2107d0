"""The records of a register as a file."""

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy.orm import Session

from services.api.attachments import MEDIA_TYPES, attached
from services.api.rest.describing import problems
from tenants.companies.permissions import Permission, Standing
from tenants.exports import register_file
from tenants.registers.model import FileKind

CSV, XLSX = MEDIA_TYPES[FileKind.CSV], MEDIA_TYPES[FileKind.XLSX]


@get(
    "/registers/{register_id:uuid}/records.csv",
    sync_to_thread=True,
    summary="Take the records along as CSV",
    tags=["registers"],
    responses=problems(404),
    media_type=CSV,
)
def records_as_csv(
    session: NamedDependency[Session], standing: NamedDependency[Standing], register_id: FromPath[UUID]
) -> Stream:
    """All of the register, but for sealed fields and restricted records. Formulas are made harmless."""
    standing.require(Permission.EXPORT_RECORDS)
    return attached(register_file.csv_file(register_file.open_register(session, register_id)), "records.csv", CSV)


@get(
    "/registers/{register_id:uuid}/records.xlsx",
    sync_to_thread=True,
    summary="Take the records along as a spreadsheet",
    tags=["registers"],
    responses=problems(404, 422),
    media_type=XLSX,
)
def records_as_xlsx(
    session: NamedDependency[Session], standing: NamedDependency[Standing], register_id: FromPath[UUID]
) -> Stream:
    """As the CSV; every text is a text there, whatever it begins with."""
    standing.require(Permission.EXPORT_RECORDS)
    opened = register_file.open_register(session, register_id, spreadsheet=True)
    return attached(register_file.xlsx_file(opened), "records.xlsx", XLSX)

"""A file on its way to whoever asked for it, piece by piece; nobody on the way keeps it."""

from collections.abc import Generator
from contextlib import closing

from litestar.response import Stream

from tenants.registers.model import FileKind

MEDIA_TYPES = {
    FileKind.CSV: "text/csv",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.NDJSON: "application/x-ndjson",
}


def attached(pieces: Generator[bytes], file_name: str, media_type: str, *, size: int | None = None) -> Stream:
    """The file's name says nothing of whom it is about."""
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if size is not None:
        headers["Content-Length"] = str(size)
    return Stream(_closing(pieces), media_type=media_type, headers=headers)


def _closing(pieces: Generator[bytes]) -> Generator[bytes]:
    """Whoever breaks off lets go of the store too."""
    with closing(pieces):
        yield from pieces

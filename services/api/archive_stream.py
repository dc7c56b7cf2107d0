"""An archive on its way to whoever opened its link."""

from collections.abc import Generator
from contextlib import closing

from litestar.response import Stream

from tenants.exports import downloading
from tenants.exports.downloading import OpenArchive


def streamed(archive: OpenArchive) -> Stream:
    return Stream(
        _pieces(archive.pieces),
        media_type=downloading.MEDIA_TYPE,
        headers={
            "Content-Disposition": f'attachment; filename="{archive.file_name}"',
            "Content-Length": str(archive.size),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _pieces(pieces: Generator[bytes]) -> Generator[bytes]:
    """Whoever breaks off lets go of the store too."""
    with closing(pieces):
        yield from pieces

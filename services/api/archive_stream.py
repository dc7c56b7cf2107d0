"""An archive on its way to whoever opened its link."""

from litestar.response import Stream

from services.api.attachments import attached
from tenants.exports import downloading
from tenants.exports.downloading import OpenArchive


def streamed(archive: OpenArchive, *, media_type: str = downloading.MEDIA_TYPE) -> Stream:
    return attached(archive.pieces, archive.file_name, media_type, size=archive.size)

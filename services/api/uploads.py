"""Forms with a file. The file goes to disk as it comes; everything beside it is small, or refused before it is kept."""

from collections.abc import AsyncGenerator
from typing import Any

from litestar import Request
from litestar.exceptions import ClientException
from multipart import MultipartSegment, ParserError, ParserLimitReached, PushMultipartParser

from services.api.problems import Unreadable
from tenants.languages.speaking import sentence

LONGEST_FIELD = 10_000
MOST_FIELDS = 20
LONGEST_NAME = 100


class FieldTooLong(Unreadable):
    status_code = 413


class UploadRequest(Request[Any, Any, Any]):
    """The `request_class` of whatever takes a large file.

    Litestar's own parser gathers a field in memory for as long as the whole body may be; here it is looked at on its
    way there.
    """

    longest_field = LONGEST_FIELD
    most_fields = MOST_FIELDS

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Raises FieldTooLong, ClientException."""
        boundary = self.content_type[1].get("boundary", "").encode()
        fields = _Fields(self.longest_field)
        try:
            with PushMultipartParser(boundary, max_segment_count=self.most_fields) as parser:
                async for piece in super().stream():
                    for part in parser.parse(piece):
                        fields.see(part)
                    yield piece
        except (ParserError, ParserLimitReached):
            raise ClientException from None


class _Fields:
    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._open: MultipartSegment | None = None
        self._size = 0

    def see(self, part: MultipartSegment | bytearray | None) -> None:
        """What the parser gives one after the other: the head of a field, its pieces, and None at its end."""
        if isinstance(part, MultipartSegment):
            self._open, self._size = part, 0
        elif part and self._open and not self._open.filename:
            self._size += len(part)
            if self._size > self._longest:
                raise FieldTooLong(
                    sentence("This is longer than a field of a form may be."), self._open.name[:LONGEST_NAME]
                )

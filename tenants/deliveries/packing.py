"""Pages of a feed as files of some megabytes, one at a time in memory."""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from tenants.deliveries.formats import Writer
from tenants.feeds.delivering import Page

# Whoever sends a file sends it at once; it ends with the page that makes it this large.
FULL = 8 * 1024 * 1024
GONE = b'{"op":"tombstone"'
# gzip, with no time in its head: the same lines are the same bytes.
GZIP = 16 + zlib.MAX_WBITS


class Packed(Struct, frozen=True):
    """`body` is empty where no line was there; the feed was read as far as `page` anyway."""

    body: bytes
    rows: int
    tombstones: int
    page: Page

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


class File:
    """One on its way, as its writer makes it."""

    def __init__(self, writer: Writer, *, gzip: bool) -> None:
        self._writer = writer
        self._squeeze = zlib.compressobj(wbits=GZIP) if gzip else None
        self.body, self._rows, self._tombstones = bytearray(), 0, 0

    def add(self, page: Page) -> None:
        self._rows += page.text.count(b"\n")
        self._tombstones += page.text.startswith(GONE) + page.text.count(b"\n" + GONE)
        self._put(self._writer.add(page))

    def closed(self, page: Page) -> Packed:
        if not self._rows:
            return Packed(b"", 0, 0, page)
        self._put(self._writer.end())
        if self._squeeze:
            self.body += self._squeeze.flush()
        return Packed(bytes(self.body), self._rows, self._tombstones, page)

    def _put(self, part: bytes) -> None:
        self.body += self._squeeze.compress(part) if self._squeeze else part


def packed(pages: Iterable[Page], file_of: Callable[[], File], *, full: int = FULL) -> Iterator[Packed]:
    file = file_of()
    for page in pages:
        file.add(page)
        if len(file.body) >= full or not page.more:
            yield file.closed(page)
            file = file_of()

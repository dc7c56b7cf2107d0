"""Pages of a feed as files of some megabytes, one at a time in memory."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator

from msgspec import Struct

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


def packed(pages: Iterable[Page], *, gzip: bool, full: int = FULL) -> Iterator[Packed]:
    file = _File(gzip=gzip)
    for page in pages:
        file.add(page.text)
        if len(file.body) >= full or not page.more:
            yield file.closed(page)
            file = _File(gzip=gzip)


class _File:
    def __init__(self, *, gzip: bool) -> None:
        self._squeeze = zlib.compressobj(wbits=GZIP) if gzip else None
        self.body, self._rows, self._tombstones = bytearray(), 0, 0

    def add(self, text: bytes) -> None:
        self._rows += text.count(b"\n")
        self._tombstones += text.startswith(GONE) + text.count(b"\n" + GONE)
        self.body += self._squeeze.compress(text) if self._squeeze else text

    def closed(self, page: Page) -> Packed:
        if self._rows and self._squeeze:
            self.body += self._squeeze.flush()
        body = bytes(self.body) if self._rows else b""
        return Packed(body, self._rows, self._tombstones, page)

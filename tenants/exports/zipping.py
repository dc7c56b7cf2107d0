"""A ZIP file given out piece by piece, in constant memory: the sizes of each file follow its data."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

# Personal data is small and text: level 1 takes a third of the time of level 6 and leaves about a fifth more bytes.
LEVEL = 1
REGULAR_FILE = 0o100644 << 16
# An archive of one person is mostly smaller than this, and whoever takes the pieces does much for each.
AT_ONCE = 64 * 1024


class ZipStream:
    """Every method returns the bytes that are ready to be sent, few at a time; they must be taken in order."""

    def __init__(self, at: datetime) -> None:
        self._sink = _Sink()
        self._zip = ZipFile(self._sink, "w")
        self._at = at.timetuple()[:6]

    def file(self, path: str, pieces: Iterable[bytes], *, large: bool = False) -> Iterator[bytes]:
        """`large` if the file may pass 2 GiB: its sizes then take 64 bits, which old readers do not know."""
        info = ZipInfo(path, self._at)
        info.compress_type, info.external_attr = ZIP_DEFLATED, REGULAR_FILE
        # ZipFile asks the entry for its level. Public from Python 3.13 on, which keeps this name too.
        info._compresslevel = LEVEL  # type: ignore[attr-defined]
        with self._zip.open(info, "w", force_zip64=large) as entry:
            for piece in pieces:
                entry.write(piece)
                if self._sink.size >= AT_ONCE:
                    yield self._sink.taken()

    def end(self) -> Iterator[bytes]:
        self._zip.close()
        yield self._sink.taken()


class _Sink:
    """Cannot seek, so that ZipFile never goes back to a header."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self.size = 0

    def write(self, data: bytes, /) -> int:
        self._held.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """What waits here is taken soon."""

    def close(self) -> None:
        """There is nothing to close."""

    def taken(self) -> bytes:
        held, self._held, self.size = self._held, [], 0
        return b"".join(held)

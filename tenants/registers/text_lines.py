"""Text of any size, line by line, out of pieces of bytes."""

import codecs
import io
import re
from collections.abc import Generator, Iterable, Iterator

from tenants.errors import Invalid
from tenants.registers.table_rows import Source

LONGEST_LINE = 1024 * 1024
BUFFER = 256 * 1024
# These bytes mean nothing in Windows-1252.
NOT_IN_CP1252 = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")


class NotText(Invalid):
    """The file is not text: save it as CSV in UTF-8."""


class BrokenEncoding(Invalid):
    """The file is almost UTF-8, but not on line %(line)s: save it anew as UTF-8."""


class NotInEncoding(Invalid):
    """From line %(line)s on, the file is not in the character encoding that was chosen; choose another."""


class LineTooLong(Invalid):
    """The file has a line of more than a million characters."""


def encoding_of(pieces: Iterable[bytes]) -> str:
    """Reads all of the file. Raises NotText, BrokenEncoding."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, fits_cp1252 = True, True
    high, paired, line, broken_on = 0, 0, 1, 0
    for piece in pieces:
        if b"\x00" in piece:
            raise NotText
        if is_utf8 and (broken_at := _broken_at(decoder, piece)) is not None:
            is_utf8, broken_on = False, line + piece.count(b"\n", 0, broken_at)
        if not piece.isascii():
            high += sum(piece.count(byte) for byte in _HIGH) if not is_utf8 else 0
            paired += sum(map(len, _PAIRED.findall(piece))) if not is_utf8 else 0
            fits_cp1252 = fits_cp1252 and not any(byte in piece for byte in NOT_IN_CP1252)
        line += piece.count(b"\n")
    if is_utf8 and _broken_at(decoder, b"", final=True) is None:
        return "utf-8-sig"
    if is_utf8 or paired * 2 > high:
        raise BrokenEncoding(line=broken_on or line)
    return "cp1252" if fits_cp1252 else "latin-1"


def opened(source: Source, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedReader(_Pieces(source()), BUFFER), encoding=encoding, newline="")


def beginning(source: Source, encoding: str) -> str:
    """Whatever of it is not in the encoding."""
    pieces = io.BufferedReader(_Pieces(source()), BUFFER)
    with io.TextIOWrapper(pieces, encoding=encoding, newline="", errors="replace") as text:
        return text.read(BUFFER)


def lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Raises LineTooLong, NotInEncoding."""
    number = 1
    try:
        while line := text.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                raise LineTooLong
            yield line
            number += 1
    except UnicodeDecodeError:
        raise NotInEncoding(line=number) from None


def _broken_at(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> int | None:
    """Where in the piece, or in what is held of the one before it, it is no UTF-8."""
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError as broken:
        return broken.start
    return None


_HIGH = [bytes((byte,)) for byte in range(0x80, 0x100)]
_PAIRED = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


class _Pieces(io.RawIOBase):
    """Pieces of bytes as the file that the standard library wants to read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        if isinstance(self._pieces, Generator):
            self._pieces.close()
        super().close()

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

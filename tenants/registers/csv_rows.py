"""Rows of a CSV file of any size, in constant memory (RFC 4180, and what spreadsheets make of it).

UTF-8 with or without a byte order mark, or Windows-1252 and Latin-1; separated by semicolons, commas or tabs.
Formulas are text here, as everything is; they are made harmless where data leaves for a spreadsheet.
"""

import codecs
import csv
import io
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

from msgspec import Struct

from tenants.errors import Invalid

Source = Callable[[], Iterator[bytes]]
"""Opens the file anew and gives its bytes in pieces."""

SEPARATORS = (";", ",", "\t")
LONGEST_LINE = 1024 * 1024
BUFFER = 256 * 1024
# These bytes mean nothing in Windows-1252.
NOT_IN_CP1252 = (0x81, 0x8D, 0x8F, 0x90, 0x9D)


class NotText(Invalid):
    """The file is not text: save it as CSV in UTF-8."""


class EmptyFile(Invalid):
    """The file is empty."""


class LineTooLong(Invalid):
    """The file has a line of more than a million characters."""


class BadQuoting(Invalid):
    """The quotation marks of this row are not in pairs, or a cell is far too long."""


class Row(Struct, frozen=True):
    """`line` is where the row begins, counted from 1. `cells` is None where the row cannot be read."""

    line: int
    cells: list[str] | None


class Dialect(Struct, frozen=True):
    encoding: str
    separator: str


def encoding_of(pieces: Iterable[bytes]) -> str:
    """Reads all of the file. Raises NotText."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, fits_cp1252 = True, True
    for piece in pieces:
        if b"\x00" in piece:
            raise NotText
        if is_utf8:
            is_utf8 = _decodes(decoder, piece)
        fits_cp1252 = fits_cp1252 and not any(byte in piece for byte in NOT_IN_CP1252)
    if is_utf8 and _decodes(decoder, b"", final=True):
        return "utf-8-sig"
    return "cp1252" if fits_cp1252 else "latin-1"


def separator_of(source: Source, encoding: str, *, known: Callable[[Sequence[str]], int]) -> str:
    """The one under which the header has the most names that are `known`, then the most columns. Raises EmptyFile."""
    with _text(source, encoding) as text:
        beginning = text.read(BUFFER)
    if not beginning.strip():
        raise EmptyFile
    return max(SEPARATORS, key=lambda separator: _header_score(beginning, separator, known))


def rows(source: Source, dialect: Dialect) -> Iterator[Row]:
    """The header first; empty lines are left out. Raises LineTooLong."""
    with _text(source, dialect.encoding) as text:
        parser = csv.reader(_lines(text), delimiter=dialect.separator, strict=True)
        while True:
            line = parser.line_num + 1
            try:
                cells = next(parser)
            except StopIteration:
                return
            except csv.Error:
                yield Row(line, None)
                continue
            if any(cells):
                yield Row(line, cells)


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True


def _header_score(beginning: str, separator: str, known: Callable[[Sequence[str]], int]) -> tuple[int, int]:
    try:
        names = next(csv.reader(io.StringIO(beginning, newline=""), delimiter=separator))
    except (csv.Error, StopIteration):
        return 0, 0
    return known(names), len(names)


def _text(source: Source, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedReader(_Pieces(source()), BUFFER), encoding=encoding, newline="")


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise LineTooLong
        yield line


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

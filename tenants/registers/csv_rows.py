"""Rows of a CSV file of any size, in constant memory (RFC 4180, and what spreadsheets make of it).

UTF-8 with or without a byte order mark, or Windows-1252 and Latin-1; separated by any one character.
Formulas are text here, as everything is; they are made harmless where data leaves for a spreadsheet.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from tenants.errors import Invalid
from tenants.registers import text_lines
from tenants.registers.table_rows import EmptyFile, Head, Row, Source, head

# Those that are looked for; any other character may be chosen.
SEPARATORS = (";", ",", "\t", "|", ":", "^", "~")


class BadQuoting(Invalid):
    """The quotation marks of this row are not in pairs, or a cell is far too long."""


class NoSeparator(Invalid):
    """One character separates the columns, and no letter, digit, quotation mark or line break."""


class Dialect(Struct, frozen=True):
    encoding: str
    separator: str


def separator_of(source: Source, encoding: str, *, known: Callable[[Sequence[str]], int]) -> str:
    """The one under which the header has the most names that are `known`, then the most columns. Raises EmptyFile."""
    beginning = text_lines.beginning(source, encoding)
    if not beginning.strip():
        raise EmptyFile
    return max(SEPARATORS, key=lambda separator: _header_score(beginning, separator, known))


def separating(given: str) -> str:
    """Raises NoSeparator."""
    if len(given) != 1 or given.isalnum() or given in '"\r\n\x00':
        raise NoSeparator(field="separator")
    return given


def head_of(source: Source, dialect: Dialect) -> Head:
    """Raises EmptyFile, BadQuoting, LineTooLong, NotInEncoding, TooManyColumns."""
    found = _rows(source, dialect)
    first = next(found, None)
    if first is None:
        raise EmptyFile
    if first.cells is None:
        raise BadQuoting
    return head(first.cells, found)


def rows(source: Source, dialect: Dialect) -> Iterator[Row]:
    """Those under the header; empty lines are left out. Raises LineTooLong, NotInEncoding."""
    found = _rows(source, dialect)
    next(found, None)
    return found


def _rows(source: Source, dialect: Dialect) -> Iterator[Row]:
    with text_lines.opened(source, dialect.encoding) as text:
        parser = csv.reader(text_lines.lines(text), delimiter=dialect.separator, strict=True)
        while True:
            line = parser.line_num + 1
            try:
                cells = next(parser)
            except StopIteration:
                return
            except csv.Error:
                yield Row(line, None, BadQuoting())
                continue
            if any(cells):
                yield Row(line, list(cells))


def _header_score(beginning: str, separator: str, known: Callable[[Sequence[str]], int]) -> tuple[int, int]:
    try:
        names = next(csv.reader(io.StringIO(beginning, newline=""), delimiter=separator))
    except (csv.Error, StopIteration):
        return 0, 0
    return known(names), len(names)

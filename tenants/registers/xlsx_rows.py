"""Rows of an XLSX file (ECMA-376), in constant memory: of its first visible sheet, and of nothing else in it.

The package is a ZIP of XML from strangers. How large its parts claim to be and how much of them is really read are both
bounded, and so is what is held between two rows. Formulas are not evaluated: what the spreadsheet program computed last
counts, and a formula that was never computed is a fault of its cell.
"""

import re
import sqlite3
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from tempfile import TemporaryFile
from typing import IO, Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import DATA_TAG, FORMULA_TAG, ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from tenants.errors import Invalid
from tenants.registers.table_rows import Cell, CellFault, EmptyFile, Head, Row, Source, bounded, head

MIB = 1024 * 1024
MOST_INFLATED = 1024 * MIB
# Of whatever is read whole: the list of sheets, the styles.
MOST_OF_A_SMALL_PART = 4 * MIB
# Of the XML between two rows, or of one text that cells share.
MOST_AT_ONCE = 4 * MIB
MOST_PARTS = 1_000
REMEMBERED = 20_000


# What the libraries raise of packages that are broken, or packed in a way that they do not know: a method, a password.
_UNREADABLE = (
    BadZipFile,
    LookupError,
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    ParseError,
    zlib.error,
    EOFError,
)


class NotASpreadsheet(Invalid):
    """The file cannot be read as XLSX: open it in a spreadsheet program and save it anew."""


class InflatesTooFar(Invalid):
    """What the file unpacks to is far larger than it may be; save the rows as CSV."""


class NotComputed(Invalid):
    """The formula of this cell was never computed: open the file in a spreadsheet program and save it."""


class ErrorInCell(Invalid):
    """This cell holds an error of the spreadsheet program."""


def head_of(source: Source) -> Head:
    """Raises EmptyFile, NotASpreadsheet, InflatesTooFar, TooManyColumns."""
    with closing(_rows(source)) as found:
        first = next(found, None)
        if first is None or first.cells is None:
            raise EmptyFile
        return head(first.cells, found)


def rows(source: Source) -> Iterator[Row]:
    """Those under the header; empty ones are left out. Raises NotASpreadsheet, InflatesTooFar."""
    found = _rows(source)
    next(found, None)
    return found


def _rows(source: Source) -> Generator[Row]:
    """As wide as the header at least."""
    with _opened(source) as sheet:
        width = 0
        for line, cells in sheet.rows():
            while cells and cells[-1] == "" and len(cells) not in sheet.faults:
                cells.pop()
            if cells:
                width = width or len(cells)
                faults = tuple(CellFault(column, sheet.faults[column]) for column in sorted(sheet.faults))
                yield Row(line, cells + [""] * (width - len(cells)), faults=faults)


@contextmanager
def _opened(source: Source) -> Generator["_Sheet"]:
    """The pieces go to a file without a name, for a package is read from its end."""
    with TemporaryFile() as package:
        for piece in source():
            package.write(piece)
        package.seek(0)
        try:
            with ZipFile(package) as parts:
                _refuse_bombs(parts)
            package.seek(0)
            with _Book(package) as book:
                yield book.first_sheet()
        except _UNREADABLE:
            raise NotASpreadsheet from None


def _refuse_bombs(parts: ZipFile) -> None:
    """By what is claimed; `_Measured` counts what is read."""
    claimed = parts.infolist()
    if len(claimed) > MOST_PARTS or sum(part.file_size for part in claimed) > MOST_INFLATED:
        raise InflatesTooFar


class _Measured:
    """A part of the package as it is inflated, no more at once than is let through by `passed`."""

    def __init__(self, part: IO[bytes]) -> None:
        self._part, self._whole, self._at_once = part, 0, 0

    def read(self, size: int = -1) -> bytes:
        piece = self._part.read(min(size, MIB) if size >= 0 else MIB)
        self._whole += len(piece)
        self._at_once += len(piece)
        if self._whole > MOST_INFLATED or self._at_once > MOST_AT_ONCE:
            raise InflatesTooFar
        return piece

    def passed(self) -> None:
        self._at_once = 0


class _Book:
    def __init__(self, package: IO[bytes]) -> None:
        self._reader = ExcelReader(package, read_only=True, data_only=True, keep_links=False)
        self._archive: ZipFile = self._reader.archive

    def __enter__(self) -> "_Book":
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def first_sheet(self) -> "_Sheet":
        for part in self._archive.infolist():
            small = not re.search(r"(?i)sheet|sharedStrings|media/|drawings/|printerSettings", part.filename)
            if small and part.file_size > MOST_OF_A_SMALL_PART:
                raise InflatesTooFar
        self._reader.read_manifest()
        self._reader.read_workbook()
        apply_stylesheet(self._archive, self._reader.wb)
        for sheet, relation in self._reader.parser.find_sheets():
            if sheet.state == "visible" and "chartsheet" not in relation.Type:
                return _Sheet(self._reader.wb, self._archive, relation.target, self._strings())
        raise EmptyFile

    def _strings(self) -> "_Strings":
        part = self._reader.package.find(SHARED_STRINGS)  # type: ignore[no-untyped-call]
        return _Strings(self._archive, part.PartName[1:] if part else None)


class _Strings:
    """The texts that cells share, by their number; on disk, for memory does not grow with the file."""

    def __init__(self, archive: ZipFile, path: str | None) -> None:
        self._kept = sqlite3.connect("", isolation_level=None)
        self._kept.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -4096;")
        self._kept.executescript("CREATE TABLE strings (number INTEGER PRIMARY KEY, said TEXT); BEGIN")
        if path is not None:
            with archive.open(path) as part:
                self._kept.executemany("INSERT INTO strings VALUES (?, ?)", enumerate(_texts(_Measured(part))))
        self._get = lru_cache(REMEMBERED)(self._looked_up)

    def __getitem__(self, number: int) -> str:
        return self._get(number)

    def _looked_up(self, number: int) -> str:
        found = self._kept.execute("SELECT said FROM strings WHERE number = ?", (number,)).fetchone()
        if found is None:
            raise IndexError
        return str(found[0])


def _texts(part: _Measured) -> Iterator[str]:
    tag = f"{{{SHEET_MAIN_NS}}}si"
    parents: list[Any] = []
    for event, element in iterparse(part, events=("start", "end")):
        if event == "start" and not parents:
            parents.append(element)
        elif event == "end" and element.tag == tag:
            text = Text.from_tree(element)
            yield text.content if text else ""
            parents[0].clear()
            part.passed()


class _Sheet:
    """`faults` are those of the row that was given last, by column."""

    def __init__(self, book: Any, archive: ZipFile, path: str, strings: _Strings) -> None:
        self._book, self._archive, self._path, self._strings = book, archive, path, strings
        self.faults: dict[int, Invalid] = {}

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        with self._archive.open(self._path) as part:
            parser = _Parser(
                _Measured(part),
                self._strings,
                data_only=True,
                epoch=self._book.epoch,
                date_formats=self._book._date_formats,
                timedelta_formats=self._book._timedelta_formats,
            )
            for line, found in parser.parse():
                self.faults = {}
                yield line, self._cells(found)

    def _cells(self, found: list[dict[str, Any]]) -> list[Cell]:
        cells: list[Cell] = []
        for cell in found:
            column = cell["column"]
            # A row that somebody formatted has cells without a value far beyond the last column.
            if cell["value"] is None and cell["data_type"] not in _FAULTY:
                continue
            bounded([""] * max(0, column - 1))
            cells += [""] * (column - len(cells))
            if cell["data_type"] in _FAULTY:
                self.faults[column] = _FAULTY[cell["data_type"]]()
            else:
                cells[column - 1] = self._written(cell["value"], cell["style_id"])
        return cells

    def _written(self, value: object, style: int) -> str:
        match value:
            case bool():
                return "true" if value else "false"
            case int():
                return self._shown(str(value), style)
            case float():
                # A spreadsheet program shows 15 digits of what it keeps in binary.
                return self._shown(format(Decimal(f"{value:.15g}"), "f"), style)
            case datetime():
                return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
            case date() | time():
                return value.isoformat()
            case _:
                return "" if value is None else str(value)

    def _shown(self, number: str, style: int) -> str:
        """A whole number may be kept as a fraction without one."""
        return number.zfill(self._zeros(style)) if number.isdecimal() else number

    def _zeros(self, style: int) -> int:
        """To how many digits a number is shown: a postal code 00100 is often the number 100 in a dress."""
        number = self._book._cell_styles[style].numFmtId
        own = number - 164
        shown = self._book._number_formats[own] if 0 <= own < len(self._book._number_formats) else ""
        return len(shown) if re.fullmatch("0{2,20}", shown) else 0


_NOT_COMPUTED = "not computed"
_FAULTY: dict[str, type[Invalid]] = {"e": ErrorInCell, _NOT_COMPUTED: NotComputed}


class _Parser(WorkSheetParser):
    """As the library's, but that nothing of a row is held after it was given, nor read behind the last one."""

    source: _Measured

    def parse(self) -> Generator[tuple[int, list[dict[str, Any]]]]:
        data: Any = None
        for event, element in iterparse(self.source, events=("start", "end")):
            if event == "start":
                data = element if element.tag == DATA_TAG else data
            elif element.tag == ROW_TAG:
                yield self.parse_row(element)
                data.clear()
                self.row_dimensions.clear()
                self.source.passed()
            elif element.tag == DATA_TAG:
                return

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["value"] is None and element.find(FORMULA_TAG) is not None:
            cell["data_type"] = _NOT_COMPUTED
        return cell

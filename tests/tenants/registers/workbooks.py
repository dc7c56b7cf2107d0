"""XLSX files, good ones by the library and bad ones by hand."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook

Cell = str | int | float | bool | datetime | None


def workbook(rows: Iterable[Sequence[Cell]], *, formats: dict[str, str] | None = None) -> bytes:
    """`formats` are number formats by coordinate."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for coordinate, shown in (formats or {}).items():
        sheet[coordinate].number_format = shown
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_part(package: bytes, name: str, content: bytes) -> bytes:
    """The same package, one part of it another."""
    file = io.BytesIO()
    with ZipFile(io.BytesIO(package)) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, content if part.filename == name else old.read(part))
    return file.getvalue()


def sheet(cells: bytes) -> bytes:
    namespace = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return b'<?xml version="1.0"?><worksheet %s><sheetData>%s</sheetData></worksheet>' % (namespace, cells)


def bomb(size: int) -> bytes:
    """A package whose sheet inflates to about so many bytes, of which it says less than there are when `size` lies."""
    return with_part(workbook([["customer_number"], ["1"]]), "xl/worksheets/sheet1.xml", sheet(b" " * size))


def saying_less(package: bytes, part: str, size: int) -> bytes:
    """The package with a directory that claims another size of the part."""
    with ZipFile(io.BytesIO(package)) as read:
        real = read.getinfo(part).file_size
    return package.replace(real.to_bytes(4, "little"), size.to_bytes(4, "little"))


SHEET = "xl/worksheets/sheet1.xml"

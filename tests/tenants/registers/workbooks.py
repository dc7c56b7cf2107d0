"""XLSX files, good ones by the library and bad ones by hand."""

import io
from collections.abc import Iterable, Mapping, Sequence
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


def of_sheets(sheets: Mapping[str, Sequence[Sequence[Cell]]], *, hidden: str) -> bytes:
    """By their names; one of them is hidden."""
    book = Workbook()
    for name, rows in sheets.items():
        made = book.create_sheet(name)
        made.sheet_state = "hidden" if name == hidden else "visible"
        for row in rows:
            made.append(list(row))
    book.remove(book.worksheets[0])
    book.active = 1
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


def with_shared_texts(package: bytes, texts: bytes) -> bytes:
    """The same package with the list of texts that cells share, as spreadsheet programs write them."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    file = io.BytesIO()
    with ZipFile(io.BytesIO(package)) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename == "[Content_Types].xml":
                named = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
                content = content.replace(b"</Types>", named.encode())
            new.writestr(part.filename, content)
        namespace = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        new.writestr("xl/sharedStrings.xml", b"<sst %s>%s</sst>" % (namespace, texts))
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

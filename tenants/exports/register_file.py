"""The records of a register as a file for whoever may take them along: CSV, NDJSON, or XLSX for spreadsheet programs.

Read in pages, each a short transaction and an entry of the audit, and given out as they are read: memory does not grow
with the register. Sealed fields are opened one at a time and are in no such file. What is restricted (Art. 18) is only
stored, so it is not in it either.
"""

import csv
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import StringIO
from uuid import UUID
from xml.sax.saxutils import escape

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Select, Text, cast, select, tuple_
from sqlalchemy.orm import Session

from tenants.acting import Acting
from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.database import acting_of, walled_session
from tenants.errors import Invalid
from tenants.exports.formulas import begins_formula, in_csv
from tenants.exports.zipping import ZipStream
from tenants.registers.model import FileKind, Record
from tenants.registers.sealed import Data, seal_of
from tenants.registers.shapes import Shape, Slot, UnknownField, shape_of
from tenants.registers.values import Value
from tenants.vault.keys import keyring

PAGE = 1_000
PIECE = 64 * 1024
FIRST = UUID(int=0)
MOST_IN_SPREADSHEET = 1_048_575
PERSON = "_person_id"


class TooManyForSpreadsheet(Invalid):
    """The register has more records than a spreadsheet has rows; take them as CSV."""


class StaysSealed(Invalid):
    """A sealed field is opened one at a time and is in no file."""


class Opened(Struct, frozen=True):
    """What is given out, and as whom. `told` is what else belongs to the transaction that reads so many records."""

    acting: Acting
    shape: Shape
    columns: tuple[Slot, ...]
    told: Callable[[Session, int], None] = lambda session, records: None

    @property
    def keys(self) -> list[str]:
        return [slot.key for slot in self.columns]

    @property
    def fields(self) -> list[str]:
        return [slot.id for slot in self.columns]


Line = tuple[UUID, Data]


def open_register(
    session: Session, register_id: UUID, *, fields: Collection[UUID] | None = None, spreadsheet: bool = False
) -> Opened:
    """All fields that are not sealed, or these of them. Raises Forbidden, NoSuchRegister, Invalid."""
    permissions.require(session, Permission.EXPORT_RECORDS)
    shape = shape_of(session, register_id)
    columns = _columns(shape, fields)
    if spreadsheet:
        beyond = taken_along(register_id).offset(MOST_IN_SPREADSHEET).limit(1)
        if session.scalar(beyond) is not None:
            raise TooManyForSpreadsheet
    return Opened(acting_of(session), shape, columns)


def taken_along(register_id: UUID) -> Select[UUID]:
    """The records that are in the file: not those that are only stored (Art. 18)."""
    return select(Record.record_id).where(Record.register_id == register_id, ~Record.restricted)


def _columns(shape: Shape, fields: Collection[UUID] | None) -> tuple[Slot, ...]:
    """In the order of the register."""
    if fields is None:
        return tuple(slot for slot in shape.slots if not slot.sealed)
    wanted = {str(field) for field in fields}
    columns = tuple(slot for slot in shape.slots if slot.id in wanted)
    if len(columns) != len(wanted):
        raise UnknownField(field="fields")
    if any(slot.sealed for slot in columns):
        raise StaysSealed(field="fields")
    return columns


def pieces(opened: Opened, kind: FileKind) -> Generator[bytes]:
    match kind:
        case FileKind.CSV:
            return csv_file(opened)
        case FileKind.XLSX:
            return xlsx_file(opened)
        case FileKind.NDJSON:
            return ndjson_file(opened)


def csv_file(opened: Opened) -> Generator[bytes]:
    rows = ([person_id, *(in_csv(data.get(field)) for field in opened.fields)] for person_id, data in _lines(opened))
    return csv_lines([PERSON, *opened.keys], rows)


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Generator[bytes]:
    """Of cells in which no formula is left."""
    text = StringIO()
    lines = csv.writer(text)
    lines.writerow(header)
    for row in rows:
        lines.writerow(row)
        if text.tell() > PIECE:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def ndjson_file(opened: Opened) -> Generator[bytes]:
    """One object a line, with every value as it is; a field without a value has no key."""
    held: list[bytes] = []
    size = 0
    for person_id, data in _lines(opened):
        values = {slot.key: data[slot.id] for slot in opened.columns if slot.id in data}
        held.append(_ENCODER.encode({PERSON: person_id, **values}) + b"\n")
        size += len(held[-1])
        if size > PIECE:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def xlsx_file(opened: Opened) -> Generator[bytes]:
    package = ZipStream(datetime.now(UTC))
    for path, content in _PARTS.items():
        yield from package.file(path, [content.encode()])
    yield from package.file("xl/worksheets/sheet1.xml", _sheet(opened))
    yield from package.end()


def _lines(opened: Opened) -> Iterator[Line]:
    after = (FIRST, FIRST)
    while page := _page(opened, after):
        after = page[-1][0], page[-1][1]
        yield from ((person_id, data) for person_id, _, data in page)


def _page(opened: Opened, after: tuple[UUID, UUID]) -> Sequence[tuple[UUID, UUID, Data]]:
    """In the order of the index; whoever may no longer take records along gets no further page."""
    with walled_session(opened.acting) as session:
        permissions.require(session, Permission.EXPORT_RECORDS)
        wanted = (
            select(Record.person_id, Record.record_id, cast(Record.data, Text))
            .where(Record.register_id == opened.shape.register_id, ~Record.restricted)
            .where(_behind(after))
            .order_by(Record.person_id, Record.record_id)
            .limit(PAGE)
        )
        seal = seal_of(keyring(session), opened.shape)
        found = [(person_id, record_id, seal.clear(kept)) for person_id, record_id, kept in session.execute(wanted)]
        if found:
            persons = sorted({person_id for person_id, _, _ in found})
            register = str(opened.shape.register_id)
            trail.record(session, "records.exported", about="person", ids=persons, register=register)
            opened.told(session, len(found))
    return found


def _behind(after: tuple[UUID, UUID]) -> ColumnElement[bool]:
    return tuple_(Record.person_id, Record.record_id) > tuple_(*after)


def _sheet(opened: Opened) -> Iterator[bytes]:
    yield f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode()
    held = [_row([_cell(key) for key in (PERSON, *opened.keys)])]
    for person_id, data in _lines(opened):
        held.append(_row([_cell(str(person_id)), *(_cell(data.get(field)) for field in opened.fields)]))
        if len(held) == PAGE:
            yield "".join(held).encode()
            held.clear()
    yield "".join((*held, "</sheetData></worksheet>")).encode()


def _row(cells: list[str]) -> str:
    return f"<row>{''.join(cells)}</row>"


def _cell(value: Value | None) -> str:
    """Text is typed as text, so nothing is computed of it; what looks like a formula is marked as text for good."""
    match value:
        case None:
            return "<c/>"
        case bool():
            return f'<c t="b"><v>{int(value)}</v></c>'
        case str():
            style = ' s="1"' if begins_formula(value) else ""
            return f'<c t="inlineStr"{style}><is><t xml:space="preserve">{escape(_sayable(value))}</t></is></c>'
        case _:
            return f"<c><v>{value}</v></c>"


def _sayable(text: str) -> str:
    """Without the characters that XML has no way to write."""
    return "".join(sign for sign in text if (sign >= " " and sign not in "\ufffe\uffff") or sign in "\t\n\r")


# Decimals as the numbers that they are.
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEETS}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_SHEETS}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEETS}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
        '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf xfId="0"/><xf xfId="0" quotePrefix="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}

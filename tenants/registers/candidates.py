"""Rows of a file as values of the register, or as the faults that keep them out."""

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from msgspec import Struct

from tenants.errors import Invalid
from tenants.languages.speaking import Said
from tenants.registers.headers import Columns
from tenants.registers.identifiers import Identity, identities
from tenants.registers.model import Cardinality, FieldType
from tenants.registers.records import record_key
from tenants.registers.sealed import Data, RecordSeal, seal_of
from tenants.registers.shapes import Shape, Slot, ValueMissing
from tenants.registers.table_rows import Cell, Row
from tenants.registers.values import LONGEST_CODE
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import Keyring


class CellsMissing(Invalid):
    """The row has fewer cells than the header."""


class CellsTooMany(Invalid):
    """The row has more cells than the header."""


class CellWithoutColumn(Invalid):
    """This cell holds something, but its column has no name."""


class WrongType(Invalid):
    """The value is of another type than the field: a true or false, or a number, where another kind is expected."""


class RowFault(Struct, frozen=True):
    """`column` counts from 1; 0 is the row as a whole. The reason is a sentence, never the value."""

    line: int
    column: int
    field: str | None
    reason: str
    said: dict[str, Said] = {}


class Candidate(Struct, frozen=True):
    """A row whose every cell is right. `absent` are the columns of which it says nothing, not even that it is empty."""

    line: int
    values: Data
    identities: list[Identity]
    key: bytes | None
    absent: frozenset[str] = frozenset()


class Chunk(Struct):
    """So many rows as are dealt with in one short transaction. `last_line` is where its last row begins."""

    rows: int = 0
    size: int = 0
    last_line: int = 0
    candidates: list[Candidate] = []
    faults: list[RowFault] = []


ROWS = 2_000
CHARACTERS = 4_000_000


def chunks(rows: Iterable[Row], reading: "Reading") -> Iterator[Chunk]:
    """In the order of the file; none of them large, whatever the rows hold."""
    chunk = Chunk()
    for row in rows:
        take(chunk, row, reading)
        if chunk.rows == ROWS or chunk.size > CHARACTERS:
            yield chunk
            chunk = Chunk()
    if chunk.rows:
        yield chunk


class Reading(Struct, frozen=True):
    """What it takes to read a row, and to compare it with the record that it is about.

    `matched_by` are the identifiers that say which person a row is about; all of them where nothing was chosen.
    """

    shape: Shape
    columns: Columns
    keyring: Keyring
    seal: RecordSeal
    matched_by: frozenset[IdentifierKind] | None = None

    @property
    def one_each(self) -> bool:
        return self.shape.cardinality is Cardinality.ONE

    def spoken_of(self, row: Candidate) -> list[str]:
        """The fields that a row gives or takes away."""
        return [slot.id for slot in self.columns.slots if slot and slot.id not in row.absent]

    def column_of(self, field: str | None) -> int:
        """Counted from 1; 0 where the file has no column for it."""
        keys = self.columns.keys
        return keys.index(field) + 1 if field in keys else 0


def reading_of(
    shape: Shape, columns: Columns, keyring: Keyring, matched_by: Collection[IdentifierKind] = ()
) -> Reading:
    return Reading(shape, columns, keyring, seal_of(keyring, shape), frozenset(matched_by) or None)


def take(chunk: Chunk, row: Row, reading: Reading) -> None:
    chunk.rows += 1
    chunk.last_line = row.line
    if row.cells is None:
        chunk.faults.append(_fault(row, 0, None, row.unreadable or CellsMissing()))
        return
    chunk.size += sum(len(cell) if isinstance(cell, str) else 8 for cell in row.cells)
    values: Data = {}
    faults = _read(row, row.cells, reading.columns, values)
    if faults:
        chunk.faults += faults
        return
    chunk.candidates.append(
        Candidate(
            row.line,
            values,
            identities(reading.keyring, reading.shape, values),
            record_key(reading.shape, values),
            _absent(row.cells, reading.columns),
        )
    )


def _absent(cells: list[Cell], columns: Columns) -> frozenset[str]:
    if None not in cells:
        return _NOTHING
    return frozenset(slot.id for slot, cell in zip(columns.slots, cells, strict=True) if slot and cell is None)


def spelt(slot: Slot, cell: Cell) -> str:
    """A cell as text; JSON has types of its own, which must be those of the field. Raises WrongType."""
    match cell:
        case str():
            return cell.strip()
        case None:
            return ""
        case bool() if slot.type is FieldType.BOOLEAN:
            return "true" if cell else "false"
        case int() if slot.type in _TAKES_NUMBERS and not isinstance(cell, bool):
            return str(cell)
        case Decimal() if slot.type is FieldType.NUMBER:
            # Of 1E999999999 there would be a text of a gigabyte.
            return format(cell, "f") if abs(cell.adjusted()) <= LONGEST_CODE else str(cell)
        case _:
            raise WrongType


# A customer number is often a number.
_TAKES_NUMBERS = frozenset({FieldType.NUMBER, FieldType.TEXT})
_NOTHING: frozenset[str] = frozenset()


def _read(row: Row, cells: list[Cell], columns: Columns, values: Data) -> list[RowFault]:
    """Fills `values`; returns what is wrong with the row."""
    if len(cells) != len(columns.slots):
        return [_fault(row, 0, None, CellsMissing() if len(cells) < len(columns.slots) else CellsTooMany())]
    faults = [
        _fault(row, one.column, slot.key, one.refusal)
        for one in row.faults
        if one.column <= len(cells) and (slot := columns.slots[one.column - 1])
    ]
    if faults:
        return faults
    for column, (slot, written) in enumerate(zip(columns.slots, cells, strict=True), start=1):
        try:
            if written is None:
                continue
            if slot is None:
                if str(written).strip() and column not in columns.left_out:
                    raise CellWithoutColumn
            elif cell := written.strip() if type(written) is str else spelt(slot, written):
                values[slot.id] = slot.read(cell)
            elif slot.required:
                raise ValueMissing
        except Invalid as refused:
            faults.append(_fault(row, column, slot.key if slot else None, refused))
    return faults


def _fault(row: Row, column: int, field: str | None, refusal: Invalid) -> RowFault:
    return RowFault(row.line, column, field, refusal.sentence, refusal.values)

"""How a file is laid out: its encoding, its separator, and which column is which field of the register."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from msgspec import Struct

from tenants.errors import Invalid
from tenants.registers import csv_rows
from tenants.registers.csv_rows import BadQuoting, Dialect, EmptyFile, Row, Source
from tenants.registers.shapes import Shape, Slot


class UnknownColumn(Invalid):
    """This column is no field of the register; take it out of the file or name it as the field."""


class ColumnTwice(Invalid):
    """Another column of the file is the same field."""


class RequiredColumnMissing(Invalid):
    """The file has no column for this field, which every row must have."""


class NothingIdentifies(Invalid):
    """The file has no column by which a person could be recognised."""


class HeaderFault(Struct, frozen=True):
    """`column` counts from 1; those that every row must have are counted on behind the last one, and 0 is all."""

    column: int
    field: str | None
    refusal: Invalid


class Columns(Struct, frozen=True):
    """A slot for every column; None for one without a name, in which every cell must be empty."""

    slots: tuple[Slot | None, ...]

    @property
    def keys(self) -> list[str | None]:
        return [slot.key if slot else None for slot in self.slots]


class Layout(Struct, frozen=True):
    dialect: Dialect
    columns: Columns

    def rows(self, source: Source) -> Iterator[Row]:
        """Those under the header. Raises LineTooLong."""
        rows = csv_rows.rows(source, self.dialect)
        next(rows)
        return rows


def layout_of(shape: Shape, source: Source) -> tuple[Layout, list[HeaderFault]]:
    """Reads all of the file once. Raises NotText, EmptyFile, LineTooLong, BadQuoting."""
    encoding = csv_rows.encoding_of(source())
    separator = csv_rows.separator_of(source, encoding, known=partial(count_known, shape))
    dialect = Dialect(encoding, separator)
    header = next(csv_rows.rows(source, dialect), None)
    if header is None:
        raise EmptyFile
    if header.cells is None:
        raise BadQuoting
    columns, faults = recognise(shape, header.cells)
    return Layout(dialect, columns), faults


def recognise(shape: Shape, header: Sequence[str]) -> tuple[Columns, list[HeaderFault]]:
    """The columns, and whatever makes the file unusable as a whole."""
    names = _names(shape)
    slots: list[Slot | None] = []
    faults: list[HeaderFault] = []
    for column, written in enumerate(header, start=1):
        name = _folded(written)
        slot = names.get(name)
        if name and slot is None:
            faults.append(HeaderFault(column, None, UnknownColumn()))
        elif slot is not None and slot in slots:
            faults.append(HeaderFault(column, slot.key, ColumnTwice()))
        slots.append(slot)
    absent = [slot.key for slot in shape.slots if slot.required and slot not in slots]
    for column, key in enumerate(absent, start=len(header) + 1):
        faults.append(HeaderFault(column, key, RequiredColumnMissing()))
    if not any(slot in shape.identifying for slot in slots):
        faults.append(HeaderFault(0, None, NothingIdentifies()))
    return Columns(tuple(slots)), faults


def count_known(shape: Shape, header: Sequence[str]) -> int:
    names = _names(shape)
    return sum(_folded(name) in names for name in header)


def _names(shape: Shape) -> Mapping[str, Slot]:
    """A field is called by its key, or by its label in any language where no other field has that label."""
    names: dict[str, Slot] = {}
    ambiguous: set[str] = set()
    for slot in shape.slots:
        for label in {_folded(label) for label in (slot.label.fi, slot.label.sv, slot.label.en) if label}:
            if label in names:
                ambiguous.add(label)
            names[label] = slot
    for label in ambiguous:
        del names[label]
    return names | {_folded(slot.key): slot for slot in shape.slots}


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())

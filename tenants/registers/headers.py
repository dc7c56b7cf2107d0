"""How a file is laid out: its kind, encoding and separator, and which column is which field of the register."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

from msgspec import Struct

from tenants.errors import Invalid
from tenants.registers import csv_rows, json_rows, text_lines, xlsx_rows
from tenants.registers.csv_rows import Dialect
from tenants.registers.model import Choice, FileForm, FileKind
from tenants.registers.shapes import Shape, Slot
from tenants.registers.table_rows import Head, Row, Source

# What stands in the place of a field's key for a column that is left out.
LEFT_OUT = ""
BEGINNING = 4096


class UnknownColumn(Invalid):
    """This column is no field of the register: choose its field, or leave it out."""


class ColumnTwice(Invalid):
    """Another column of the file is the same field."""


class RequiredColumnMissing(Invalid):
    """The file has no column for this field, which every row must have."""


class NothingIdentifies(Invalid):
    """The file has no column by which a person could be recognised."""


class OtherKind(Invalid):
    """The file's name says that it is another kind of file than it is: it is %(kind)s."""


class OldSpreadsheet(Invalid):
    """This is a spreadsheet of an old format, or one with a password: save it as XLSX without a password."""


class NotARegisterFile(Invalid):
    """This is neither CSV, nor XLSX, nor NDJSON (one JSON object a line)."""


class HeaderFault(Struct, frozen=True):
    """`column` counts from 1; those that every row must have are counted on behind the last one, and 0 is all."""

    column: int
    field: str | None
    refusal: Invalid


class Columns(Struct, frozen=True):
    """A slot for every column; None for one that is no field: left out, or without a name and empty in every row."""

    slots: tuple[Slot | None, ...]
    left_out: frozenset[int] = frozenset()

    @property
    def keys(self) -> list[str | None]:
        return [
            slot.key if slot else LEFT_OUT if column in self.left_out else None
            for column, slot in enumerate(self.slots, start=1)
        ]


class Layout(Struct, frozen=True):
    form: FileForm
    head: Head
    columns: Columns


def layout_of(shape: Shape, source: Source, *, choice: Choice | None = None) -> tuple[Layout, list[HeaderFault]]:
    """May read all of the file once. Raises NotText, EmptyFile, and what else makes a file unreadable."""
    form = form_of(source, choice or Choice(), known=partial(count_known, shape))
    head = head_of(form, source)
    header = head.header
    if choice is not None and choice.columns is not None:
        columns, faults = chosen(shape, choice.columns, len(header))
    elif choice is not None and choice.names:
        columns, faults = chosen(shape, _named(shape, choice.names, header), len(header))
    else:
        columns, faults = recognise(shape, header)
    return Layout(form, head, columns), faults


def _named(shape: Shape, names: Mapping[str, str], header: Sequence[str]) -> list[str | None]:
    recognised = recognise(shape, header)[0].keys
    said = {folded(name): key for name, key in names.items()}
    return [said.get(folded(name), key) for name, key in zip(header, recognised, strict=True)]


def again(shape: Shape, layout: Layout, remembered: Mapping[str, str]) -> tuple[Layout, list[HeaderFault]]:
    """With the fields that columns of these names, folded, were said to be before."""
    header = layout.head.header
    columns, faults = chosen(
        shape, [remembered.get(folded(name), LEFT_OUT if is_ours(name) else None) for name in header], len(header)
    )
    return Layout(layout.form, layout.head, columns), faults


def form_of(source: Source, choice: Choice, *, known: "KnownNames") -> FileForm:
    kind = kind_of(source)
    if kind is FileKind.CSV:
        encoding = choice.encoding or text_lines.encoding_of(source())
        return FileForm(kind, encoding, choice.separator or csv_rows.separator_of(source, encoding, known=known))
    return FileForm(kind, json_rows.ENCODING if kind is FileKind.NDJSON else "")


def kind_of(source: Source) -> FileKind:
    """By what is in it, whatever its name is. Raises OldSpreadsheet, NotARegisterFile."""
    pieces = source()
    beginning = b""
    for piece in islice(pieces, BEGINNING):
        beginning += piece
        if len(beginning) >= BEGINNING:
            break
    if beginning.startswith(b"PK\x03\x04"):
        return FileKind.XLSX
    if beginning.startswith(b"\xd0\xcf\x11\xe0"):
        raise OldSpreadsheet
    if beginning.startswith((b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"<?xml", b"<!DOCTYPE", b"<html")):
        raise NotARegisterFile
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"["):
        raise NotARegisterFile
    return FileKind.NDJSON if text.startswith(b"{") else FileKind.CSV


def named(file_name: str) -> FileKind | None:
    """What the name of a file says of its kind; None where it says nothing."""
    return _BY_ENDING.get(file_name.rpartition(".")[2].casefold())


_BY_ENDING = {
    "csv": FileKind.CSV,
    "tsv": FileKind.CSV,
    "xlsx": FileKind.XLSX,
    "ndjson": FileKind.NDJSON,
    "jsonl": FileKind.NDJSON,
}


def head_of(form: FileForm, source: Source) -> Head:
    match form.kind:
        case FileKind.CSV:
            return csv_rows.head_of(source, Dialect(form.encoding, form.separator))
        case FileKind.XLSX:
            return xlsx_rows.head_of(source)
        case FileKind.NDJSON:
            return json_rows.head_of(source)


def rows_of(form: FileForm, header: list[str], source: Source) -> Iterator[Row]:
    """Those under the header. Raises what the reader of the kind raises."""
    match form.kind:
        case FileKind.CSV:
            return csv_rows.rows(source, Dialect(form.encoding, form.separator))
        case FileKind.XLSX:
            return xlsx_rows.rows(source)
        case FileKind.NDJSON:
            return json_rows.rows(source, header)


def recognise(shape: Shape, header: Sequence[str]) -> tuple[Columns, list[HeaderFault]]:
    """The columns, and whatever makes the file unusable as a whole."""
    names = _names(shape)
    slots = [names.get(folded(written)) for written in header]
    left_out = frozenset(column for column, written in enumerate(header, start=1) if is_ours(written))
    faults = [
        HeaderFault(column, None, UnknownColumn())
        for column, (written, slot) in enumerate(zip(header, slots, strict=True), start=1)
        if slot is None and folded(written) and column not in left_out
    ]
    return Columns(tuple(slots), left_out), sorted(
        faults + _faults(shape, slots), key=lambda fault: fault.column or 10**6
    )


def chosen(shape: Shape, keys: Sequence[str | None], width: int) -> tuple[Columns, list[HeaderFault]]:
    """As somebody said which column is which field."""
    keys = [*keys, *([None] * width)][:width]
    slots = [shape.by_key.get(key) if key else None for key in keys]
    left_out = frozenset(column for column, key in enumerate(keys, start=1) if key == LEFT_OUT)
    unknown = [
        HeaderFault(column, None, UnknownColumn())
        for column, (key, slot) in enumerate(zip(keys, slots, strict=True), start=1)
        if key and slot is None
    ]
    return Columns(tuple(slots), left_out), unknown + _faults(shape, slots)


def _faults(shape: Shape, slots: Sequence[Slot | None]) -> list[HeaderFault]:
    faults = [
        HeaderFault(column, slot.key, ColumnTwice())
        for column, slot in enumerate(slots, start=1)
        if slot is not None and slot in slots[: column - 1]
    ]
    absent = [slot.key for slot in shape.slots if slot.required and slot not in slots]
    for column, key in enumerate(absent, start=len(slots) + 1):
        faults.append(HeaderFault(column, key, RequiredColumnMissing()))
    if not any(slot in shape.identifying for slot in slots):
        faults.append(HeaderFault(0, None, NothingIdentifies()))
    return faults


KnownNames = partial[int]


def count_known(shape: Shape, header: Sequence[str]) -> int:
    names = _names(shape)
    return sum(folded(name) in names for name in header)


def _names(shape: Shape) -> Mapping[str, Slot]:
    """A field is called by its key, or by its label in any language where no other field has that label."""
    names: dict[str, Slot] = {}
    ambiguous: set[str] = set()
    for slot in shape.slots:
        for label in {folded(label) for label in (slot.label.fi, slot.label.sv, slot.label.en) if label}:
            if label in names:
                ambiguous.add(label)
            names[label] = slot
    for label in ambiguous:
        del names[label]
    return names | {folded(slot.key): slot for slot in shape.slots}


def is_ours(name: str) -> bool:
    """Columns that we wrote beside the register's own when the rows left; no field's key begins so."""
    return folded(name).startswith("_")


def folded(name: str) -> str:
    return " ".join(name.casefold().split())

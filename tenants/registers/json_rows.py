"""Rows of NDJSON: one JSON object a line, in UTF-8. A key that an object does not have says nothing of its field."""

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from tenants.errors import Invalid
from tenants.registers import text_lines
from tenants.registers.table_rows import SAMPLES, Cell, CellFault, EmptyFile, Head, Row, Source, bounded, head

ENCODING = "utf-8-sig"


class NotAnObject(Invalid):
    """This line is not one JSON object."""


class NotAPlainValue(Invalid):
    """A list or an object is no value of a field."""


def head_of(source: Source) -> Head:
    """Every key that any object of the file has, in the order in which they come. Raises EmptyFile, TooManyColumns."""
    names: dict[str, None] = {}
    first: list[dict[str, object] | None] = []
    for _, given in _objects(source):
        first += [given] if len(first) < SAMPLES else []
        if given and not given.keys() <= names.keys():
            names |= dict.fromkeys(given)
            bounded(list(names))
    if not first:
        raise EmptyFile
    return head(list(names), (row(0, given, list(names)) for given in first))


def rows(source: Source, header: list[str]) -> Iterator[Row]:
    """Under the header, which has no line of its own."""
    for line, given in _objects(source):
        yield row(line, given, header)


def row(line: int, given: dict[str, object] | None, header: list[str]) -> Row:
    if given is None:
        return Row(line, None, NotAnObject())
    faults: list[CellFault] = []
    cells: list[Cell] = []
    for column, name in enumerate(header, start=1):
        value = given.get(name, _ABSENT)
        if value is not _ABSENT and not isinstance(value, str | int | bool | Decimal | None):
            faults.append(CellFault(column, NotAPlainValue()))
        cells.append("" if value is None else value if isinstance(value, str | int | bool | Decimal) else None)
    return Row(line, cells, faults=tuple(faults))


def _objects(source: Source) -> Iterator[tuple[int, dict[str, object] | None]]:
    """None for a line that is none. Empty lines are left out."""
    with text_lines.opened(source, ENCODING) as text:
        for line, written in enumerate(text_lines.lines(text), start=1):
            if written.strip():
                yield line, an_object(written)


def an_object(written: str) -> dict[str, object] | None:
    try:
        given: dict[str, object] = _DECODER.decode(written)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None
    return given


# Numbers stay as they are written.
DECIMAL = Decimal
_ABSENT = object()
_DECODER = msgspec.json.Decoder(dict[str, object], float_hook=DECIMAL)

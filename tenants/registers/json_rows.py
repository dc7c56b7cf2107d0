"""Rows of NDJSON: one JSON object a line, in UTF-8. A key that an object does not have says nothing of its field."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from tenants.errors import Invalid
from tenants.registers import text_lines
from tenants.registers.table_rows import SAMPLES, Cell, CellFault, EmptyFile, Head, Row, Source, bounded, head

ENCODING = "utf-8-sig"
LONGEST_NAME = 100
# An object, or why it is none that can be taken.
Given = dict[str, object] | Invalid


class NotAnObject(Invalid):
    """This line is not one JSON object."""


class KeyTwice(Invalid):
    """The key %(key)s is in this object twice: leave the one out that does not hold."""


class NotAPlainValue(Invalid):
    """A list or an object is no value of a field."""


def head_of(source: Source) -> Head:
    """Every key that any object of the file has, in the order in which they come. Raises EmptyFile, TooManyColumns."""
    names: dict[str, None] = {}
    first: list[Given] = []
    for _, given in _objects(source):
        first += [given] if len(first) < SAMPLES else []
        if isinstance(given, dict) and not given.keys() <= names.keys():
            names |= dict.fromkeys(given)
            bounded(list(names))
    if not first:
        raise EmptyFile
    return head(list(names), (row(0, given, list(names)) for given in first))


def rows(source: Source, header: list[str]) -> Iterator[Row]:
    """Under the header, which has no line of its own."""
    for line, given in _objects(source):
        yield row(line, given, header)


def row(line: int, given: Given, header: list[str]) -> Row:
    if isinstance(given, Invalid):
        return Row(line, None, given)
    faults: list[CellFault] = []
    cells: list[Cell] = []
    for column, name in enumerate(header, start=1):
        value = given.get(name, _ABSENT)
        if value is not _ABSENT and not isinstance(value, str | int | bool | Decimal | None):
            faults.append(CellFault(column, NotAPlainValue()))
        cells.append("" if value is None else value if isinstance(value, str | int | bool | Decimal) else None)
    return Row(line, cells, faults=tuple(faults))


def _objects(source: Source) -> Iterator[tuple[int, Given]]:
    """Empty lines are left out."""
    with text_lines.opened(source, ENCODING) as text:
        for line, written in enumerate(text_lines.lines(text), start=1):
            if written.strip():
                yield line, an_object(written)


def an_object(written: str) -> Given:
    try:
        given: dict[str, object] = _DECODER.decode(written)
        return given if _is_plain(written, [given]) else _once(given, json.loads(written, object_pairs_hook=list))
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return NotAnObject()


def objects(written: bytes) -> list[Given]:
    """Of a list of them. Raises ValueError, RecursionError, msgspec.MsgspecError."""
    given: list[dict[str, object]] = _LIST.decode(written)
    text = written.decode()
    if _is_plain(text, given):
        return list(given)
    pairs = json.loads(text, object_pairs_hook=list)
    return [_once(one, its) for one, its in zip(given, pairs, strict=True)]


def _is_plain(written: str, given: Sequence[dict[str, object]]) -> bool:
    """Every quotation mark is one of a key or of a value that was read: no key is there twice. Almost always so."""
    strings = sum(len(one) + sum(isinstance(value, str) for value in one.values()) for one in given)
    return written.count('"') == 2 * strings


def _once(given: dict[str, object], pairs: Sequence[tuple[str, object]]) -> Given:
    if len(pairs) == len(given):
        return given
    [(key, _)] = Counter(key for key, _ in pairs).most_common(1)
    return KeyTwice(key=key[:LONGEST_NAME])


# Numbers stay as they are written.
_ABSENT = object()
_DECODER = msgspec.json.Decoder(dict[str, object], float_hook=Decimal)
_LIST = msgspec.json.Decoder(list[dict[str, object]], float_hook=Decimal)

"""What every kind of file is read as: rows of cells under a header."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import islice

from msgspec import Struct

from tenants.errors import Invalid

Source = Callable[[], Iterator[bytes]]
"""Opens the file anew and gives its bytes in pieces."""

Cell = str | int | bool | Decimal | None
"""As it was written; None where the row says nothing of the column, not even that it is empty."""

MOST_COLUMNS = 500


class EmptyFile(Invalid):
    """The file is empty."""


class TooManyColumns(Invalid):
    """The file has more than %(most)s columns; leave out those that are no field of the register."""


class CellFault(Struct, frozen=True):
    """`column` counts from 1."""

    column: int
    refusal: Invalid


class Row(Struct, frozen=True):
    """`line` is where the row begins, counted from 1. `cells` is None where the row is `unreadable`."""

    line: int
    cells: list[Cell] | None
    unreadable: Invalid | None = None
    faults: tuple[CellFault, ...] = ()


class Head(Struct, frozen=True):
    """The names of the columns, and the first rows as text, for people to recognise the columns by."""

    header: list[str]
    samples: list[list[str]] = []


SAMPLES = 3


def head(header: list[Cell], rows: Iterable[Row]) -> Head:
    """Raises TooManyColumns."""
    shown = [["" if cell is None else str(cell) for cell in row.cells] for row in islice(rows, SAMPLES) if row.cells]
    return Head(bounded([str(cell or "") for cell in header]), shown)


def bounded(header: list[str]) -> list[str]:
    """Raises TooManyColumns."""
    if len(header) > MOST_COLUMNS:
        raise TooManyColumns(most=MOST_COLUMNS)
    return header

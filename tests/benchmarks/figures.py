"""What a benchmark gives: a figure, the floor measured in the same run, and how many times the floor it is."""

from collections.abc import Iterable

from msgspec import Struct


class Figure(Struct, frozen=True, kw_only=True):
    """`value` and `floor` are in `unit`; `aim` says in words what would be good enough."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    floor_is: str = ""
    aim: str = ""

    @property
    def ratio(self) -> float | None:
        return self.value / self.floor if self.floor else None


def table(figures: Iterable[Figure]) -> str:
    heads = ("what", "figure", "", "floor of the same run", "ratio", "aim")
    rows = [heads, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join((lines[0], "  ".join("-" * width for width in widths), *lines[1:]))


def line(figure: Figure) -> str:
    return "  ".join(cell for cell in _row(figure) if cell)


def _row(figure: Figure) -> tuple[str, ...]:
    floor = "" if figure.floor is None else f"{figure.floor:,.1f} {figure.floor_is}".strip()
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    return figure.name, f"{figure.value:,.1f}", figure.unit, floor, ratio, figure.aim

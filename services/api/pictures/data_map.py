"""Where data goes: a flow chart from registers over purposes and companies to recipients, and the same in words.

Drawn with attributes that colours of the page override, so that it also stands alone as a file.
"""

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

from markupsafe import Markup
from msgspec import Struct

from services.api import wording
from services.api.pictures.svg import as_file, markup, part
from tenants.languages.speaking import Language, sentence, translate
from tenants.registers.flows import Flow
from tenants.registers.model import Recipient

# As wide as a sheet of the office at 1280 pixels.
WIDTH, TOP, STEP, BOX = 880, 56, 70, 58
COLUMN, GAP = 192, 37
LINE_AT, MOST_LINES = 25, 3
HEADINGS = (sentence("Registers"), sentence("Purposes"), sentence("Companies"), sentence("Recipients"))
INK, EDGE, WASH, LINK = "#18232b", "#7f878b", "#f7f5f0", "#12556b"


class RegisterWords(Struct, frozen=True):
    """What the chart says of one register, in the reader's language. `anchor` is what the chart's boxes lead to.

    `purposes` are with their legal bases.
    """

    anchor: str
    name: str
    purposes: list[tuple[str, str]]
    recipients: list[str]


class CompanyWords(Struct, frozen=True):
    name: str
    registers: list[RegisterWords]


class _Row(Struct, frozen=True):
    """A flow in the reader's language."""

    anchor: str
    register: str
    purpose: str
    basis: str
    company: str
    recipients: list[str]


class _Node(Struct, frozen=True):
    name: str
    anchor: str


def words(language: Language, flows: Sequence[Flow]) -> list[CompanyWords]:
    """In the order of the flows, which are those of a register together and those of a company, too."""
    told: list[CompanyWords] = []
    for row in _rows(language, flows):
        if not told or told[-1].name != row.company:
            told.append(CompanyWords(row.company, []))
        registers = told[-1].registers
        if not registers or registers[-1].anchor != row.anchor:
            registers.append(RegisterWords(row.anchor, row.register, [], row.recipients))
        registers[-1].purposes.append((row.purpose, row.basis))
    return told


def _rows(language: Language, flows: Sequence[Flow]) -> list[_Row]:
    return [
        _Row(
            anchor=f"register-{flow.register.register_id}",
            register=flow.register.name.in_(language),
            purpose=flow.purpose.label.in_(language) if flow.purpose else translate(language, "no purpose named"),
            basis=wording.said(language, flow.purpose.legal_basis)
            if flow.purpose and flow.purpose.legal_basis
            else translate(language, "not stated"),
            company=flow.company.name,
            recipients=[_recipient(language, one) for one in flow.recipients],
        )
        for flow in flows
    ]


def chart(language: Language, flows: Sequence[Flow]) -> Markup:
    """For a page, whose words it leads to."""
    return markup(_drawn(language, flows, leading=True))


def file(language: Language, flows: Sequence[Flow]) -> str:
    """For itself."""
    return as_file(_drawn(language, flows, leading=False))


def _drawn(language: Language, flows: Sequence[Flow], *, leading: bool) -> Element:
    columns = _columns(language, flows)
    height = TOP + STEP * max([1, *(len(column) for column in columns)]) + 12
    svg = Element(
        "svg",
        {
            "class": "map",
            "viewBox": f"0 0 {WIDTH} {height}",
            "width": str(WIDTH),
            "height": str(height),
            "role": "group",
            "aria-label": translate(language, "Data map: registers, purposes, companies, recipients"),
            "font-family": "Inter, system-ui, sans-serif",
        },
    )
    places = [_places(number, column, height) for number, column in enumerate(columns)]
    lines = part(svg, "g", fill="none", stroke=LINK, stroke_opacity="0.35", stroke_width="1.5", class_="lines")
    for number, one, other in _links(language, flows):
        _line(lines, places[number][one], places[number + 1][other])
    for number, column in enumerate(columns):
        left = number * (COLUMN + GAP)
        part(svg, "text", translate(language, HEADINGS[number]), x=left, y=24, font_size=15, font_weight=600, fill=INK)
        for node in column.values():
            _box(svg, node, *places[number][node.name], leading=leading)
    return svg


def _columns(language: Language, flows: Sequence[Flow]) -> tuple[dict[str, _Node], ...]:
    """What stands in each, in the order in which it comes up; a thing of several companies stands once."""
    columns: tuple[dict[str, _Node], ...] = ({}, {}, {}, {})
    for row in _rows(language, flows):
        names = [[row.register], [row.purpose], [row.company], row.recipients]
        for column, found in zip(columns, names, strict=True):
            for name in found:
                column.setdefault(name, _Node(name, row.anchor))
    return columns


def _links(language: Language, flows: Sequence[Flow]) -> Iterable[tuple[int, str, str]]:
    """From one column to the next: the number of the first, and the names of both."""
    found: dict[tuple[int, str, str], None] = {}
    for row in _rows(language, flows):
        found[0, row.register, row.purpose] = None
        found[1, row.purpose, row.company] = None
        for one in row.recipients:
            found[2, row.company, one] = None
    return found


def _places(number: int, column: dict[str, _Node], height: int) -> dict[str, tuple[float, float]]:
    """The upper left corners; short columns stand in the middle."""
    free = height - TOP - STEP * len(column)
    return {name: (number * (COLUMN + GAP), TOP + free / 2 + STEP * at) for at, name in enumerate(column)}


def _line(lines: Element, start: tuple[float, float], end: tuple[float, float]) -> None:
    x, y = start[0] + COLUMN, start[1] + BOX / 2
    u, v = end[0], end[1] + BOX / 2
    bend = (u - x) / 2
    part(lines, "path", d=f"M{x:.0f} {y:.1f} C{x + bend:.0f} {y:.1f} {u - bend:.0f} {v:.1f} {u:.0f} {v:.1f}")


def _box(svg: Element, node: _Node, x: float, y: float, *, leading: bool) -> None:
    holder = part(svg, "a", href=f"#{node.anchor}") if leading else part(svg, "g")
    part(holder, "title", node.name)
    part(holder, "rect", x=x, y=round(y, 1), width=COLUMN, height=BOX, rx=6, fill=WASH, stroke=EDGE)
    lines = _lines(node.name)
    first = y + BOX / 2 + 4.5 - (len(lines) - 1) * 8
    for at, words in enumerate(lines):
        part(holder, "text", words, x=x + 12, y=round(first + at * 16, 1), font_size=13, fill=INK)


def _lines(name: str) -> list[str]:
    """What does not fit is in the title and in the words."""
    lines = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + len(word) >= LINE_AT:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    cut = [line if len(line) <= LINE_AT else f"{line[: LINE_AT - 1]}…" for line in lines[:MOST_LINES]]
    return cut if len(lines) <= len(cut) else [*cut[:-1], f"{cut[-1][: LINE_AT - 2]} …"]


def _recipient(language: Language, one: Recipient) -> str:
    return one.name or one.category.in_(language)

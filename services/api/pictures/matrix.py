"""Who gives what to whom in a group: company by company, coloured by purpose. A picture, a table, and a file."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from markupsafe import Markup
from msgspec import Struct

from services.api.pictures.svg import as_file, markup, part
from tenants.languages.speaking import Language, translate, translate_plural

NAMES, COLUMN, HEADER, LINE, GAP = 190, 160, 44, 26, 10
LETTERS = 21
# As in the style sheet's light scheme, for a file that is looked at without it: ground and ink.
COLOURS = {
    "care": ("#e4eff2", "#12556b"),
    "finance": ("#e6f0e6", "#3c6e47"),
    "targeting": ("#f8edd6", "#8a5a00"),
    "other": ("#f6f4ee", "#55626b"),
}
INK, RULE, PAPER = "#18232b", "#e0dbd0", "#ffffff"


class MatrixShare(Struct, frozen=True, kw_only=True):
    """One policy towards one receiver; `giver` and `receiver` are places among the companies.

    `purpose` and `state` are in the reader's language; `hue` is the colour of the purpose; `open` where it is in force.
    """

    giver: int
    receiver: int
    purpose: str
    state: str
    hue: str
    fields: int
    open: bool
    url: str


class Matrix(Struct, frozen=True):
    companies: tuple[str, ...]
    shares: tuple[MatrixShare, ...]

    def between(self, giver: int, receiver: int) -> list[MatrixShare]:
        return [one for one in self.shares if (one.giver, one.receiver) == (giver, receiver)]


def chart(language: Language, matrix: Matrix) -> Markup:
    """In a page: every share leads to its policy, by keyboard too."""
    svg = _drawn(language, matrix, linked=True)
    svg.attrib |= {"role": "group", "aria-label": sentence(language, matrix)}
    return markup(svg)


def file(language: Language, matrix: Matrix) -> bytes:
    """By itself: with its colours in it, and without addresses that lead nowhere."""
    drawn = _drawn(language, matrix, linked=False)
    drawn.set("font-family", "Inter, Helvetica, Arial, sans-serif")
    return as_file(drawn).encode()


def sentence(language: Language, matrix: Matrix) -> str:
    return translate_plural(
        language,
        "%(count)s share between the companies of the group; rows give, columns receive",
        "%(count)s shares between the companies of the group; rows give, columns receive",
        len(matrix.shares),
    )


def said(language: Language, matrix: Matrix, one: MatrixShare) -> str:
    """A share for those who do not see where it stands."""
    return translate(
        language,
        "%(giver)s to %(receiver)s: %(purpose)s, %(state)s",
        giver=matrix.companies[one.giver],
        receiver=matrix.companies[one.receiver],
        purpose=words(language, one),
        state=one.state,
    )


def words(language: Language, one: MatrixShare) -> str:
    """Customer care 6."""
    return f"{one.purpose} {one.fields}"


def _drawn(language: Language, matrix: Matrix, *, linked: bool) -> Element:
    companies = range(len(matrix.companies))
    heights = [_height([matrix.between(giver, receiver) for receiver in companies]) for giver in companies]
    width, height = NAMES + COLUMN * len(companies), HEADER + sum(heights)
    svg = Element("svg", {"class": "share-matrix", "width": str(width), "height": str(height)})
    svg.set("viewBox", f"0 0 {width} {height}")
    part(svg, "rect", width=width, height=height, class_="ground", fill=PAPER)
    for receiver in companies:
        _name(svg, matrix.companies[receiver], NAMES + COLUMN * receiver + GAP, HEADER - 16)
    top = HEADER
    for giver in companies:
        part(svg, "line", x1=0, x2=width, y1=top, y2=top, class_="rule", stroke=RULE)
        _name(svg, matrix.companies[giver], 0, top + 24)
        for receiver in companies:
            left = NAMES + COLUMN * receiver
            if giver == receiver:
                _own(svg, left, top, heights[giver])
            for line, one in enumerate(matrix.between(giver, receiver)):
                place = (left + 4, top + GAP / 2 + LINE * line)
                _share(svg, one, (words(language, one), said(language, matrix, one)), place, linked=linked)
        top += heights[giver]
    return svg


def _height(cells: Sequence[Sequence[MatrixShare]]) -> int:
    return max(LINE * max((len(cell) for cell in cells), default=0) + GAP, LINE + GAP)


def _name(svg: Element, name: str, x: float, y: float) -> None:
    text = part(svg, "text", _short(name), x=x, y=y, class_="name", fill=INK, font_size=13, font_weight=600)
    part(text, "title", name)


def _own(svg: Element, left: float, top: float, height: float) -> None:
    """A company shares nothing with itself."""
    for step in range(1, 8):
        x = left + COLUMN * step / 8
        part(svg, "line", x1=x + 5, x2=x - 5, y1=top + 4, y2=top + height - 4, class_="rule", stroke=RULE)


def _share(
    svg: Element, one: MatrixShare, words_of: tuple[str, str], place: tuple[float, float], *, linked: bool
) -> None:
    """`words_of` are those in the box and those for whoever does not see it; `place` is its upper left corner."""
    (shown, told), (left, top) = words_of, place
    box = part(svg, "a", href=one.url) if linked else part(svg, "g")
    ground, ink = COLOURS[one.hue]
    dashes = {} if one.open else {"stroke_dasharray": "3 3"}
    part(
        box, "rect", x=left, y=top, width=COLUMN - 12, height=LINE - 5, rx=4,
        class_=f"box {one.hue}", fill=ground, stroke=ground if one.open else ink, **dashes,
    )  # fmt: skip
    text = part(
        box,
        "text",
        _short(shown),
        x=left + 8,
        y=top + 15,
        class_=f"ink {one.hue}",
        fill=ink,
        font_size=12,
    )
    part(text, "title", told)


def _short(text: str) -> str:
    """The number at the end stays."""
    if len(text) <= LETTERS:
        return text
    head, _, last = text.rpartition(" ")
    return (
        f"{head[: LETTERS - len(last) - 2].rstrip()}… {last}" if last.isdigit() else f"{text[: LETTERS - 1].rstrip()}…"
    )

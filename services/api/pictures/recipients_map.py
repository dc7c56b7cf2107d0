"""In which countries recipients are, on a map of Europe and one of the world, and what carries data there.

The shapes are Natural Earth's, made ready by infra/assets. A mark tells by its form and its colour; `said` in words.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element

import msgspec
from markupsafe import Markup
from msgspec import Struct

from services.api.pictures.svg import as_file, markup, part
from tenants.languages.speaking import Language, sentence, translate, translate_plural
from tenants.processors.whereabouts import Carried

SHAPES = Path(__file__).parents[1] / "static" / "built" / "countries.json"
# As in the style sheet: ground, land, borders, the words on marks, and then a colour for what carries data.
Palette = dict[str, str]
LIGHT: Palette = {
    "ground": "#ffffff", "land": "#e0dbd0", "paper": "#ffffff", "ink": "#18232b",
    "area": "#3c6e47", "adequacy": "#12556b", "safeguards": "#8a5a00", "nothing": "#a3262a",
}  # fmt: skip
DARK: Palette = {
    "ground": "#1b2125", "land": "#2c353a", "paper": "#1b2125", "ink": "#e8e6e0",
    "area": "#8cc49a", "adequacy": "#7cc4d8", "safeguards": "#e2b45c", "nothing": "#ec8f8a",
}  # fmt: skip
MARK = 22
WORDS = {
    Carried.AREA: sentence("inside the EEA"),
    Carried.ADEQUACY: sentence("the Commission has found it adequate"),
    Carried.SAFEGUARDS: sentence("with a transfer mechanism and its assessment"),
    Carried.NOTHING: sentence("without a basis: nothing flows"),
}
NAMES = {"europe": sentence("Europe"), "world": sentence("The world")}


class Mark(Struct, frozen=True):
    """A country with how many recipients are there; `url` is where they are told."""

    code: str
    name: str
    carried: Carried
    recipients: int
    url: str


class Shape(Struct, frozen=True):
    path: str
    at: tuple[float, float]


class Sheet(Struct, frozen=True):
    width: int
    height: int
    shapes: dict[str, Shape]


@cache
def sheets() -> dict[str, Sheet]:
    """Europe and the world; none where the assets are not built."""
    return msgspec.json.decode(SHAPES.read_bytes(), type=dict[str, Sheet]) if SHAPES.is_file() else {}


def charts(language: Language, marks: Sequence[Mark], shapes: Mapping[str, Sheet]) -> list[tuple[str, Markup]]:
    """For a page, with their names: each mark leads to its country in the table."""
    return [
        (translate(language, NAMES[name]), markup(_sheet(language, name, shapes[name], here, LIGHT, linked=True)))
        for name, here in _placed(marks, shapes)
    ]


def file(language: Language, marks: Sequence[Mark], palette: Palette, shapes: Mapping[str, Sheet]) -> bytes:
    """Both, one above the other, with what the marks say."""
    drawn = [_sheet(language, name, shapes[name], here, palette, linked=False) for name, here in _placed(marks, shapes)]
    width, top = max((float(one.attrib["width"]) for one in drawn), default=880), 0.0
    whole = Element("svg", {"font-family": "Inter, Helvetica, Arial, sans-serif"})
    for one in drawn:
        one.attrib |= {"y": f"{top:g}"}
        whole.append(one)
        top += float(one.attrib["height"]) + 16
    for carried in Carried:
        _form(whole, carried, (MARK, top + MARK), palette, size=10)
        part(
            whole,
            "text",
            translate(language, WORDS[carried]),
            x=44,
            y=top + MARK + 6,
            font_size=18,
            fill=palette["ink"],
        )
        top += 32
    for mark in marks:
        part(whole, "text", said(language, mark), x=12, y=top + 24, font_size=18, fill=palette["ink"])
        top += 28
    whole.attrib |= {"width": f"{width:g}", "height": f"{top + 12:g}"}
    return as_file(whole, ground=palette["ground"]).encode()


def legend(language: Language) -> list[tuple[Markup, str]]:
    """A mark of each kind, and what it says."""
    found = []
    for carried in Carried:
        svg = Element(
            "svg", {"viewBox": "0 0 60 60", "aria-hidden": "true", "focusable": "false", "class": "recipients-map"}
        )
        _form(svg, carried, (30, 30), LIGHT, size=24)
        found.append((markup(svg), translate(language, WORDS[carried])))
    return found


def said(language: Language, mark: Mark) -> str:
    """A mark for those who do not see it."""
    count = translate_plural(language, "%(count)s recipient", "%(count)s recipients", mark.recipients)
    return f"{mark.name}: {count}, {translate(language, WORDS[mark.carried])}"


def _placed(marks: Sequence[Mark], shapes: Mapping[str, Sheet]) -> list[tuple[str, list[Mark]]]:
    """Each mark once: on the first sheet that has its country. Sheets without any are left out."""
    left, found = list(marks), []
    for name in NAMES:
        known = shapes[name].shapes if name in shapes else {}
        if here := [one for one in left if one.code in known]:
            found.append((name, here))
        left = [one for one in left if one not in here]
    return found


def _sheet(
    language: Language, name: str, sheet: Sheet, marks: Sequence[Mark], palette: Palette, *, linked: bool
) -> Element:
    svg = Element(
        "svg",
        {
            "class": "recipients-map",
            "viewBox": f"0 0 {sheet.width} {sheet.height}",
            "width": str(sheet.width),
            "height": str(sheet.height),
            "role": "group",
            "aria-label": translate(language, NAMES[name]),
        },
    )
    _land(svg, sheet, {one.code: one.carried for one in marks}, palette)
    for one in marks:
        holder = part(svg, "a", href=one.url) if linked else part(svg, "g")
        part(holder, "title", said(language, one))
        x, y = sheet.shapes[one.code].at
        _form(holder, one.carried, (x, y), palette, size=MARK)
        part(
            holder, "text", str(one.recipients), x=x, y=y + 8, text_anchor="middle", font_size=23, font_weight=600,
            fill=palette["paper"], class_="count",
        )  # fmt: skip
    return svg


def _land(svg: Element, sheet: Sheet, carried: Mapping[str, Carried], palette: Palette) -> None:
    land = part(svg, "g", fill=palette["land"], stroke=palette["ground"], stroke_width=1.5, class_="land")
    for code, shape in sheet.shapes.items():
        if code not in carried:
            part(land, "path", d=shape.path)
    for code, by in carried.items():
        tone: dict[str, str | float] = {"fill": palette[by], "fill_opacity": 0.4, "stroke": palette["ground"]}
        part(svg, "path", d=sheet.shapes[code].path, class_=f"country {by}", stroke_width=1.5, **tone)


def _form(parent: Element, carried: Carried, at: tuple[float, float], palette: Palette, *, size: float) -> None:
    """A circle, a square, a diamond, and the eight corners of a stop."""
    x, y = at
    look: dict[str, str | float] = {
        "fill": palette[carried], "stroke": palette["paper"], "stroke_width": 3, "class_": f"mark {carried}"
    }  # fmt: skip
    match carried:
        case Carried.AREA:
            part(parent, "circle", cx=x, cy=y, r=size, **look)
        case Carried.ADEQUACY:
            part(parent, "rect", x=x - size, y=y - size, width=2 * size, height=2 * size, rx=5, **look)
        case Carried.SAFEGUARDS:
            far = size * 1.3
            part(parent, "path", d=f"M{x} {y - far}L{x + far} {y}L{x} {y + far}L{x - far} {y}z", **look)
        case Carried.NOTHING:
            far, near = size * 1.15, size * 0.48
            corners = [
                (-near, -far),
                (near, -far),
                (far, -near),
                (far, near),
                (near, far),
                (-near, far),
                (-far, near),
                (-far, -near),
            ]
            part(parent, "path", d="M" + "L".join(f"{x + u:g} {y + v:g}" for u, v in corners) + "z", **look)

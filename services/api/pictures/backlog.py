"""What waits to be confirmed, recipient by recipient: a bar each, cut by age."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from markupsafe import Markup
from msgspec import Struct

from services.api.pictures.svg import markup, part, percent, picture
from tenants.languages.speaking import Language, number, sentence, translate, translate_plural

LINE, BAR, TOP = 46, 14, 16
# Of the classes of the style sheet, from what is fresh to what is old.
TONES = ("fresh", "some", "soon", "late")
AGES = (
    sentence("at most 3 days"),
    sentence("3 to 7 days"),
    sentence("7 to 14 days"),
    sentence("more than 14 days"),
)


class Bar(Struct, frozen=True):
    """`counts` by age, the freshest first; `url` is where all are listed, `urls` where those of each age are."""

    name: str
    counts: tuple[int, ...]
    url: str
    urls: tuple[str, ...]
    settled: int
    days: float | None

    @property
    def all(self) -> int:
        return sum(self.counts)


def chart(language: Language, bars: Sequence[Bar]) -> Markup:
    """Those that wait; each leads to its list, and each of its ages to those of this age."""
    waiting = [one for one in bars if one.all]
    svg = picture("chart backlog", LINE * len(waiting), None)
    for name in ("aria-hidden", "focusable"):
        del svg.attrib[name]
    svg.attrib |= {"role": "group", "aria-label": translate(language, "What waits to be confirmed, by recipient")}
    most = max((one.all for one in waiting), default=1)
    for place, one in enumerate(waiting):
        _bar(svg, language, one, LINE * place, most)
    return markup(svg)


def ages(language: Language) -> list[tuple[str, str]]:
    """The tones and the words of the legend, and of the table's columns."""
    return [(tone, translate(language, age)) for tone, age in zip(TONES, AGES, strict=True)]


def told(language: Language, one: Bar) -> str:
    """A bar for those who do not see it."""
    parts = [f"{translate(language, age)} {number(language, n)}" for age, n in zip(AGES, one.counts, strict=True) if n]
    waits = translate_plural(language, "%(count)s waits", "%(count)s wait", one.all)
    return f"{one.name}: {waits} ({', '.join(parts)})"


def _bar(svg: Element, language: Language, one: Bar, top: float, most: int) -> None:
    holder = part(svg, "a", href=one.url)
    part(holder, "title", told(language, one))
    part(holder, "text", one.name, x="0%", y=top + TOP - 3, class_="name")
    part(holder, "text", number(language, one.all), x="100%", y=top + TOP - 3, text_anchor="end", class_="value")
    left = 0.0
    for tone, age, count, url in zip(TONES, AGES, one.counts, one.urls, strict=True):
        if count:
            width, cut = count / most * 100, part(svg, "a", href=url)
            part(cut, "title", f"{one.name}, {translate(language, age)}: {number(language, count)}")
            part(
                cut,
                "rect",
                x=percent(left),
                width=percent(width),
                y=top + TOP + 4,
                height=BAR,
                class_=f"column {tone}",
            )
            left += width

"""What has flowed to a recipient over time: lines, tombstones and confirmations, each with a scale of its own.

A month is drawn day by day, what is longer week by week. `rows` is the table: the same numbers.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from xml.etree.ElementTree import Element

from markupsafe import Markup
from msgspec import Struct

from services.api.pictures.svg import markup, part, percent, picture
from tenants.languages.speaking import Language, day_and_month, number, sentence, short_date, translate

HEAD, TALLEST, LOW, GAP, FOOT = 24, 64, 6, 20, 22
PERIODS = (30, 90, 365)
BY_DAY = 31


class Day(Struct, frozen=True):
    """`confirmed` is None where the reader may not see confirmations."""

    day: date
    lines: int = 0
    tombstones: int = 0
    confirmed: int | None = None


class Span(Struct, frozen=True):
    """From one day to another, both included, all in it added up."""

    first: date
    last: date
    lines: int
    tombstones: int
    confirmed: int | None


class Row(Struct, frozen=True):
    """One line of the table, in the reader's language."""

    when: str
    lines: str
    tombstones: str
    confirmed: str | None


class Panel(Struct, frozen=True):
    name: str
    kind: str
    counts: tuple[int, ...]

    @property
    def height(self) -> int:
        """Where there is nothing to see, its line is enough."""
        return TALLEST if any(self.counts) else LOW


def spans(days: Iterable[Day], *, since: date, until: date, confirmations: bool) -> tuple[Span, ...]:
    """The last ends with `until`; whatever lies before `since` is left out."""
    known = [one for one in days if since <= one.day <= until]
    step = 1 if (until - since).days < BY_DAY else 7
    count = -(-((until - since).days + 1) // step)
    found = []
    for ahead in reversed(range(count)):
        last = until - timedelta(days=ahead * step)
        first = max(since, last - timedelta(days=step - 1))
        inside = [one for one in known if first <= one.day <= last]
        found.append(
            Span(
                first,
                last,
                sum(one.lines for one in inside),
                sum(one.tombstones for one in inside),
                sum(one.confirmed or 0 for one in inside) if confirmations else None,
            )
        )
    return tuple(found)


def chart(language: Language, shown: Sequence[Span]) -> Markup:
    drawn = panels(language, shown)
    bottom = sum(HEAD + panel.height + GAP for panel in drawn)
    svg, top = picture("chart flow-chart", bottom + FOOT, told(language, shown)), 0
    for panel in drawn:
        _panel(svg, language, panel, top)
        top += HEAD + panel.height + GAP
    middle = shown[len(shown) // 2]
    for at, anchor, span in (("0%", "start", shown[0]), ("50%", "middle", middle), ("100%", "end", shown[-1])):
        day = span.last if anchor == "end" else span.first
        part(svg, "text", day_and_month(language, day), x=at, y=bottom + 2, text_anchor=anchor)
    return markup(svg)


def rows(language: Language, shown: Sequence[Span]) -> tuple[Row, ...]:
    """Those in which anything was, the newest first."""
    return tuple(
        Row(
            _when(language, one),
            number(language, one.lines),
            number(language, one.tombstones),
            None if one.confirmed is None else number(language, one.confirmed),
        )
        for one in reversed(shown)
        if one.lines or one.tombstones or one.confirmed
    )


def told(language: Language, shown: Sequence[Span]) -> str:
    """The whole picture for those who do not see it."""
    sums = [f"{panel.name} {number(language, sum(panel.counts))}" for panel in panels(language, shown)]
    between = translate(
        language,
        "From %(first)s to %(last)s",
        first=short_date(language, shown[0].first),
        last=short_date(language, shown[-1].last),
    )
    return f"{between}: {', '.join(sums)}."


def panels(language: Language, shown: Sequence[Span]) -> list[Panel]:
    found = [
        Panel(translate(language, LINES), "given", tuple(one.lines for one in shown)),
        Panel(translate(language, TOMBSTONES), "gone", tuple(one.tombstones for one in shown)),
    ]
    if all(one.confirmed is not None for one in shown):
        found.append(Panel(translate(language, CONFIRMATIONS), "confirmed", tuple(one.confirmed or 0 for one in shown)))
    return found


def _panel(svg: Element, language: Language, panel: Panel, top: int) -> None:
    """Its name and sum above, the bars on their ground, and the highest with its number."""
    group = part(svg, "g", class_=panel.kind)
    ground, most, slot = top + HEAD + panel.height, max(panel.counts), 100 / len(panel.counts)
    part(group, "text", panel.name, x="0%", y=top + 14, class_="name")
    part(group, "text", number(language, sum(panel.counts)), x="100%", y=top + 14, text_anchor="end", class_="value")
    for at, count in enumerate(panel.counts):
        if count:
            height = max(count / most * (TALLEST - 4), 2.0)
            part(
                group,
                "rect",
                x=percent(slot * (at + 0.1)),
                width=percent(slot * 0.8),
                y=round(ground - height, 1),
                height=round(height, 1),
                class_="column",
            )
    part(group, "line", x1="0%", x2="100%", y1=ground, y2=ground, class_="ground")


def _when(language: Language, one: Span) -> str:
    if one.first == one.last:
        return short_date(language, one.first)
    return f"{day_and_month(language, one.first)}\u2013{short_date(language, one.last)}"


LINES, TOMBSTONES, CONFIRMATIONS = sentence("Lines given"), sentence("Told as gone"), sentence("Confirmations")

"""The coming deadlines by week, late ones first, as a column chart; `rows` is its table."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from markupsafe import Markup
from msgspec import Struct

from services.api.pictures.svg import markup, part, percent, picture
from tenants.languages.speaking import Language, number, short_date, translate, translate_plural

WEEKS = 6
HEIGHT, GROUND, TALLEST = 150, 122, 92


class Week(Struct, frozen=True):
    """The deadlines from Monday to Sunday; in the present week those from today on."""

    monday: date
    due: int

    @property
    def number(self) -> int:
        return self.monday.isocalendar().week


class Ahead(Struct, frozen=True):
    late: int
    weeks: tuple[Week, ...]


class Row(Struct, frozen=True):
    """One line of the table under the chart, in the reader's language."""

    when: str
    days: str
    due: str
    late: bool


def counted(today: date, due: Iterable[date], *, weeks: int = WEEKS) -> Ahead:
    """The open cases' due dates, by week from the present one on."""
    monday = today - timedelta(days=today.weekday())
    days = list(due)
    by_week = Counter((day - monday).days // 7 for day in days if day >= today)
    return Ahead(
        late=sum(day < today for day in days),
        weeks=tuple(Week(monday + timedelta(weeks=ahead), by_week[ahead]) for ahead in range(weeks)),
    )


def chart(language: Language, ahead: Ahead) -> Markup:
    svg = picture("chart", HEIGHT, sentence(language, ahead))
    columns = [(translate(language, "late"), ahead.late, ahead.late > 0)]
    columns += [(_week(language, week), week.due, False) for week in ahead.weeks]
    tallest = max(1, *(due for _, due, _ in columns))
    # The late column's word is the longest of the labels, so its slot is half as wide again.
    slot = 100 / (len(columns) + 0.5)
    for index, (label, due, late) in enumerate(columns):
        left, width = (0.0, slot * 1.5) if index == 0 else (slot * (index + 0.5), slot)
        column = part(svg, "g", **({"class_": "late"} if late else {}))
        height, middle = max(due / tallest * TALLEST, 2.0 if due else 0.0), percent(left + width / 2)
        if due:
            part(
                column,
                "rect",
                x=percent(left + width / 2 - slot * 0.3),
                width=percent(slot * 0.6),
                y=round(GROUND - height, 1),
                height=round(height, 1),
                rx=2,
                class_="column",
            )
        part(
            column,
            "text",
            number(language, due),
            x=middle,
            y=round(GROUND - height - 7, 1),
            text_anchor="middle",
            class_="value",
        )
        part(column, "text", label, x=middle, y=GROUND + 18, text_anchor="middle")
    part(svg, "line", x1="0%", x2="100%", y1=GROUND, y2=GROUND, class_="ground")
    return markup(svg)


def sentence(language: Language, ahead: Ahead) -> str:
    """The whole chart for those who do not see it."""
    said = [translate_plural(language, "%(count)s case is late", "%(count)s cases are late", ahead.late)]
    for week in ahead.weeks:
        if week.due:
            said.append(
                translate_plural(
                    language,
                    "%(count)s due in week %(week)s",
                    "%(count)s due in week %(week)s",
                    week.due,
                    week=week.number,
                )
            )
    return ", ".join(said) + "."


def rows(language: Language, ahead: Ahead) -> tuple[Row, ...]:
    late = Row(translate(language, "Late"), "", number(language, ahead.late), late=ahead.late > 0)
    return (
        late,
        *(
            Row(_week(language, week), _days(language, week), number(language, week.due), late=False)
            for week in ahead.weeks
        ),
    )


def _week(language: Language, week: Week) -> str:
    return translate(language, "wk %(number)s", number=week.number)


def _days(language: Language, week: Week) -> str:
    """Monday to Sunday, with an en dash."""
    return f"{short_date(language, week.monday)}\u2013{short_date(language, week.monday + timedelta(days=6))}"

"""The deadlines ahead: late ones first, then week by week, with the same figures in the table."""

from datetime import date, timedelta
from xml.etree.ElementTree import Element, fromstring

from hypothesis import given
from hypothesis import strategies as st

from services.api.pictures import deadlines
from services.api.pictures.deadlines import Ahead, Week
from tenants.languages.speaking import Language

TUESDAY = date(2026, 3, 24)
MONDAY = date(2026, 3, 23)


def drawn(picture: str) -> Element:
    return fromstring(picture)  # noqa: S314 (our own picture)


def test_deadlines_are_counted_by_week_and_those_before_today_are_late() -> None:
    due = [MONDAY, TUESDAY, date(2026, 3, 29), date(2026, 3, 30), date(2026, 5, 3), date(2026, 5, 4)]
    ahead = deadlines.counted(TUESDAY, due)
    assert (ahead.late, [week.due for week in ahead.weeks]) == (1, [2, 1, 0, 0, 0, 1])
    assert ahead.weeks[0] == Week(MONDAY, 2)


@given(st.lists(st.integers(-400, 400).map(lambda days: TUESDAY + timedelta(days=days))))
def test_no_deadline_within_the_weeks_shown_is_lost(due: list[date]) -> None:
    ahead = deadlines.counted(TUESDAY, due)
    end = MONDAY + timedelta(weeks=deadlines.WEEKS)
    assert ahead.late + sum(week.due for week in ahead.weeks) == sum(day < end for day in due)


@given(st.integers(0, 5000), st.lists(st.integers(0, 5000), min_size=6, max_size=6), st.sampled_from(Language))
def test_columns_stay_within_the_picture_and_the_table_says_the_same(
    late: int, due: list[int], language: Language
) -> None:
    ahead = Ahead(late, tuple(Week(MONDAY + timedelta(weeks=at), count) for at, count in enumerate(due)))
    svg = drawn(deadlines.chart(language, ahead))
    for rect in svg.iter("rect"):
        assert float(rect.attrib["x"][:-1]) >= 0
        assert float(rect.attrib["x"][:-1]) + float(rect.attrib["width"][:-1]) <= 100
        assert 0 < float(rect.attrib["height"]) <= deadlines.TALLEST
    values = [text.text for text in svg.iter("text") if text.attrib.get("class") == "value"]
    assert values == [row.due for row in deadlines.rows(language, ahead)]


def test_late_cases_are_marked_by_their_word_and_their_pattern() -> None:
    svg = drawn(deadlines.chart(Language.FI, Ahead(2, (Week(MONDAY, 1),))))
    late = [group for group in svg.iter("g") if group.attrib.get("class") == "late"]
    assert [text.text for group in late for text in group.iter("text")] == ["2", "myöhässä"]
    assert svg.attrib["aria-label"] == "2 tapausta on myöhässä, viikolla 13 yksi määräaika."


def test_nothing_late_is_not_marked_as_late() -> None:
    svg = drawn(deadlines.chart(Language.FI, Ahead(0, (Week(MONDAY, 1),))))
    assert not [group for group in svg.iter("g") if group.attrib.get("class") == "late"]

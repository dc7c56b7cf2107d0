"""What flowed to a recipient: nothing is lost between the days, the bars and the table."""

from datetime import date, timedelta
from itertools import pairwise
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.pictures import flow
from services.api.pictures.flow import PERIODS, Day
from tenants.languages.speaking import Language

TODAY = date(2026, 3, 24)
DAYS = st.builds(
    Day,
    st.integers(0, 500).map(lambda back: TODAY - timedelta(days=back)),
    st.integers(0, 10**6),
    st.integers(0, 500),
    st.integers(0, 50),
)


def drawn(picture: str) -> Element:
    return fromstring(picture)  # noqa: S314 (our own picture)


@given(st.lists(DAYS, max_size=30), st.sampled_from(PERIODS))
def test_all_that_flowed_in_the_period_is_in_one_span_and_only_one(days: list[Day], period: int) -> None:
    since = TODAY - timedelta(days=period - 1)
    shown = flow.spans(days, since=since, until=TODAY, confirmations=True)
    inside = [one for one in days if one.day >= since]
    assert sum(one.lines for one in shown) == sum(one.lines for one in inside)
    assert sum(one.tombstones for one in shown) == sum(one.tombstones for one in inside)
    assert sum(one.confirmed or 0 for one in shown) == sum(one.confirmed or 0 for one in inside)
    assert (shown[0].first, shown[-1].last) == (since, TODAY)
    assert all(later.first - one.last == timedelta(days=1) for one, later in pairwise(shown))


@given(st.lists(DAYS, max_size=10), st.sampled_from(PERIODS), st.sampled_from(Language))
def test_bars_stay_within_the_picture(days: list[Day], period: int, language: Language) -> None:
    since = TODAY - timedelta(days=period - 1)
    shown = flow.spans(days, since=since, until=TODAY, confirmations=True)
    for rect in drawn(flow.chart(language, shown)).iter("rect"):
        assert float(rect.attrib["x"][:-1]) >= 0
        assert float(rect.attrib["x"][:-1]) + float(rect.attrib["width"][:-1]) <= 100.01
        assert 0 < float(rect.attrib["height"]) <= flow.TALLEST


@pytest.mark.parametrize(("seen", "columns"), [(True, 3), (False, 2)], ids=["seen", "unseen"])
def test_confirmations_are_drawn_for_those_who_may_see_them(seen: bool, columns: int) -> None:
    given = [Day(TODAY, 5, 2), Day(TODAY, confirmed=1)]
    shown = flow.spans(given, since=TODAY - timedelta(days=29), until=TODAY, confirmations=seen)
    svg = drawn(flow.chart(Language.FI, shown))
    values = [text.text for text in svg.iter("text") if text.attrib.get("class") == "value"]
    assert values == ["5", "2", "1"][:columns]
    [row] = flow.rows(Language.FI, shown)
    assert (row.lines, row.tombstones, row.confirmed) == ("5", "2", "1" if seen else None)

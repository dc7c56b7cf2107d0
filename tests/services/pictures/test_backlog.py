"""The backlog of confirmations: one bar a recipient, as long as what waits, cut by age."""

from xml.etree.ElementTree import Element, fromstring

from services.api.pictures import backlog
from services.api.pictures.backlog import Bar
from tenants.languages.speaking import Language

BARS = [
    Bar("Alfa Oy", (1, 0, 2, 1), "/office/notifications?recipient=1", 3, 2.5),
    Bar("Beta Oy", (0, 2, 0, 0), "/office/notifications?recipient=2", 0, None),
    Bar("Gamma Oy", (0, 0, 0, 0), "/office/notifications?recipient=3", 9, 1.0),
]


def drawn() -> Element:
    return fromstring(backlog.chart(Language.EN, BARS))  # noqa: S314 (our own picture)


def test_each_bar_leads_to_its_list_and_says_what_it_shows() -> None:
    links = [(one.get("href"), next(one.iter("title")).text) for one in drawn().iter("a")]
    assert links == [
        (BARS[0].url, "Alfa Oy: 4 wait (at most 3 days 1, 7 to 14 days 2, more than 14 days 1)"),
        (BARS[1].url, "Beta Oy: 2 wait (3 to 7 days 2)"),
    ]


def test_bars_are_as_long_as_what_waits() -> None:
    lengths = [sum(float(str(rect.get("width"))[:-1]) for rect in one.iter("rect")) for one in drawn().iter("a")]
    assert [round(one) for one in lengths] == [100, 50]

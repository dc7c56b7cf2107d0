"""The backlog of confirmations: one bar a recipient, as long as what waits, cut by age."""

from xml.etree.ElementTree import Element, fromstring

from services.api.pictures import backlog
from services.api.pictures.backlog import Bar
from tenants.languages.speaking import Language


def bar(name: str, counts: tuple[int, ...], url: str, settled: int, days: float | None) -> Bar:
    return Bar(name, counts, url, tuple(f"{url}&age={place}" for place in range(4)), settled, days)


BARS = [
    bar("Alfa Oy", (1, 0, 2, 1), "/office/notifications?recipient=1", 3, 2.5),
    bar("Beta Oy", (0, 2, 0, 0), "/office/notifications?recipient=2", 0, None),
    bar("Gamma Oy", (0, 0, 0, 0), "/office/notifications?recipient=3", 9, 1.0),
]


def drawn() -> Element:
    return fromstring(backlog.chart(Language.EN, BARS))  # noqa: S314 (our own picture)


def test_each_bar_leads_to_its_list_and_says_what_it_shows() -> None:
    links = [(one.get("href"), next(one.iter("title")).text) for one in drawn().iter("a")]
    assert [one for one in links if "age" not in str(one[0])] == [
        (BARS[0].url, "Alfa Oy: 4 wait (at most 3 days 1, 7 to 14 days 2, more than 14 days 1)"),
        (BARS[1].url, "Beta Oy: 2 wait (3 to 7 days 2)"),
    ]
    assert [one for one in links if "age" in str(one[0])] == [
        (BARS[0].urls[0], "Alfa Oy, at most 3 days: 1"),
        (BARS[0].urls[2], "Alfa Oy, 7 to 14 days: 2"),
        (BARS[0].urls[3], "Alfa Oy, more than 14 days: 1"),
        (BARS[1].urls[1], "Beta Oy, 3 to 7 days: 2"),
    ]


def test_bars_are_as_long_as_what_waits() -> None:
    lengths: dict[str, float] = {}
    for one in drawn().iter("a"):
        url = str(one.get("href")).partition("&")[0]
        widths = [float(str(rect.get("width"))[:-1]) for rect in one.iter("rect")]
        lengths[url] = lengths.get(url, 0) + sum(widths)
    assert [round(one) for one in lengths.values()] == [100, 50]

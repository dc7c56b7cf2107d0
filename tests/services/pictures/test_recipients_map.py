"""The map of recipients: what is where, for eyes, for the keyboard, and as a file."""

from xml.etree.ElementTree import Element, fromstring

import pytest

from services.api.pictures import recipients_map
from services.api.pictures.recipients_map import DARK, LIGHT, Mark, Palette, Shape, Sheet
from tenants.languages.speaking import Language
from tenants.processors.whereabouts import Carried

SVG = "{http://www.w3.org/2000/svg}"
MARKS = [
    Mark("US", "Yhdysvallat", Carried.NOTHING, 1, "#country-US"),
    Mark("FI", "Suomi", Carried.AREA, 3, "#country-FI"),
]
SHEETS = {
    "europe": Sheet(100, 80, {"FI": Shape("M1 1l2 2 2 0z", (60, 20)), "SE": Shape("M5 5l2 2 2 0z", (40, 30))}),
    "world": Sheet(100, 50, {"FI": Shape("M1 1l2 2 2 0z", (55, 5)), "US": Shape("M9 9l2 2 2 0z", (20, 10))}),
}


def read(drawn: str | bytes) -> Element:
    return fromstring(drawn)  # noqa: S314 (our own picture)


def test_each_country_has_one_mark_that_leads_to_its_words() -> None:
    drawn = [read(chart) for _, chart in recipients_map.charts(Language.EN, MARKS, SHEETS)]
    links = [(one.get("href"), next(one.iter("title")).text) for svg in drawn for one in svg.iter("a")]
    assert links == [
        ("#country-FI", "Suomi: 3 recipients, inside the EEA"),
        ("#country-US", "Yhdysvallat: 1 recipient, without a basis: nothing flows"),
    ]
    assert [svg.get("role") for svg in drawn] == ["group", "group"]


def test_a_sheet_without_a_mark_is_not_drawn() -> None:
    assert [name for name, _ in recipients_map.charts(Language.EN, MARKS[1:], SHEETS)] == ["Europe"]
    assert recipients_map.charts(Language.EN, MARKS, {}) == []


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_file_stands_by_itself_on_its_ground_and_says_what_its_marks_say(palette: Palette) -> None:
    drawn = read(recipients_map.file(Language.FI, MARKS, palette, SHEETS))
    assert not list(drawn.iter(f"{SVG}a"))
    assert next(drawn.iter(f"{SVG}rect")).get("fill") == palette["ground"]
    words = [one.text for one in drawn.iter(f"{SVG}text")]
    assert [recipients_map.said(Language.FI, one) for one in MARKS] == words[-2:]


def test_what_carries_a_transfer_is_told_by_form_and_not_by_colour_alone() -> None:
    forms = [
        str([(one.tag, len(str(one.get("d", "")).split("L"))) for one in read(mark)])
        for mark, _ in recipients_map.legend(Language.FI)
    ]
    assert len(set(forms)) == len(Carried)

"""The clock ribbon says what it shows, and its words stay apart."""

from datetime import date, timedelta
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.pictures import clock
from services.api.pictures.clock import ClockFace
from tenants.languages.speaking import Language

RECEIVED, DUE, LATEST = date(2026, 3, 5), date(2026, 4, 7), date(2026, 6, 5)


def drawn(picture: str) -> Element:
    return fromstring(picture)  # noqa: S314 (our own picture)


def face(today: date, *, verified: date | None = None, ended: date | None = None, latest: date = LATEST) -> ClockFace:
    return ClockFace(received=RECEIVED, today=today, due=DUE, latest=latest, verified=verified, ended=ended)


@st.composite
def faces(draw: st.DrawFn) -> ClockFace:
    """Any case that can be: verified and decided or not, early, on the last day or long overdue, extended or not."""
    due = RECEIVED + timedelta(days=draw(st.integers(28, 40)))
    latest = draw(st.sampled_from([due, due + timedelta(days=61)]))
    today = RECEIVED + timedelta(days=draw(st.integers(0, 200)))
    days = st.dates(RECEIVED, today)
    verified = draw(st.none() | days)
    ended = draw(st.none() | st.dates(verified, today)) if verified else None
    asked = draw(st.dates(RECEIVED, verified)) if verified else None
    return ClockFace(
        received=RECEIVED,
        today=today,
        due=due,
        latest=latest,
        verified=verified,
        paused=(asked, verified) if asked and verified else None,
        ended=ended,
        answered=draw(st.booleans()),
    )


def share(value: str) -> float:
    assert value.endswith("%")
    return float(value[:-1])


def spans(svg: Element) -> list[tuple[float, float, str]]:
    """Where each word begins and ends at the narrowest width, and in which row."""
    found = []
    for text in svg.iter("text"):
        width = len(text.text or "") * clock.LETTER
        x = share(text.attrib["x"]) / 100 * clock.NARROWEST
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[text.attrib["text-anchor"]]
        found.append((left, left + width, text.attrib["y"]))
    return found


@given(faces(), st.sampled_from(Language))
def test_no_two_words_touch_and_none_leaves_the_picture(shown: ClockFace, language: Language) -> None:
    placed = spans(drawn(clock.wide(language, shown)))
    assert all(left >= -0.5 and right <= clock.NARROWEST + 0.5 for left, right, _ in placed)
    for index, (left, right, row) in enumerate(placed):
        others = [(start, end) for start, end, level in placed[index + 1 :] if level == row]
        assert all(right <= start or end <= left for start, end in others)


@given(faces())
def test_every_band_and_mark_lies_within_the_picture(shown: ClockFace) -> None:
    for svg in (drawn(clock.wide(Language.FI, shown)), drawn(clock.band(Language.FI, shown))):
        for rect in svg.iter("rect"):
            start, width = share(rect.attrib["x"]), share(rect.attrib["width"])
            assert start >= 0
            assert width >= 0
            assert start + width <= 100.01
        for mark in (*svg.iter("circle"), *svg.iter("line")):
            assert all(0 <= share(mark.attrib[name]) <= 100 for name in ("cx", "x1", "x2") if name in mark.attrib)


@given(faces(), st.sampled_from(Language))
def test_the_words_under_the_band_are_those_of_the_picture_in_order(shown: ClockFace, language: Language) -> None:
    figure = drawn(clock.ribbon(language, shown))
    days = [time.attrib["datetime"] for time in figure.iter("time")]
    assert days == sorted(days)
    assert {shown.received.isoformat(), shown.due.isoformat(), (shown.ended or shown.today).isoformat()} <= set(days)


def test_a_blind_reader_hears_the_dates_in_full() -> None:
    said = clock.sentence(Language.EN, face(date(2026, 3, 24), verified=date(2026, 3, 9)))
    assert said == (
        "Received 5 March 2026, identity verified 9 March 2026, to be answered by 7 April 2026, 14 days left, "
        "at the latest 5 June 2026 if extended in time."
    )
    svg = drawn(clock.wide(Language.EN, face(date(2026, 3, 24), verified=date(2026, 3, 9))))
    assert (svg.attrib["role"], svg.attrib["aria-label"]) == ("img", said)


@pytest.mark.parametrize(
    ("today", "words", "tone"),
    [
        (RECEIVED, "33 päivää jäljellä", ""),
        (date(2026, 3, 31), "7 päivää jäljellä", "soon"),
        (date(2026, 4, 6), "1 päivä jäljellä", "soon"),
        (DUE, "tänään on viimeinen päivä", "soon"),
        (date(2026, 4, 8), "1 päivän myöhässä", "late"),
        (date(2026, 4, 19), "12 päivää myöhässä", "late"),
    ],
)
def test_a_case_says_in_words_how_much_time_is_left(today: date, words: str, tone: str) -> None:
    assert (clock.remaining(Language.FI, face(today)), clock.tone(face(today))) == (words, tone)


def test_an_answer_in_time_is_kept_and_a_late_one_stays_late() -> None:
    assert clock.tone(face(date(2026, 6, 1), ended=DUE)) == "kept"
    assert clock.tone(face(date(2026, 6, 1), ended=DUE + timedelta(days=1))) == "late"


def test_what_was_withdrawn_was_not_answered() -> None:
    withdrawn = ClockFace(received=RECEIVED, today=DUE, due=DUE, latest=LATEST, ended=date(2026, 3, 12), answered=False)
    assert (clock.remaining(Language.EN, withdrawn), clock.tone(withdrawn)) == ("ended 12 Mar", "")


def test_received_and_verified_on_one_day_are_one_word() -> None:
    words = [text.text for text in drawn(clock.wide(Language.EN, face(RECEIVED, verified=RECEIVED))).iter("text")]
    assert words == ["today, 33 days left", "7 Apr due", "5 Mar received and verified", "5 Jun, if extended in time"]


def test_overdue_days_are_drawn_after_the_due_date() -> None:
    def over(today: date) -> list[Element]:
        svg = drawn(clock.wide(Language.FI, face(today)))
        return [rect for rect in svg.iter("rect") if rect.attrib["class"] == "over"]

    assert over(DUE) == []
    assert len(over(DUE + timedelta(days=1))) == 1


def test_a_decided_case_shows_no_open_end() -> None:
    svg = drawn(clock.wide(Language.FI, face(date(2026, 5, 1), ended=date(2026, 3, 12))))
    assert [line.attrib["class"] for line in svg.iter("line")] == ["due"]

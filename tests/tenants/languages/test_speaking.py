"""Dates, numbers and languages as people write and ask for them."""

from datetime import UTC, date, datetime

import pytest

from tenants.languages.speaking import (
    Language,
    Text,
    date_and_time,
    file_size,
    long_date,
    negotiate,
    number,
    short_date,
    translate,
    translate_plural,
    weekday_and_date,
)

FI, SV, EN = Language
WEDNESDAY = date(2026, 4, 22)


def test_a_finnish_date_in_a_sentence_is_in_the_essive() -> None:
    assert weekday_and_date(FI, WEDNESDAY) == "keskiviikkona 22. huhtikuuta"


def test_a_swedish_date_in_a_sentence_is_in_the_definite_form() -> None:
    assert weekday_and_date(SV, WEDNESDAY, with_year=True) == "onsdagen den 22 april 2026"


@pytest.mark.parametrize(
    ("language", "long", "short"),
    [
        (FI, "22. huhtikuuta 2026", "22.4.2026"),
        (SV, "22 april 2026", "22.4.2026"),
        (EN, "22 April 2026", "22 Apr 2026"),
    ],
)
def test_dates_follow_the_custom_of_the_language(language: Language, long: str, short: str) -> None:
    assert (long_date(language, WEDNESDAY), short_date(language, WEDNESDAY)) == (long, short)


def test_a_moment_is_told_in_finnish_civil_time_in_summer_and_winter() -> None:
    assert date_and_time(FI, datetime(2026, 4, 22, 21, 30, tzinfo=UTC)) == "23.4.2026 klo 0.30"
    assert date_and_time(EN, datetime(2026, 1, 22, 7, 5, tzinfo=UTC)) == "22 Jan 2026 at 09:05"


def test_numbers_and_sizes_use_the_comma_and_the_unit_of_the_language() -> None:
    assert number(FI, 18204.5) == "18\u00a0204,5"
    assert [file_size(language, 1_234_567) for language in Language] == ["1,2\u00a0Mt", "1,2\u00a0MB", "1.2\u00a0MB"]
    assert file_size(EN, 999) == "999\u00a0bytes"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, FI),
        ("", FI),
        ("sv-FI, sv;q=0.9, en;q=0.8", SV),
        ("de, en;q=0.5", EN),
        ("en;q=0.2, sv;q=0.4", SV),
        ("sv;q=0, en", EN),
        ("sv;q=nonsense", FI),
        ("*", FI),
        ("de-AT", FI),
    ],
)
def test_the_browser_is_answered_in_the_language_it_likes_best(header: str | None, expected: Language) -> None:
    assert negotiate(header, list(Language)) is expected


def test_a_group_that_offers_no_swedish_does_not_answer_in_swedish() -> None:
    assert negotiate("sv", [FI, EN]) is FI
    assert negotiate("fi", [SV, EN]) is SV


def test_a_text_without_the_wished_language_says_which_one_it_is_in() -> None:
    text = Text(fi="Asiakasrekisteri", sv="Kundregister")
    assert (text.in_(SV), text.language_for(SV)) == ("Kundregister", SV)
    assert (text.in_(EN), text.language_for(EN)) == ("Asiakasrekisteri", FI)


def test_an_untranslated_sentence_is_said_in_english_rather_than_not_at_all() -> None:
    assert translate(SV, "Nobody translated %(this)s, 100 %%", this="one") == "Nobody translated one, 100 %"


def test_one_day_is_not_several() -> None:
    assert [translate_plural(EN, "%(count)s day", "%(count)s days", count) for count in (1, 2, 1200)] == [
        "1 day",
        "2 days",
        "1,200 days",
    ]

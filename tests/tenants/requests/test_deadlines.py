from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.languages.speaking import Language, translate
from tenants.requests import deadlines
from tenants.requests.deadlines import (
    AnsweredBeforeAsked,
    AskedBeforeReceipt,
    AskedTooLate,
    MonthsCounted,
    MonthTooShort,
    Moved,
    Pause,
    Paused,
    add_months,
    clock,
)
from tenants.requests.law import periods, working_days
from tenants.requests.law.working_days import (
    DayOff,
    day_off,
    holiday_set,
    working_days_after,
)

EVES_WORK = holiday_set()
EVES_EXTEND = holiday_set(eves_extend=True)

# received, one month later, due, due if the eves were holidays, extended by two further months
VECTORS = [
    ("2025-03-05", "2025-04-05", "2025-04-07", "2025-04-07", "2025-06-05"),
    ("2026-03-05", "2026-04-05", "2026-04-07", "2026-04-07", "2026-06-05"),
    ("2026-08-31", "2026-09-30", "2026-09-30", "2026-09-30", "2026-11-30"),
    ("2026-01-31", "2026-02-28", "2026-03-02", "2026-03-02", "2026-04-30"),
    ("2024-01-30", "2024-02-29", "2024-02-29", "2024-02-29", "2024-04-30"),
    ("2026-04-01", "2026-05-01", "2026-05-04", "2026-05-04", "2026-07-01"),
    ("2026-04-14", "2026-05-14", "2026-05-15", "2026-05-15", "2026-07-14"),
    ("2026-05-19", "2026-06-19", "2026-06-19", "2026-06-22", "2026-08-19"),
    ("2026-11-24", "2026-12-24", "2026-12-24", "2026-12-28", "2027-02-24"),
    ("2026-11-25", "2026-12-25", "2026-12-28", "2026-12-28", "2027-02-25"),
    ("2026-12-06", "2027-01-06", "2027-01-07", "2027-01-07", "2027-03-08"),
    ("2026-11-06", "2026-12-06", "2026-12-07", "2026-12-07", "2027-02-08"),
    ("2026-12-31", "2027-01-31", "2027-02-01", "2027-02-01", "2027-03-31"),
]

days = st.dates(date(2018, 5, 25), date(2100, 12, 31))


@st.composite
def pauses(draw: st.DrawFn, received: date) -> Pause:
    asked = received + timedelta(days=draw(st.integers(0, 12)))
    waited = draw(st.none() | st.integers(0, 400))
    return Pause(asked, None if waited is None else asked + timedelta(days=waited))


received_and_paused = days.flatmap(lambda day: st.tuples(st.just(day), pauses(day)))


@pytest.mark.parametrize(("received", "raw", "due", "due_with_eves", "extended"), VECTORS)
def test_the_thirteen_vectors(received: str, raw: str, due: str, due_with_eves: str, extended: str) -> None:
    on = date.fromisoformat(received)
    assert add_months(on, 1).isoformat() == raw
    assert clock(on).answer_by.on.isoformat() == due
    assert clock(on, holidays=EVES_EXTEND).answer_by.on.isoformat() == due_with_eves
    assert clock(on).extended_by.on.isoformat() == extended
    assert clock(on, extended=True).steering.on.isoformat() == extended


def test_a_month_from_5_march_is_easter_sunday_and_the_page_can_say_so() -> None:
    explained = clock(date(2026, 3, 5)).steering.steps
    assert explained == (
        MonthsCounted(start=date(2026, 3, 5), months=1, end=date(2026, 4, 5)),
        Moved(landed=date(2026, 4, 5), reason=DayOff.EASTER_SUNDAY, to=date(2026, 4, 7)),
    )


def test_a_month_from_31_january_explains_the_short_month() -> None:
    assert clock(date(2026, 1, 31)).steering.steps == (
        MonthsCounted(start=date(2026, 1, 31), months=1, end=date(2026, 2, 28)),
        MonthTooShort(day=31),
        Moved(landed=date(2026, 2, 28), reason=DayOff.SATURDAY, to=date(2026, 3, 2)),
    )


def test_ada_answered_after_nine_days_and_both_dates_are_kept() -> None:
    counted = clock(date(2026, 9, 1), paused=Pause(date(2026, 9, 2), date(2026, 9, 11)))
    assert counted.answer_by.on == date(2026, 10, 1)
    assert counted.answer_by_with_pause is not None
    assert counted.answer_by_with_pause.on == date(2026, 10, 12)  # the 10th is a Saturday
    assert Paused(date(2026, 9, 2), date(2026, 9, 11), 9) in counted.answer_by_with_pause.steps
    assert counted.steering == counted.answer_by


def test_while_adas_answer_is_awaited_the_paused_date_is_open_and_the_other_still_steers() -> None:
    counted = clock(date(2026, 9, 1), paused=Pause(date(2026, 9, 2)))
    assert counted.answer_by_with_pause is None
    assert counted.extended_by_with_pause is None
    assert counted.steering.on == date(2026, 10, 1)


@pytest.mark.parametrize("answered", [None, date(2026, 9, 20)])
def test_a_question_that_was_sent_too_late_pauses_nothing(
    answered: date | None,
) -> None:
    counted = clock(date(2026, 9, 1), paused=Pause(date(2026, 9, 9), answered))
    assert counted.answer_by_with_pause is not None
    assert counted.answer_by_with_pause.on == counted.answer_by.on
    assert AskedTooLate(date(2026, 9, 9), date(2026, 9, 8)) in counted.answer_by_with_pause.steps


def test_the_last_working_day_for_a_question_still_pauses() -> None:
    assert clock(date(2026, 9, 1), paused=Pause(date(2026, 9, 8))).answer_by_with_pause is None


def test_an_extension_moves_the_steering_date_but_not_the_day_by_which_it_must_be_told() -> None:
    counted = clock(date(2026, 8, 31), extended=True)
    assert counted.steering.on == date(2026, 11, 30)
    assert counted.extension_notice_by == date(2026, 9, 30)


def test_the_extension_is_counted_from_receipt_and_not_from_the_moved_date() -> None:
    # One month ends on Monday 2 March; two months from there would be 2 May.
    assert clock(date(2026, 1, 31)).extended_by.on == date(2026, 4, 30)


def test_staff_are_reminded_fourteen_seven_three_days_and_one_day_before() -> None:
    assert clock(date(2026, 8, 31)).escalate_on == (
        date(2026, 9, 16),
        date(2026, 9, 23),
        date(2026, 9, 27),
        date(2026, 9, 29),
    )


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 7, 1, 20, 59, 59, tzinfo=UTC), date(2026, 7, 1)),
        (
            datetime(2026, 7, 1, 21, 0, tzinfo=UTC),
            date(2026, 7, 2),
        ),  # summer time, UTC+3
        (datetime(2026, 12, 31, 21, 59, 59, tzinfo=UTC), date(2026, 12, 31)),
        (
            datetime(2026, 12, 31, 22, 0, tzinfo=UTC),
            date(2027, 1, 1),
        ),  # winter time, UTC+2
    ],
)
def test_the_day_of_receipt_is_the_civil_date_in_finland(at: datetime, day: date) -> None:
    assert deadlines.received_on(at) == day


def test_a_moment_without_a_time_zone_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="time zone"):
        deadlines.received_on(datetime(2026, 7, 1, 12, 0))


def test_impossible_pauses_are_refused() -> None:
    with pytest.raises(AskedBeforeReceipt):
        clock(date(2026, 9, 1), paused=Pause(date(2026, 8, 31)))
    with pytest.raises(AnsweredBeforeAsked):
        clock(date(2026, 9, 1), paused=Pause(date(2026, 9, 3), date(2026, 9, 2)))


def test_a_request_from_before_the_regulation_has_no_clock() -> None:
    with pytest.raises(periods.BeforeTheRegulation):
        clock(date(2018, 5, 24))
    assert clock(date(2018, 5, 25)).rule_version == "gdpr-12-3/1"


def test_every_constant_names_its_source_and_every_date_its_versions() -> None:
    for rules in periods.every_rule_set():
        assert all(part.source for part in (rules.answer, rules.extension, rules.counting, rules.pause))
    assert clock(date(2026, 3, 5)).holiday_version == EVES_WORK.version
    assert clock(date(2026, 3, 5), holidays=EVES_EXTEND).holiday_version == EVES_EXTEND.version
    assert EVES_WORK.version != EVES_EXTEND.version


@pytest.mark.parametrize("year", range(2018, 2101))
def test_every_year_has_its_thirteen_holidays_and_two_eves(year: int) -> None:
    year_days = [
        date(year, 1, 1) + timedelta(days=n) for n in range(365 + (date(year, 12, 31).timetuple().tm_yday == 366))
    ]
    named = {day_off(day, EVES_EXTEND) for day in year_days}
    assert named == {*DayOff, None}
    assert {day_off(day, EVES_WORK) for day in year_days} == named - working_days.EVES


def test_every_step_and_day_off_is_said_in_finnish_and_swedish() -> None:
    sentences = [kind.wording for kind in (MonthsCounted, MonthTooShort, Paused, AskedTooLate, Moved)]
    sentences += [MonthsCounted.wording_for_one, *DayOff]
    values = dict.fromkeys(
        (
            "months",
            "start",
            "end",
            "day",
            "asked_on",
            "answered_on",
            "days",
            "latest",
            "landed",
            "reason",
            "to",
        ),
        "7",
    )
    for language in (Language.FI, Language.SV):
        for said in sentences:
            assert translate(language, said, **values) != said % values


@given(days)
def test_a_due_date_is_a_working_day_no_earlier_than_the_calendar_month(
    received: date,
) -> None:
    for holidays in (EVES_WORK, EVES_EXTEND):
        counted = clock(received, holidays=holidays)
        for due, months in ((counted.answer_by.on, 1), (counted.extended_by.on, 3)):
            assert day_off(due, holidays) is None
            assert due.weekday() < 5
            assert timedelta(0) <= due - add_months(received, months) <= timedelta(days=5)


@given(days)
def test_only_days_off_are_skipped(received: date) -> None:
    day, due = add_months(received, 1), clock(received).answer_by.on
    while day < due:
        assert day_off(day, EVES_WORK) is not None
        day += timedelta(days=1)


@given(days, days)
def test_who_comes_later_is_never_due_earlier(one: date, other: date) -> None:
    earlier, later = sorted((one, other))
    assert clock(earlier).answer_by.on <= clock(later).answer_by.on
    assert clock(earlier).extended_by.on <= clock(later).extended_by.on


@given(days)
def test_counting_the_eves_as_holidays_is_never_earlier(received: date) -> None:
    assert clock(received).answer_by.on <= clock(received, holidays=EVES_EXTEND).answer_by.on


@given(received_and_paused, st.booleans())
def test_a_pause_never_shortens_and_the_earlier_date_steers(case: tuple[date, Pause], extended: bool) -> None:
    received, paused = case
    counted = clock(received, paused=paused, extended=extended)
    plain = clock(received, extended=extended)
    assert counted.steering.on == plain.steering.on
    if counted.with_pause is not None:
        assert counted.with_pause.on >= counted.steering.on
        assert day_off(counted.with_pause.on, EVES_WORK) is None


@given(received_and_paused)
def test_a_longer_pause_is_never_due_earlier(case: tuple[date, Pause]) -> None:
    received, paused = case
    if paused.answered_on is not None:
        longer = Pause(paused.asked_on, paused.answered_on + timedelta(days=1))
        one, other = (
            clock(received, paused=paused).with_pause,
            clock(received, paused=longer).with_pause,
        )
        assert one is not None
        assert other is not None
        assert one.on <= other.on


@given(received_and_paused, st.booleans())
def test_counting_again_gives_the_same_answer_with_the_same_explanation(
    case: tuple[date, Pause], extended: bool
) -> None:
    received, paused = case
    assert clock(received, paused=paused, extended=extended) == clock(received, paused=paused, extended=extended)


@given(days)
def test_the_last_step_of_an_explanation_ends_on_the_due_date(received: date) -> None:
    due = clock(received).steering
    ends = [
        step.to if isinstance(step, Moved) else step.end
        for step in due.steps
        if isinstance(step, Moved | MonthsCounted)
    ]
    assert ends[-1] == due.on


@given(days, st.integers(1, 10))
def test_working_days_are_counted_without_the_day_itself(day: date, count: int) -> None:
    last = working_days_after(day, count, EVES_WORK)
    between = [day + timedelta(days=n) for n in range(1, (last - day).days + 1)]
    assert sum(day_off(each, EVES_WORK) is None for each in between) == count

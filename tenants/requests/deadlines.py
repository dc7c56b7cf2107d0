"""The legal clock: by when a request must be answered (Art. 12(3) GDPR, counted by Regulation 1182/71).

Pure functions of civil dates. Everything is counted from the day of receipt, never from a date that was moved
already, so that counting again always gives the same answer.
"""

from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import ClassVar

from msgspec import Struct

from tenants.errors import Invalid
from tenants.languages.speaking import HELSINKI, sentence
from tenants.requests.law import periods, working_days
from tenants.requests.law.periods import Rules
from tenants.requests.law.working_days import DayOff, HolidaySet


class Pause(Struct, frozen=True):
    """A question for identity information that was sent to the person, and the day its answer came, if it did."""

    asked_on: date
    answered_on: date | None = None


class MonthsCounted(Struct, frozen=True, tag=True):
    wording: ClassVar[str] = sentence("%(months)s months from %(start)s end on %(end)s.")
    wording_for_one: ClassVar[str] = sentence("One month from %(start)s ends on %(end)s.")
    start: date
    months: int
    end: date


class MonthTooShort(Struct, frozen=True, tag=True):
    wording: ClassVar[str] = sentence("That month has no day %(day)s: its last day counts.")
    day: int


class Paused(Struct, frozen=True, tag=True):
    wording: ClassVar[str] = sentence(
        "Identity information was asked for on %(asked_on)s and came on %(answered_on)s: days added %(days)s."
    )
    asked_on: date
    answered_on: date
    days: int


class AskedTooLate(Struct, frozen=True, tag=True):
    wording: ClassVar[str] = sentence(
        "Identity information was asked for on %(asked_on)s. A question after %(latest)s does not pause the period."
    )
    asked_on: date
    latest: date


class Moved(Struct, frozen=True, tag=True):
    wording: ClassVar[str] = sentence("%(landed)s is not a working day (%(reason)s). The next working day is %(to)s.")
    landed: date
    reason: DayOff
    to: date


Step = MonthsCounted | MonthTooShort | Paused | AskedTooLate | Moved


class DueDate(Struct, frozen=True):
    """The last day, until its last hour, and how it was counted, step by step."""

    on: date
    steps: tuple[Step, ...]


class Clock(Struct, frozen=True, kw_only=True):
    """All dates of one case. Those with the pause are None while the person's answer is awaited."""

    received_on: date
    answer_by: DueDate
    answer_by_with_pause: DueDate | None
    extended_by: DueDate
    extended_by_with_pause: DueDate | None
    extended: bool
    rule_version: str
    holiday_version: str
    escalate_on: tuple[date, ...]

    @property
    def steering(self) -> DueDate:
        """The date that the work is steered by: whether a pause counts is open in law, so it never helps us here."""
        return self.extended_by if self.extended else self.answer_by

    @property
    def with_pause(self) -> DueDate | None:
        return self.extended_by_with_pause if self.extended else self.answer_by_with_pause

    @property
    def extension_notice_by(self) -> date:
        """An extension must be told, with its reasons, within the first month."""
        return self.answer_by.on


class AskedBeforeReceipt(Invalid):
    """Nothing can be asked about a request before it was received."""


class AnsweredBeforeAsked(Invalid):
    """An answer cannot come before its question."""


def clock(
    received_on: date,
    *,
    paused: Pause | None = None,
    extended: bool = False,
    rules: Rules | None = None,
    holidays: HolidaySet | None = None,
) -> Clock:
    """The dates of a request that was received on this day, by the rules in force then unless others are named."""
    rules = rules or periods.in_force(received_on)
    holidays = holidays or working_days.holiday_set()
    _check(received_on, paused)
    extended_months = rules.answer.months + rules.extension.months
    answer_by = _due(received_on, rules.answer.months, None, rules, holidays)
    extended_by = _due(received_on, extended_months, None, rules, holidays)
    return Clock(
        received_on=received_on,
        answer_by=answer_by,
        answer_by_with_pause=_due_with_pause(received_on, rules.answer.months, paused, rules, holidays),
        extended_by=extended_by,
        extended_by_with_pause=_due_with_pause(received_on, extended_months, paused, rules, holidays),
        extended=extended,
        rule_version=rules.id,
        holiday_version=holidays.version,
        escalate_on=escalation_days((extended_by if extended else answer_by).on, rules),
    )


def received_on(at: datetime) -> date:
    """The civil date in Finland on which a request reached one of the controller's channels."""
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone has no civil date")
    return at.astimezone(HELSINKI).date()


def escalation_days(due: date, rules: Rules) -> tuple[date, ...]:
    """When staff are reminded, earliest first."""
    return tuple(sorted(due - timedelta(days=days) for days in rules.escalation.days_before))


def add_months(day: date, months: int) -> date:
    """The same date so many months later, or the last day of a month that is too short (Art. 3(2)(c) of 1182/71)."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _check(received: date, paused: Pause | None) -> None:
    if paused is None:
        return
    if paused.asked_on < received:
        raise AskedBeforeReceipt(field="asked_on")
    if paused.answered_on is not None and paused.answered_on < paused.asked_on:
        raise AnsweredBeforeAsked(field="answered_on")


def _due_with_pause(
    received: date,
    months: int,
    paused: Pause | None,
    rules: Rules,
    holidays: HolidaySet,
) -> DueDate | None:
    if (
        paused is not None
        and paused.answered_on is None
        and paused.asked_on <= _latest_question(received, rules, holidays)
    ):
        return None
    return _due(received, months, paused, rules, holidays)


def _due(
    received: date,
    months: int,
    paused: Pause | None,
    rules: Rules,
    holidays: HolidaySet,
) -> DueDate:
    raw = add_months(received, months)
    steps: list[Step] = [MonthsCounted(received, months, raw)]
    if raw.day < received.day:
        steps.append(MonthTooShort(received.day))
    pause = _pause_step(received, paused, rules, holidays)
    if pause is not None:
        steps.append(pause)
    landed = raw + timedelta(days=pause.days if isinstance(pause, Paused) else 0)
    due = working_days.working_day_from(landed, holidays)
    if reason := working_days.day_off(landed, holidays):
        steps.append(Moved(landed, reason, due))
    return DueDate(due, tuple(steps))


def _pause_step(
    received: date, paused: Pause | None, rules: Rules, holidays: HolidaySet
) -> Paused | AskedTooLate | None:
    if paused is None:
        return None
    latest = _latest_question(received, rules, holidays)
    if paused.asked_on > latest:
        return AskedTooLate(paused.asked_on, latest)
    if paused.answered_on is None:
        return None
    return Paused(paused.asked_on, paused.answered_on, (paused.answered_on - paused.asked_on).days)


def _latest_question(received: date, rules: Rules, holidays: HolidaySet) -> date:
    return working_days.working_days_after(received, rules.pause.asked_within_working_days, holidays)

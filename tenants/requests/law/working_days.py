"""Which days are no working days, and why."""

from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.metadata import version
from importlib.resources import files

import holidays
import msgspec
from msgspec import Struct

from tenants.languages.speaking import sentence


class DayOff(StrEnum):
    """Why a day is no working day. The value is the English name and the key of its translations."""

    SATURDAY = sentence("Saturday")
    SUNDAY = sentence("Sunday")
    NEW_YEARS_DAY = sentence("New Year's Day")
    EPIPHANY = sentence("Epiphany")
    GOOD_FRIDAY = sentence("Good Friday")
    EASTER_SUNDAY = sentence("Easter Sunday")
    EASTER_MONDAY = sentence("Easter Monday")
    MAY_DAY = sentence("May Day")
    ASCENSION_DAY = sentence("Ascension Day")
    PENTECOST = sentence("Pentecost")
    MIDSUMMER_EVE = sentence("Midsummer Eve")
    MIDSUMMER_DAY = sentence("Midsummer Day")
    ALL_SAINTS_DAY = sentence("All Saints' Day")
    INDEPENDENCE_DAY = sentence("Independence Day")
    CHRISTMAS_EVE = sentence("Christmas Eve")
    CHRISTMAS_DAY = sentence("Christmas Day")
    SECOND_DAY_OF_CHRISTMAS = sentence("Second Day of Christmas")


EVES = frozenset({DayOff.MIDSUMMER_EVE, DayOff.CHRISTMAS_EVE})
ONE_DAY = timedelta(days=1)


class HolidaySet(Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    country: str
    eves_extend: bool
    source: str
    ruling: str

    @property
    def version(self) -> str:
        return f"{self.id}+holidays-{_library_version()}"


def day_off(day: date, among: HolidaySet) -> DayOff | None:
    """Why the day is no working day; a holiday's own name goes before that of its weekday."""
    if holiday := _holidays(among, day.year).get(day):
        return holiday
    return {5: DayOff.SATURDAY, 6: DayOff.SUNDAY}.get(day.weekday())


def working_day_from(day: date, among: HolidaySet) -> date:
    """The day itself, or the next working day."""
    while day_off(day, among):
        day += ONE_DAY
    return day


def working_days_after(day: date, count: int, among: HolidaySet) -> date:
    """The last of the `count` working days that follow the day, which is not counted itself."""
    for _ in range(count):
        day = working_day_from(day + ONE_DAY, among)
    return day


def holiday_set(*, eves_extend: bool = False) -> HolidaySet:
    """The newest set with this ruling on the eves."""
    return [known for known in _every_holiday_set() if known.eves_extend == eves_extend][-1]


@cache
def _library_version() -> str:
    """Looked up on disk, which takes longer than all of the arithmetic."""
    return version("holidays")


@cache
def _every_holiday_set() -> tuple[HolidaySet, ...]:
    text = files(__package__).joinpath("holidays.yaml").read_bytes()
    return msgspec.yaml.decode(text, type=tuple[HolidaySet, ...])


@cache
def _holidays(among: HolidaySet, year: int) -> dict[date, DayOff]:
    published = holidays.country_holidays(among.country, years=year, language="en_US")
    named = {day: DayOff(name) for day, name in published.items()}
    return {day: name for day, name in named.items() if among.eves_extend or name not in EVES}

"""Between which countries data moves freely on a day, and which others the Commission has found adequate by then."""

from datetime import date
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

from tenants import law_sets


class Area(Struct, frozen=True, forbid_unknown_fields=True):
    """The European Economic Area from a day on."""

    id: str
    in_force_from: date
    countries: frozenset[str]
    source: str


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """One country's adequacy (Art. 45). `covers`: what it is limited to, which is to be shown of each recipient."""

    country: str
    in_force_from: date
    source: str
    until: date | None = None
    covers: str | None = None

    def holds(self, today: date) -> bool:
        return self.in_force_from <= today and (self.until is None or today <= self.until)


def area(today: date) -> Area:
    return law_sets.on_or_first(every_area(), today)


def decision(country: str, today: date) -> Decision | None:
    return next((one for one in every_decision() if one.country == country and one.holds(today)), None)


def adequate(today: date) -> tuple[str, ...]:
    """The countries with a decision that holds, whatever it covers."""
    return tuple(sorted({one.country for one in every_decision() if one.holds(today)}))


def partly(today: date) -> tuple[str, ...]:
    """Those of them whose decision does not cover every recipient."""
    return tuple(one for one in adequate(today) if (found := decision(one, today)) and found.covers)


@cache
def every_area() -> tuple[Area, ...]:
    """Oldest first. Raises ValueError."""
    return law_sets.read(__package__, "areas.yaml", Area)


@cache
def every_decision() -> tuple[Decision, ...]:
    text = files(__package__).joinpath("adequacy.yaml").read_bytes()
    return msgspec.yaml.decode(text, type=tuple[Decision, ...])

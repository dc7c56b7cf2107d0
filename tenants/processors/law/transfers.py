"""Between which countries data moves freely on a day, and which others the Commission has found adequate by then."""

from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise

import msgspec
from msgspec import Struct


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
    found = [one for one in every_area() if one.in_force_from <= today]
    return found[-1] if found else every_area()[0]


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
    """Oldest first."""
    found = msgspec.yaml.decode(_text("areas.yaml"), type=tuple[Area, ...])
    if any(later.in_force_from <= earlier.in_force_from for earlier, later in pairwise(found)):
        raise ValueError("areas.yaml: areas must be in the order in which they came into force")
    return found


@cache
def every_decision() -> tuple[Decision, ...]:
    return msgspec.yaml.decode(_text("adequacy.yaml"), type=tuple[Decision, ...])


def _text(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()

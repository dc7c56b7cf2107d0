"""After how many days a recipient that has not confirmed is reminded, and staff is told, by the day it was found."""

from datetime import date
from functools import cache

from msgspec import Struct

from tenants import law_sets


class Patience(Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    in_force_from: date
    reminded_after_days: tuple[int, ...]
    escalated_after_days: int
    source: str
    ruling: str


def on(day: date) -> Patience:
    """The set by which what was found on this day is pressed; before the first one, the first."""
    return law_sets.on_or_first(every_set(), day)


@cache
def every_set() -> tuple[Patience, ...]:
    """Oldest first. Raises ValueError."""
    return law_sets.read(__package__, "patience.yaml", Patience)

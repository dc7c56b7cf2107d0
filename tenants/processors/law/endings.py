"""How long after the end of an agreement the processor has to certify that the data is gone, by the day of the end."""

from datetime import date, timedelta
from functools import cache

from msgspec import Struct

from tenants import law_sets


class Ending(Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    in_force_from: date
    certified_within_days: int
    source: str
    ruling: str


def certified_by(ended_on: date) -> date:
    return ended_on + timedelta(days=in_force(ended_on).certified_within_days)


def in_force(ended_on: date) -> Ending:
    return law_sets.on_or_first(every_set(), ended_on)


@cache
def every_set() -> tuple[Ending, ...]:
    """Oldest first. Raises ValueError."""
    return law_sets.read(__package__, "endings.yaml", Ending)

"""How long after the end of an agreement the processor has to certify that the data is gone, by the day of the end."""

from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise

import msgspec
from msgspec import Struct


class Ending(Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    in_force_from: date
    certified_within_days: int
    source: str
    ruling: str


def certified_by(ended_on: date) -> date:
    return ended_on + timedelta(days=in_force(ended_on).certified_within_days)


def in_force(ended_on: date) -> Ending:
    found = [one for one in every_set() if one.in_force_from <= ended_on]
    return found[-1] if found else every_set()[0]


@cache
def every_set() -> tuple[Ending, ...]:
    """Oldest first. Raises ValueError."""
    text = files(__package__).joinpath("endings.yaml").read_bytes()
    sets = msgspec.yaml.decode(text, type=tuple[Ending, ...])
    if any(older.in_force_from >= newer.in_force_from for older, newer in pairwise(sets)):
        raise ValueError("endings.yaml: sets stand in the order in which they came into force")
    return sets

"""After how many days a recipient that has not confirmed is reminded, and staff is told, by the day it was found."""

from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise

import msgspec
from msgspec import Struct


class Patience(Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    in_force_from: date
    reminded_after_days: tuple[int, ...]
    escalated_after_days: int
    source: str
    ruling: str


def on(day: date) -> Patience:
    """The set by which what was found on this day is pressed; before the first one, the first."""
    sets = every_set()
    return next((one for one in reversed(sets) if one.in_force_from <= day), sets[0])


@cache
def every_set() -> tuple[Patience, ...]:
    """Oldest first. Raises ValueError."""
    text = files(__package__).joinpath("patience.yaml").read_bytes()
    sets = msgspec.yaml.decode(text, type=tuple[Patience, ...])
    if any(older.in_force_from >= newer.in_force_from for older, newer in pairwise(sets)):
        raise ValueError("patience.yaml: sets stand in the order in which they came into force")
    return sets

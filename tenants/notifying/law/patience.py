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


@cache
def every_set() -> tuple[Patience, ...]:
    """Oldest first. Raises ValueError."""
    text = files(__package__).joinpath("patience.yaml").read_bytes()
    sets = msgspec.yaml.decode(text, type=tuple[Patience, ...])
    if any(older.in_force_from >= newer.in_force_from for older, newer in pairwise(sets)):
        raise ValueError("patience.yaml: sets stand in the order in which they came into force")
    return sets

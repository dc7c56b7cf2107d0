"""The remedies that an answer must name, by the day it is given."""

from datetime import date
from functools import cache

from msgspec import Struct

from tenants import law_sets
from tenants.languages.speaking import Text


class Authority(Struct, frozen=True, forbid_unknown_fields=True):
    name: Text
    address: Text
    phone: str
    email: str
    web: str


class Remedies(Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    in_force_from: date
    authority: Authority
    complaint: Text
    court: Text
    sources: tuple[str, ...]


def in_force(on: date) -> Remedies:
    """The newest set that was in force on this day; the oldest one before it."""
    return law_sets.on_or_first(every_set(), on)


@cache
def every_set() -> tuple[Remedies, ...]:
    """Oldest first. Raises ValueError."""
    return law_sets.read(__package__, "remedies.yaml", Remedies)

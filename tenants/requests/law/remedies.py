"""The remedies that an answer must name, by the day it is given."""

from datetime import date
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

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
    sets = every_set()
    return next((each for each in reversed(sets) if each.in_force_from <= on), sets[0])


@cache
def every_set() -> tuple[Remedies, ...]:
    """Oldest first."""
    text = files(__package__).joinpath("remedies.yaml").read_bytes()
    return msgspec.yaml.decode(text, type=tuple[Remedies, ...])

"""By which provisions authorities ask, and what may leave by each, on a day."""

from datetime import date
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

from tenants.languages.speaking import Text


class Covered(Struct, frozen=True, forbid_unknown_fields=True):
    """`sealed`: also fields that are kept sealed. `persons`: so many at most."""

    sealed: bool
    persons: int


class Provision(Struct, frozen=True, forbid_unknown_fields=True):
    """`obliges`: the company must; otherwise it may. `conditions`: what the approver has to find in the request.
    `checked`: its words and its day were held against the published law; otherwise that is still to be done.
    """

    key: str
    in_force_from: date
    obliges: bool
    covers: Covered
    source: str
    name: Text
    conditions: Text
    until: date | None = None
    checked: bool = False

    def holds(self, today: date) -> bool:
        return self.in_force_from <= today and (self.until is None or today <= self.until)


# What nobody has written down here covers the least, until the officer has looked at it.
OWN_WORDS = Covered(sealed=False, persons=1)


def in_force(today: date) -> tuple[Provision, ...]:
    return tuple(one for one in every() if one.holds(today))


def provision(key: str | None) -> Provision | None:
    """The newest of this name, also one that is over."""
    return next((one for one in reversed(every()) if one.key == key), None)


@cache
def every() -> tuple[Provision, ...]:
    text = files(__package__).joinpath("provisions.yaml").read_text(encoding="utf-8")
    return msgspec.yaml.decode(text, type=tuple[Provision, ...])

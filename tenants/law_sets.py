"""Sets of what the law or its sources say, each of which holds from a day until the next one does."""

from collections.abc import Sequence
from datetime import date
from importlib.resources import files
from itertools import pairwise
from typing import Protocol, TypeVar

import msgspec


class Dated(Protocol):
    @property
    def in_force_from(self) -> date: ...


Set = TypeVar("Set", bound=Dated)


def read(package: str, name: str, kind: type[Set]) -> tuple[Set, ...]:
    """From a YAML file of this package, the oldest first. Raises ValueError where they do not stand in that order."""
    text = files(package).joinpath(name).read_bytes()
    sets: tuple[Set, ...] = msgspec.yaml.decode(text, type=tuple[kind, ...])  # type: ignore[valid-type]
    if any(later.in_force_from <= earlier.in_force_from for earlier, later in pairwise(sets)):
        raise ValueError(f"{name}: sets stand in the order in which they came into force")
    return sets


def on(sets: Sequence[Set], day: date) -> Set | None:
    """The one that is in force on a day; None before the first."""
    return next((one for one in reversed(sets) if one.in_force_from <= day), None)


def on_or_first(sets: Sequence[Set], day: date) -> Set:
    """As `on`; before the first one, the first."""
    return on(sets, day) or sets[0]

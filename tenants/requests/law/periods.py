"""Which periods the law gives, by the day a request was received."""

from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise

import msgspec
from msgspec import Struct

from tenants.errors import Invalid


class Months(Struct, frozen=True, forbid_unknown_fields=True):
    months: int
    source: str


class Counting(Struct, frozen=True, forbid_unknown_fields=True):
    source: str


class PauseRule(Struct, frozen=True, forbid_unknown_fields=True):
    asked_within_working_days: int
    source: str
    ruling: str


class Escalation(Struct, frozen=True, forbid_unknown_fields=True):
    days_before: tuple[int, ...]
    ruling: str


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    in_force_from: date
    answer: Months
    extension: Months
    counting: Counting
    pause: PauseRule
    escalation: Escalation


class BeforeTheRegulation(Invalid):
    """A request that was received before 25 May 2018 has no due date under the Regulation."""


def in_force(received_on: date) -> Rules:
    """The newest rule set that was in force when the request was received."""
    found = [rules for rules in every_rule_set() if rules.in_force_from <= received_on]
    if not found:
        raise BeforeTheRegulation(field="received_on")
    return found[-1]


@cache
def every_rule_set() -> tuple[Rules, ...]:
    """Oldest first."""
    text = files(__package__).joinpath("periods.yaml").read_bytes()
    sets = msgspec.yaml.decode(text, type=tuple[Rules, ...])
    if any(later.in_force_from <= earlier.in_force_from for earlier, later in pairwise(sets)):
        raise ValueError("periods.yaml: rule sets must be in the order in which they came into force")
    return sets

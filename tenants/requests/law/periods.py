"""Which periods the law gives, by the day a request was received."""

from datetime import date
from functools import cache

from msgspec import Struct

from tenants import law_sets
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
    found = law_sets.on(every_rule_set(), received_on)
    if found is None:
        raise BeforeTheRegulation(field="received_on")
    return found


@cache
def every_rule_set() -> tuple[Rules, ...]:
    """Oldest first. Raises ValueError."""
    return law_sets.read(__package__, "periods.yaml", Rules)

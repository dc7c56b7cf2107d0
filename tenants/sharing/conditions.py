"""Which records a policy is about: a small vocabulary of conditions, with `all` and `any` to join them.

A policy says fields and registers by their keys, as people wrote them. What it is compiled to says them by their ids,
which never change; in that form a condition is judged, by `judging.py` and, word for word the same, by the function
`share_meets` of the database.
"""

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Struct

from tenants.acting import PurposeKind

DEEPEST, MOST_PARTS, MOST_VALUES = 5, 20, 50

Plain = str | bool | int | float


class FieldIs(Struct, frozen=True, tag="field_is", forbid_unknown_fields=True):
    """The record's own field has one of these values."""

    field: str
    values: tuple[Plain, ...]


class HasRecord(Struct, frozen=True, tag="has_record", forbid_unknown_fields=True):
    """The person has a record in this register of the same company whose field has one of these values."""

    register: str
    field: str
    values: tuple[Plain, ...]


class Consented(Struct, frozen=True, tag="consented", forbid_unknown_fields=True):
    """The person's consent to this kind of purpose is in force."""

    kind: PurposeKind


class NotObjected(Struct, frozen=True, tag="not_objected", forbid_unknown_fields=True):
    """The person has not objected to this kind of purpose. For the policy's own kind this holds unsaid."""

    kind: PurposeKind


class All(Struct, frozen=True, tag="all", forbid_unknown_fields=True):
    of: tuple["Condition", ...]


class Any(Struct, frozen=True, tag="any", forbid_unknown_fields=True):
    of: tuple["Condition", ...]


Condition = FieldIs | HasRecord | Consented | NotObjected | All | Any


def parts(condition: Condition | None) -> Iterator[Condition]:
    """The condition and all that is in it, from the outside in."""
    if condition is not None:
        yield condition
    if isinstance(condition, All | Any):
        for part in condition.of:
            yield from parts(part)


def depth(condition: Condition | None) -> int:
    if isinstance(condition, All | Any):
        return 1 + max((depth(part) for part in condition.of), default=0)
    return 0 if condition is None else 1


def by_ids(
    condition: Condition, own: Mapping[str, str], registers: Mapping[str, tuple[str, Mapping[str, str]]]
) -> Condition:
    """`own` are the field ids of the shared register by key, `registers` the id and field ids of each register."""
    match condition:
        case FieldIs(field, values):
            return FieldIs(own[field], values)
        case HasRecord(register, field, values):
            register_id, fields = registers[register]
            return HasRecord(register_id, fields[field], values)
        case All(of):
            return All(tuple(by_ids(part, own, registers) for part in of))
        case Any(of):
            return Any(tuple(by_ids(part, own, registers) for part in of))
        case _:
            return condition


def encoded(condition: Condition | None) -> str | None:
    """As `share_meets` takes it."""
    return None if condition is None else msgspec.json.encode(condition).decode()

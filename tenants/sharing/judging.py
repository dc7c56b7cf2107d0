"""The rules of sharing in Python, so that a verdict can be explained. The door keeps the same ones; a test compares."""

from collections.abc import Collection, Mapping
from uuid import UUID

from msgspec import Struct

from tenants.acting import PurposeKind
from tenants.sharing.conditions import All, Any, Condition, Consented, FieldIs, HasRecord, NotObjected, Plain


class Record(Struct, frozen=True, kw_only=True):
    """`data` by field id, as it is kept."""

    record_id: UUID
    register_id: UUID
    restricted: bool
    data: Mapping[str, object]


class Person(Struct, frozen=True, kw_only=True):
    """What the rules ask about somebody."""

    restricted: bool
    objected: Collection[PurposeKind]
    consented: Collection[PurposeKind]
    records: tuple[Record, ...]


def failing(condition: Condition, person: Person, record: Record) -> Condition | None:
    """The first part that does not hold, as deep as it is a single one; None where the condition holds."""
    match condition:
        case FieldIs(field, values):
            holds = _among(record.data.get(field), values)
        case HasRecord(register, field, values):
            holds = any(
                _among(other.data.get(field), values)
                for other in person.records
                if not other.restricted and str(other.register_id) == register
            )
        case Consented(kind):
            holds = kind in person.consented
        case NotObjected(kind):
            holds = kind not in person.objected
        case All(of):
            return next((found for part in of if (found := failing(part, person, record))), None)
        case Any(of):
            holds = any(failing(part, person, record) is None for part in of)
    return None if holds else condition


def _among(value: object, values: Collection[Plain]) -> bool:
    """As JSON compares: true is not 1, and 1 is 1.0."""
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in values)

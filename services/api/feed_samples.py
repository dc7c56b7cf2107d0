"""A line of a feed as its scope would give it, made up: for whoever builds on it, and whoever approves it."""

from collections.abc import Mapping, Sequence

import msgspec

from tenants.feeds.model import FeedScope
from tenants.registers.model import FieldType
from tenants.sharing.conditions import Condition, FieldIs, Plain, parts
from tenants.sharing.naming import Names

RECORD, PERSON = "01978e1c-7b3a-7c41-9a52-0d6f6c1b2a34", "01978e1c-7b3a-7c41-9a52-0d6f6c1b2a35"
MADE_UP: Mapping[FieldType, Plain] = {
    FieldType.TEXT: "Esimerkki",
    FieldType.EMAIL: "esimerkki@esimerkki.example",
    FieldType.PHONE: "+358 50 000 0000",
    FieldType.DATE: "2026-03-05",
    FieldType.NUMBER: 42,
    FieldType.BOOLEAN: True,
    # Of the range that is given to nobody.
    FieldType.HETU: "010190-900P",
    FieldType.IBAN: "FI00 0000 0000 0000 00",
    FieldType.BUSINESS_ID: "0000000-0",
    FieldType.POSTAL_CODE: "00100",
}


def lines(scope: FeedScope, names: Names) -> str:
    """An `upsert` and a `tombstone`, as JSON for people. No value in them is anybody's."""
    upsert = {
        "op": "upsert",
        "record_id": RECORD,
        "person_id": PERSON,
        "updated_at": "2026-03-05T10:00:00Z",
        "data": _data(scope, names),
    }
    tombstone = {"op": "tombstone", "record_id": RECORD, "person_id": PERSON, "reason": "objected"}
    shown = (msgspec.json.format(msgspec.json.encode(one), indent=2).decode() for one in (upsert, tombstone))
    return "\n".join(shown)


def _data(scope: FeedScope, names: Names) -> dict[str, Plain]:
    """In the order of the register's fields; what the condition wants of a field is what it has."""
    wanted = _wanted(scope.condition)
    given = {*scope.fields, *scope.sealed_fields}
    fields = [one for one in names.fields_of(scope.register_id) if one.key in given]
    return {one.key: wanted[one.key][0] if wanted.get(one.key) else MADE_UP[one.type] for one in fields}


def _wanted(condition: Condition | None) -> dict[str, Sequence[Plain]]:
    return {part.field: part.values for part in parts(condition) if isinstance(part, FieldIs)}

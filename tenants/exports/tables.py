"""The records of one register as JSON, as CSV, and the JSON Schema that describes them.

In CSV (RFC 4180, UTF-8, commas) a text that a spreadsheet would take for a formula is made harmless (formulas.py); the
JSON file has every value as it is. Columns that begin with `_` are ours, not the register's: no field's key does.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from io import StringIO
from uuid import UUID, uuid5

import msgspec
from msgspec import UNSET, Struct, UnsetType

from tenants.exports.declared import Field, Register
from tenants.exports.dossier import Part
from tenants.exports.formulas import in_csv
from tenants.exports.paging import HeldRecord
from tenants.languages.speaking import Language
from tenants.registers.model import FieldType, Provenance
from tenants.registers.values import Value

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PIECE = 64 * 1024


class Origin(Struct, frozen=True, omit_defaults=True):
    """Whence and when a value came, and which version of the notice was in force then."""

    source: str
    at: datetime
    notice: int | None = None


class ToldProvenance(Struct, frozen=True, omit_defaults=True):
    """`fields` names those whose values came from elsewhere or at another time."""

    source: str
    at: datetime
    notice: int | None = None
    fields: dict[str, Origin] = {}


class ToldRecord(Struct, frozen=True):
    """A record as the JSON file tells it. Art. 20 covers its data only; Art. 15 also what is known about the data."""

    record_id: UUID
    data: dict[str, Value]
    provenance: ToldProvenance | UnsetType = UNSET
    restricted: bool | UnsetType = UNSET
    created_at: datetime | UnsetType = UNSET
    updated_at: datetime | UnsetType = UNSET


class Table(Struct, frozen=True):
    """What one part of the archive tells of one register."""

    part: Part
    register: Register
    fields: tuple[Field, ...]
    schema_id: str
    schema: bytes

    @property
    def keys(self) -> dict[str, str]:
        """Field keys by field id."""
        return {field.field_id: field.key for field in self.fields}


@lru_cache(maxsize=1024)
def table(part: Part, register: Register, fields: tuple[Field, ...], language: Language) -> Table:
    document = _schema(part, register, fields, language)
    # Named by its content: the same fields in the same words have the same id in every archive.
    schema_id = f"urn:uuid:{uuid5(register.register_id, _ENCODER.encode(document).decode())}"
    told = {"$schema": DIALECT, "$id": schema_id, **document}
    return Table(part, register, fields, schema_id, msgspec.json.format(_ENCODER.encode(told), indent=2))


def json_file(table: Table, records: Iterable[HeldRecord]) -> Iterator[bytes]:
    """One record a line."""
    keys = table.keys
    head = {"schema": table.schema_id, "register": table.register.key}
    yield _ENCODER.encode(head)[:-1] + b',"records":['
    separator = b"\n"
    lines: list[bytes] = []
    held = 0
    for record in records:
        line = _ENCODER.encode(_told(table.part, keys, record))
        lines.append(separator + line)
        separator = b",\n"
        held += len(line)
        if held > PIECE:
            yield b"".join(lines)
            lines, held = [], 0
    yield b"".join(lines) + b"\n]}\n"


def csv_file(table: Table, records: Iterable[HeldRecord]) -> Iterator[bytes]:
    keys = table.keys
    about = table.part is Part.ACCESS
    text = StringIO()
    rows = csv.writer(text)
    rows.writerow(["_record_id", *keys.values(), *(_ABOUT if about else ())])
    for record in records:
        cells = [in_csv(record.values.get(field)) for field in keys]
        rows.writerow([record.record_id, *cells, *(_about(record) if about else ())])
        if text.tell() > PIECE:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _told(part: Part, keys: Mapping[str, str], record: HeldRecord) -> ToldRecord:
    data = {keys[field]: value for field, value in record.values.items() if field in keys}
    if part is Part.PORTABILITY:
        return ToldRecord(record.record_id, data)
    return ToldRecord(
        record.record_id,
        data,
        _told_provenance(keys, record.provenance),
        record.restricted,
        record.created_at,
        record.updated_at,
    )


def _told_provenance(keys: Mapping[str, str], provenance: Provenance) -> ToldProvenance:
    return ToldProvenance(
        provenance.source,
        provenance.at,
        provenance.notice,
        {keys[field]: Origin(of.source, of.at, of.notice) for field, of in provenance.values.items() if field in keys},
    )


_ABOUT = ("_source", "_source_at", "_restricted", "_created_at", "_updated_at")


def _about(record: HeldRecord) -> tuple[str, ...]:
    return (
        in_csv(record.provenance.source),
        record.provenance.at.isoformat(),
        in_csv(record.restricted),
        record.created_at.isoformat(),
        record.updated_at.isoformat(),
    )


def _schema(part: Part, register: Register, fields: tuple[Field, ...], language: Language) -> dict[str, object]:
    record: dict[str, object] = {
        "record_id": {"type": "string", "format": "uuid"},
        "data": {
            "type": "object",
            "properties": {field.key: _field_schema(field, language) for field in fields},
            "additionalProperties": False,
        },
    }
    if part is Part.ACCESS:
        record |= _ABOUT_SCHEMA
    return {
        "title": register.name.in_(language),
        "type": "object",
        "properties": {
            "schema": {"type": "string"},
            "register": {"const": register.key},
            "records": {"type": "array", "items": _closed(record)},
        },
        "required": ["schema", "register", "records"],
        "additionalProperties": False,
    }


def _closed(properties: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _field_schema(field: Field, language: Language) -> dict[str, object]:
    return {
        "title": field.label.in_(language),
        "description": field.category.in_(language),
        "x-origin": field.origin,
        **_TYPES[field.type],
    }


_TYPES: Mapping[FieldType, Mapping[str, object]] = {
    FieldType.TEXT: {"type": "string"},
    FieldType.EMAIL: {"type": "string", "format": "idn-email"},
    FieldType.PHONE: {"type": "string", "pattern": "^\\+[0-9]{4,15}$"},
    FieldType.DATE: {"type": "string", "format": "date"},
    FieldType.NUMBER: {"type": "number"},
    FieldType.BOOLEAN: {"type": "boolean"},
    FieldType.HETU: {"type": "string"},
    FieldType.IBAN: {"type": "string"},
    FieldType.BUSINESS_ID: {"type": "string", "pattern": "^[0-9]{7}-[0-9]$"},
    FieldType.POSTAL_CODE: {"type": "string", "pattern": "^[0-9]{5}$"},
}

_MOMENT = {"type": "string", "format": "date-time"}
_SOURCE = {"source": {"type": "string"}, "at": _MOMENT}
_NOTICE = {"notice": {"type": "integer"}}
_ABOUT_SCHEMA: dict[str, object] = {
    "provenance": {
        "type": "object",
        "properties": {
            **_SOURCE,
            **_NOTICE,
            "fields": {
                "type": "object",
                "additionalProperties": {**_closed({**_SOURCE}), "properties": {**_SOURCE, **_NOTICE}},
            },
        },
        "required": ["source", "at"],
        "additionalProperties": False,
    },
    "restricted": {"type": "boolean"},
    "created_at": _MOMENT,
    "updated_at": _MOMENT,
}

# Decimals as the numbers that they are: nothing is rounded on the way out.
_ENCODER = msgspec.json.Encoder(decimal_format="number")

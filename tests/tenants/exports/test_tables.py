import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.exports.declared import Field, Register
from tenants.exports.dossier import Part
from tenants.exports.paging import HeldRecord
from tenants.exports.tables import Table, csv_file, json_file, table
from tenants.languages.speaking import Language, Text
from tenants.registers.model import FieldType, IdentityLevel, Origin, Provenance
from tenants.registers.values import Value

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
REGISTER = Register(
    register_id=UUID(int=1),
    key="orders",
    name=Text(fi="Tilausrekisteri", sv="Beställningsregister"),
    identity_level=IdentityLevel.L1,
    retention=None,
    sources=[],
    source_keys=[],
    recipients=[],
    position=1,
    retired_at=None,
)


def field(key: str, kind: FieldType = FieldType.TEXT) -> Field:
    return Field(
        field_id=f"id of {key}",
        register_id=REGISTER.register_id,
        key=key,
        label=Text(fi=key),
        category=Text(fi="Tilaukset"),
        type=kind,
        origin=Origin.PROVIDED,
        sealed=False,
        rule=None,
        purposes=[],
        position=1,
    )


def orders(*fields: Field, part: Part = Part.ACCESS) -> Table:
    return table(part, REGISTER, fields, Language.FI)


def record(values: dict[str, Value], provenance: Provenance | None = None) -> HeldRecord:
    return HeldRecord(
        record_id=UUID(int=7),
        values={f"id of {key}": value for key, value in values.items()},
        provenance=provenance or Provenance(source="CRM", at=NOW),
        restricted=False,
        created_at=NOW,
        updated_at=NOW,
    )


def rows(told: Table, *records: HeldRecord) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(csv_file(told, records)).decode(), newline="")))


def document(told: Table, *records: HeldRecord) -> Any:
    return msgspec.json.decode(b"".join(json_file(told, records)))


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_whatever_a_spreadsheet_would_calculate_gets_an_apostrophe(beginning: str) -> None:
    formula = f"{beginning}1+1"
    (row,) = rows(orders(field("note")), record({"note": formula}, Provenance(source=formula, at=NOW)))
    assert (row["note"], row["_source"]) == (f"'{formula}", f"'{formula}")


@given(st.text())
def test_any_text_survives_csv_but_for_apostrophes(text: str) -> None:
    (row,) = rows(orders(field("note")), record({"note": text}))
    assert row["note"].replace("'", "") == text.replace("'", "")


@given(st.text())
def test_any_text_survives_json_unchanged(text: str) -> None:
    (told,) = document(orders(field("note")), record({"note": text}))["records"]
    assert told["data"] == {"note": text}


def test_numbers_are_neither_rounded_nor_taken_for_formulas() -> None:
    exact = orders(field("sum", FieldType.NUMBER), field("paid", FieldType.BOOLEAN), field("count", FieldType.NUMBER))
    held = record({"sum": Decimal("-12345678901234567.10"), "paid": True, "count": 3})
    assert b'"sum":-12345678901234567.10,"paid":true,"count":3' in b"".join(json_file(exact, [held]))
    (row,) = rows(exact, held)
    assert (row["sum"], row["paid"], row["count"]) == ("-12345678901234567.10", "true", "3")


def test_a_missing_value_is_left_out_of_json_and_empty_in_csv() -> None:
    told = orders(field("note"), field("day", FieldType.DATE))
    held = record({"day": "2026-01-02"})
    assert document(told, held)["records"][0]["data"] == {"day": "2026-01-02"}
    assert rows(told, held)[0]["note"] == ""


def test_a_value_that_came_from_elsewhere_says_so() -> None:
    elsewhere = Provenance(source="Asiakas itse", at=NOW)
    held = record({"note": "x"}, Provenance(source="CRM", at=NOW, values={"id of note": elsewhere}))
    (told,) = document(orders(field("note")), held)["records"]
    assert told["provenance"]["fields"] == {"note": {"source": "Asiakas itse", "at": "2026-11-22T12:00:00Z"}}


def test_a_schema_is_named_by_its_content() -> None:
    same, again, other = orders(field("note")), orders(field("note")), orders(field("note"), field("day"))
    assert same.schema_id == again.schema_id != other.schema_id
    assert orders(field("note"), part=Part.PORTABILITY).schema_id != same.schema_id


def test_files_of_many_records_come_in_pieces() -> None:
    told, held = orders(field("note")), record({"note": "x" * 1000})
    for made in (json_file(told, [held] * 500), csv_file(told, [held] * 500)):
        pieces = list(made)
        assert len(pieces) > 3
        assert max(map(len, pieces)) < 100_000
    assert len(document(told, *[held] * 500)["records"]) == 500

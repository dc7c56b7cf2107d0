"""What a person finds in their archive."""

import csv
import hashlib
import io
import json
from base64 import b64decode
from datetime import datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tenants.acting import visitor
from tenants.database import walled_session
from tenants.exports import paging
from tenants.exports.dossier import Part
from tenants.exports.model import Export
from tenants.languages.speaking import Language
from tenants.registers.model import Cardinality, IdentityLevel, LegalBasis
from tenants.vault import objects
from tenants.vault.signing import Use, is_genuine, public_keys
from tests import make
from tests.make import MadeCompany
from tests.tenants.exports.people import (
    AINO,
    BEATA,
    LAST_YEAR,
    SOURCE,
    Customer,
    built,
    new_customer,
    unpacked,
    write,
    write_many,
)


def read_json(content: bytes) -> Any:
    return json.loads(content)


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_aino_finds_all_that_is_held_of_her_and_nothing_of_beata(aino: Customer) -> None:
    files = unpacked(aino, built(aino))
    told = read_json(files["data/alfa/customers.json"])
    assert [record["data"] for record in told["records"]] == [AINO]
    everything = b"".join(files.values()).decode(errors="replace")
    assert not [value for value in BEATA.values() if value in everything]


def test_the_archive_has_the_promised_files_and_the_manifest_last(aino: Customer) -> None:
    assert list(unpacked(aino, built(aino))) == [
        "index.html",
        "data/alfa/customers.json",
        "data/alfa/customers.csv",
        "schema/alfa/customers.schema.json",
        "manifest.json",
        "manifest.sig",
    ]


def test_a_source_and_its_time_are_told_with_the_offset_that_they_came_with(aino: Customer) -> None:
    (record,) = read_json(unpacked(aino, built(aino))["data/alfa/customers.json"])["records"]
    assert record["provenance"] == {"source": SOURCE, "at": LAST_YEAR.isoformat()}
    for moment in (record["created_at"], record["updated_at"]):
        assert datetime.fromisoformat(moment).utcoffset() is not None


def test_a_spreadsheet_finds_no_formula_and_json_has_the_value_as_it_is(aino: Customer) -> None:
    files = unpacked(aino, built(aino))
    (row,) = read_csv(files["data/alfa/customers.csv"])
    assert row["segment"] == "'" + AINO["segment"]
    assert {key: row[key] for key in ("name", "email", "iban")} == {key: AINO[key] for key in ("name", "email", "iban")}
    assert datetime.fromisoformat(row["_source_at"]) == LAST_YEAR


def test_every_file_is_listed_with_its_checksum(aino: Customer) -> None:
    files = unpacked(aino, built(aino, Part.ACCESS, Part.PORTABILITY))
    listed = {file["path"]: file for file in read_json(files["manifest.json"])["files"]}
    assert set(listed) == set(files) - {"manifest.json", "manifest.sig"}
    for path, file in listed.items():
        assert (file["size"], file["sha256"]) == (len(files[path]), hashlib.sha256(files[path]).hexdigest())


def test_anybody_can_check_that_the_group_signed_the_manifest(aino: Customer) -> None:
    files = unpacked(aino, built(aino))
    with walled_session(visitor(aino.company.group.group_id)) as session:
        published = {str(key.key_id): key.public for key in public_keys(session, Use.ARCHIVE)}
    signed_by = read_json(files["manifest.json"])["signature"]
    public = published[signed_by["key_id"]]
    assert b64decode(signed_by["public_key"]) == public
    assert is_genuine(public, files["manifest.sig"], files["manifest.json"])
    assert not is_genuine(public, files["manifest.sig"], files["manifest.json"].replace(b"Alfa", b"Beta"))


@pytest.mark.parametrize("parts", [(Part.ACCESS,), (Part.PORTABILITY,), (Part.ACCESS, Part.PORTABILITY)])
def test_every_data_file_is_what_its_schema_says(aino: Customer, parts: tuple[Part, ...]) -> None:
    files = unpacked(aino, built(aino, *parts))
    schemas = {
        (schema := read_json(content))["$id"]: schema
        for path, content in files.items()
        if path.endswith(".schema.json")
    }
    checked = 0
    for path, content in files.items():
        if "data/" in path and path.endswith(".json"):
            told = read_json(content)
            validator = Draft202012Validator(
                schemas[told["schema"]], format_checker=Draft202012Validator.FORMAT_CHECKER
            )
            validator.check_schema(schemas[told["schema"]])
            validator.validate(told)
            broken = {**told, "records": [{**told["records"][0], "data": {"unknown": 1}}]}
            assert list(validator.iter_errors(broken))
            checked += 1
    assert checked == len(schemas) == len(parts)


def test_data_to_take_along_is_what_was_provided_on_a_contract(aino: Customer) -> None:
    files = unpacked(aino, built(aino, Part.PORTABILITY))
    provided = {key: value for key, value in AINO.items() if key != "segment"}
    (record,) = read_json(files["data/alfa/customers.json"])["records"]
    assert set(record) == {"record_id", "data"}
    assert record["data"] == provided
    assert "segment" not in read_csv(files["data/alfa/customers.csv"])[0]
    assert read_json(files["manifest.json"])["registers"][0]["not_portable"] == ["segment"]
    assert "index.html" not in files


@pytest.mark.parametrize("basis", [None, *LegalBasis])
def test_only_consent_and_contract_let_data_be_taken_along(alfa: MadeCompany, basis: LegalBasis | None) -> None:
    beata = new_customer(alfa)
    write(beata, make.register(alfa, basis=basis), BEATA)
    files = unpacked(beata, built(beata, Part.PORTABILITY))
    taken = "data/alfa/customers.json" in files
    assert taken == (basis in {LegalBasis.CONSENT, LegalBasis.CONTRACT})


def test_both_rights_at_once_have_a_part_each(aino: Customer) -> None:
    files = unpacked(aino, built(aino, Part.PORTABILITY, Part.ACCESS))
    assert read_json(files["manifest.json"])["answers"] == ["GDPR Art. 15", "GDPR Art. 20"]
    access, portability = (
        read_json(files[f"{part}/data/alfa/customers.json"])["records"][0]["data"] for part in ("access", "portability")
    )
    assert set(access) - set(portability) == {"segment"}
    page = files["index.html"].decode()
    assert all(f"<dt>{folder}" in page for folder in ("access/data/", "access/schema/", "portability/"))


def test_a_register_that_asks_for_a_surer_identity_is_named_and_not_opened(aino: Customer, alfa: MadeCompany) -> None:
    credit = make.register(alfa, "credit", level=IdentityLevel.L3)
    write(aino, credit, {**AINO, "segment": "maksukyky heikko"})
    export = built(aino, level=IdentityLevel.L1)
    files = unpacked(aino, export)
    assert not [path for path in files if "credit" in path]
    (withheld,) = read_json(files["manifest.json"])["withheld"]
    assert (withheld["key"], withheld["needs"], withheld["known"]) == ("credit", "L3", "L1")
    assert "maksukyky heikko" not in b"".join(files.values()).decode(errors="replace")
    assert "vahva sähköinen tunnistaminen" in files["index.html"].decode()
    assert export.evidence is not None
    assert export.evidence.withheld == 1


def test_what_is_withheld_is_told_alike_whether_the_person_is_in_it_or_not(alfa: MadeCompany) -> None:
    customers, credit = make.register(alfa), make.register(alfa, "credit", level=IdentityLevel.L3)
    in_it, not_in_it = new_customer(alfa), new_customer(alfa)
    for customer in (in_it, not_in_it):
        write(customer, customers, BEATA)
    write(in_it, credit, BEATA)
    told = [read_json(unpacked(customer, built(customer))["manifest.json"]) for customer in (in_it, not_in_it)]
    assert told[0]["withheld"] == told[1]["withheld"]
    assert told[0]["registers"] == told[1]["registers"]


def test_somebody_known_surely_enough_finds_that_register_too(aino: Customer, alfa: MadeCompany) -> None:
    write(aino, make.register(alfa, "credit", level=IdentityLevel.L3), AINO)
    assert "data/alfa/credit.json" in unpacked(aino, built(aino, level=IdentityLevel.L3))


def test_a_register_that_holds_nothing_is_told_and_has_no_file(aino: Customer, alfa: MadeCompany) -> None:
    make.register(alfa, "orders")
    files = unpacked(aino, built(aino))
    assert not [path for path in files if "orders" in path]
    told = {register["key"]: register["records"] for register in read_json(files["manifest.json"])["registers"]}
    assert told == {"customers": 1, "orders": 0}


# (a) to (h), in the words of the law.
ARTICLE_15 = {
    Language.FI: (
        "Käsittelyn tarkoitukset ja oikeusperusteet",
        "Henkilötietoryhmät",
        "Vastaanottajat",
        "Säilytysaika",
        "Oikeudet",
        "Valitus",
        "Tietolähteet",
        "Automatisoidut päätökset",
    ),
    Language.SV: (
        "Ändamål med behandlingen och rättslig grund",
        "Kategorier av personuppgifter",
        "Mottagare",
        "Lagringstid",
        "Rättigheter",
        "Klagomål",
        "Informationskällor",
        "Automatiserade beslut",
    ),
    Language.EN: (
        "Purposes and legal bases",
        "Categories of data",
        "Recipients",
        "Retention period",
        "Rights",
        "Complaint",
        "Sources",
        "Automated decisions",
    ),
}


@pytest.mark.parametrize("language", Language)
def test_the_page_tells_what_article_15_asks_in_the_language_of_the_request(aino: Customer, language: Language) -> None:
    page = unpacked(aino, built(aino, language=language))["index.html"].decode()
    assert f'<html lang="{language}">' in page
    assert [words for words in ARTICLE_15[language] if words not in page] == []
    assert AINO["email"] in page
    assert AINO["iban"] in page
    assert SOURCE in page


def test_the_page_needs_no_network_and_runs_nothing(aino: Customer) -> None:
    page = unpacked(aino, built(aino))["index.html"].decode()
    assert "<b>Ääkkönen</b>" not in page
    assert "&lt;b&gt;Ääkkönen&lt;/b&gt;" in page
    assert [word for word in ("<script", "<link", "src=", "url(", "@import") if word in page] == []


def test_the_archive_lies_in_the_store_as_noise_under_a_name_that_says_nothing(aino: Customer) -> None:
    export = built(aino)
    assert export.object_key is not None
    sealed = b"".join(objects.get(export.object_key))
    for known in (b"PK\x03\x04", b"index.html", b"manifest", AINO["email"].encode()):
        assert known not in sealed
    group, folder, *ids = export.object_key.split("/")
    assert (group, folder) == (str(export.group_id), "exports")
    assert ids[0] == str(export.export_id)
    assert len("".join(ids)) == 72


def test_many_records_are_read_page_by_page_and_none_is_lost_or_doubled(
    alfa: MadeCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    beata = new_customer(alfa)
    registers = [make.register(alfa, key, cardinality=Cardinality.MANY) for key in ("orders", "visits")]
    for register in registers:
        write_many(beata, register, [{**BEATA, "customer_number": f"{register.register_id}-{n}"} for n in range(7)])
    at_once = unpacked(beata, built(beata, Part.ACCESS, Part.PORTABILITY))
    monkeypatch.setattr(paging, "PAGE", 3)
    paged = unpacked(beata, built(beata, Part.ACCESS, Part.PORTABILITY))
    data = [path for path in at_once if "data/" in path]
    assert len(data) == 8
    assert {path: paged[path] for path in data} == {path: at_once[path] for path in data}
    for path in data:
        rows = read_json(paged[path])["records"] if path.endswith("json") else read_csv(paged[path])
        assert len(rows) == 7
    assert read_json(paged["manifest.json"])["registers"] == read_json(at_once["manifest.json"])["registers"]


def test_the_evidence_counts_and_names_nobody(aino: Customer) -> None:
    export: Export = built(aino)
    files = unpacked(aino, export)
    assert export.evidence is not None
    assert (export.evidence.files, export.evidence.records, export.evidence.registers) == (len(files), 1, 1)
    assert export.evidence.manifest_sha256 == hashlib.sha256(files["manifest.json"]).hexdigest()

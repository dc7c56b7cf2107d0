"""An example of every request and answer in the OpenAPI document, made of the examples of its fields.

What a field says of itself (`Meta(examples=…)`) comes first, then the words below by the field's name, then what its
type says. A text of which nothing says what it looks like is an error, so that none is left out by mistake.
"""

from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any

from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin

# JSON, as the document is made of it.
Schema = dict[str, Any]

OURS = "/api/v1/"
METHODS = ("get", "post", "put", "patch", "delete")
UUID = "01978e1c-7b3a-7c41-9a52-0d6f6c1b2a34"
LABEL = {"fi": "Asiakasrekisteri", "sv": "Kundregister", "en": "Customer register"}
ROW = {"customer_number": "100042", "first_name": "Aino", "email": "aino@esimerkki.example"}
FIELD_LABEL = {"fi": "Asiakasnumero", "sv": "Kundnummer", "en": "Customer number"}
SHA256 = "ab" * 32
MADE_ON = "2026-03-05T10:00:00+02:00"
FORMATS = {"uuid": UUID, "date": "2026-03-05", "date-time": MADE_ON, "duration": "P7D"}

PARTS = {
    "register": {
        "key": "events",
        "kept_by": ["kinkerips"],
        "name": {"fi": "Tapahtumat", "sv": "Evenemang", "en": "Events"},
        "retention": {"text": {"fi": "Vuosi", "sv": "Ett år", "en": "A year"}, "months": 12},
        "sources": ["person"],
        "fields": [
            {
                "key": "customer_number",
                "label": FIELD_LABEL,
                "category": "contact",
                "origin": "observed",
                "identifier": "customer_number",
                "required": True,
                "record_key": True,
            }
        ],
    },
    "purposes": [
        {
            "key": "events",
            "kind": "customer_care",
            "basis": "contract",
            "label": {"fi": "Ilmoittautumiset", "sv": "Anmälningar", "en": "Registrations"},
            "data": [{"register": "events"}],
        }
    ],
    "categories": [{"key": "contact", "label": {"fi": "Yhteystiedot", "sv": "Kontaktuppgifter", "en": "Contact"}}],
    "sources": [{"key": "person", "text": {"fi": "Henkilö itse", "sv": "Personen själv", "en": "The person"}}],
}
LINKED = {
    "@context": ["http://www.w3.org/ns/odrl.jsonld", {"dct": "http://purl.org/dc/terms/"}],
    "@graph": [{"@type": "Agreement", "uid": f"urn:uuid:{UUID}", "dct:hasVersion": 1}],
}
# Whole things, by the names of their schemas.
THINGS: Mapping[str, object] = {
    "Parts": PARTS,
    "Linked": LINKED,
    "Text": LABEL,
    "All": {"type": "all", "of": [{"type": "field_is", "field": "segment", "values": ["A"]}]},
    "Any": {"type": "any", "of": [{"type": "field_is", "field": "segment", "values": ["A"]}]},
}
# What fields look like, by their names; those of one schema as `Schema.field`.
FIELDS: Mapping[str, object] = {
    "about": "person",
    "action": "record.corrected",
    "after": "Esimerkki",
    "at_once_because": None,
    "balancing": "Asiakkaat odottavat samaa palvelua kaikista yhtiöistä.",
    "becomes": "Yhteystiedot: Asiakasnumero, Sähköpostiosoite",
    "before": "Esimerki",
    "ChangeOfRegister.was": 12,
    "ChangeOfRegister.becomes": 24,
    "breaks": ["The notice in force does not name this purpose for the register."],
    "business_id": "9000001-1",
    "by": "Maija Malli",
    "clashes": ["register.retention.months"],
    "columns": ["customer_number", "first_name", None],
    "company": "Kinkerips Oy",
    "counted": ["Received on 5 March 2026; one month is over on 7 April 2026."],
    "CompanyFigures.open_cases": {"awaiting_decision": 2},
    "customer_number": "100042",
    "declared_source": "person",
    "detail": "This is not an e-mail address.",
    "email": "aino@esimerkki.example",
    "encoding": "utf-8",
    "EngagedBeneath.engaged_by": "esimerkkipilvi",
    "EngagedBeneath.countries": ["FI"],
    "failure": "ConnectionError",
    "field": "email",
    "FieldIs.field": "segment",
    "FieldIs.values": ["A"],
    "HasRecord.field": "state",
    "HasRecord.values": ["open"],
    "fields": ["first_name", "segment"],
    "fields_opening": ["first_name"],
    "fields_closing": ["segment"],
    "figures": {"fields": 1},
    "NewImport.file": "customer_number;first_name\n100042;Aino\n",
    "hindrances": [],
    "key": "customer_number",
    "RefusalGround.key": "manifestly_unfounded",
    "looked_at": SHA256,
    "matched_by": ["customer_number"],
    "member": "Maija Malli",
    "mends": [],
    "name": "Kinkerips Oy",
    "Agreement.name": "Sopimus tietojen luovuttamisesta",
    "FailedJob.name": "registers.check_import",
    "PersonWhole.name": "Aino Esimerkki",
    "next": None,
    "number": "KIN-2026-0042",
    "Party.contact": {"email": "tietosuoja@kinkerips.example"},
    "phone": "+358 20 123 4567",
    "postal_address": "Aino Esimerkki\nEsimerkkikatu 1\n00100 Helsinki",
    "processor": "Palvelu Oy",
    "reason": "Kirjoitusvirhe",
    "reference": "S-2026-14",
    "register": "orders",
    "register_key": "customers",
    "section": "Asiakasrekisteri / Vastaanottajat",
    "separator": ";",
    "sha256": SHA256,
    "shut": ["Kinkerips Oy"],
    "source": "person",
    "ticket": "HD-1042",
    "Transfer.country": "US",
    "undo_reason": None,
    "value": "Esimerkki",
    "values": {"last_name": "Esimerkki"},
    "was": "Yhteystiedot: Asiakasnumero",
    "words": "Pyydän jäljennöksen tiedoistani.",
    "AccessAsked.purpose": "storage",
    "AccessShown.purpose": "storage",
    "AccessShown.reason": "Tuonti pysähtyy samalle riville",
    "AccessShown.refused": None,
    "CommitmentInForce.text": {"fi": "Lupaan vaieta.", "sv": "Jag lovar tiga.", "en": "I promise silence."},
    "DepartmentShown.name": "Myynti",
    "CaseSummary.state": "awaiting_decision",
    "CaseSummary.latest_on": "2026-06-05",
    "Correcting.source": "person",
    "ExtractOfRegister.state": "ready",
    "GivenTerms.legal_basis": "contract",
    "GivenTerms.valid_until": "2027-03-04",
    "GivenTerms.review_on": "2027-01-31",
    "GivingConsent.kind": "marketing",
    "OfKind.kind": "marketing",
    "SecondIdentifier.kind": "customer_number",
    "RoleDecision.keep": True,
    "GivingBack.words": "Perustelu ei riitä: pyyntö on ensimmäinen.",
    "ImportSummary.state": "checked",
    "Look.actor": "member",
    "Merging.reason": "Sama asiakas on kahdesti.",
    "Placing.reason": "Asiakas kiistää osoitteensa oikeellisuuden.",
    "Lifting.reason": "Osoite on tarkistettu.",
    "PolicySummary.state": "active",
    "PolicySummary.drafted": None,
    "PolicySummary.valid_until": "2027-03-04",
    "PolicySummary.review_on": "2027-01-31",
    "PolicyWhole.missing": [],
    "Refusing.reason": "Pyyntö on ilmeisen perusteeton.",
    "Search.kind": "customer_number",
    "Splitting.reason": "Kaksi henkilöä oli yhdistetty erehdyksessä.",
    "TakingBack.reason": "Sama asiakas sittenkin.",
    "TellingApart.reason": "Puolisot, joilla on yhteinen sähköpostiosoite.",
    "TwoPeople.reason": "Puolisot, joilla on yhteinen sähköpostiosoite.",
    "Undoing.reason": "Yhdistetyt olivat eri henkilöitä.",
    "VerdictOnField.shared": True,
    "VersionOfPolicy.legal_basis": "contract",
    "VersionOfPolicy.state": "active",
    "VersionOfPolicy.valid_until": "2027-03-04",
    "VersionOfPolicy.review_on": "2027-01-31",
    # What has not happened yet to most of what is asked about.
    "closed_at": None,
    "ended_at": None,
    "lifted_at": None,
    "replaced_at": None,
    "revoked_at": None,
    "suspended_at": None,
    "undone_at": None,
    "undone_by": None,
}
TEXTS = {
    # The file of a register, here as CSV.
    "application/octet-stream": f"_person_id,customer_number\r\n{UUID},100042\r\n",
    "text/csv": "customer_number,first_name,email\r\n100042,Aino,aino@esimerkki.example\r\n",
    "application/x-ndjson": '{"customer_number": "100042", "first_name": "Aino"}\n',
}
# A workbook is no text that could stand in a document.
WITHOUT = ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",)


TYPES: Mapping[str, type] = {"string": str, "object": dict, "null": NoneType}


class NothingLikeIt(LookupError):
    """A text of which nothing says what it looks like: give its field an example."""


class IllustratedJson(JsonRenderPlugin):
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, illustrated(openapi_schema))


def illustrated(document: dict[str, Any]) -> dict[str, Any]:
    """The document with an example for each body that has none. Raises NothingLikeIt."""
    schemas: dict[str, Schema] = document["components"]["schemas"]
    for schema in schemas.values():
        _mend(schema)
    for media_type, media in bodies(document):
        _mend(media["schema"])
        if not {"example", "examples"} & set(media) and not media_type.startswith(WITHOUT):
            media["example"] = _text(media_type) or _like(schemas, media["schema"], "", "")
    return document


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The media types of our operations' requests and good answers, each with what is said of it."""
    for path, item in document["paths"].items():
        for method in METHODS:
            operation = item.get(method) if path.startswith(OURS) else None
            if operation is None:
                continue
            yield from operation.get("requestBody", {}).get("content", {}).items()
            for status, response in operation["responses"].items():
                if status.startswith("2"):
                    yield from response.get("content", {}).items()


def _mend(schema: Schema) -> None:
    """Of a tuple of any length Litestar says "this or anything", which no item is exactly one of."""
    for inner in schema.get("properties", {}).values():
        _mend(inner)
    items = schema.get("items")
    if items is not None and {} in items.get("oneOf", ()):
        schema["items"] = items = items["oneOf"][0]
    if items is not None:
        _mend(items)


def _text(media_type: str) -> str | None:
    return TEXTS.get(media_type.partition(";")[0])


def _like(schemas: Mapping[str, Schema], schema: Schema, name: str, owner: str) -> object:
    """A value of this schema, which is that of the field `name` of the schema `owner`."""
    own = f"{owner}.{name}"
    if own in FIELDS:
        return FIELDS[own]
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        called = schema["$ref"].rpartition("/")[2]
        return THINGS[called] if called in THINGS else _like(schemas, schemas[called], name, called)
    if _said(schema):
        return _said(schema)
    if name in FIELDS and _takes(schema, FIELDS[name]):
        return FIELDS[name]
    return _of_type(schemas, schema, name, owner)


def _takes(schema: Schema, value: object) -> bool:
    """Whether the value is of the schema's type; other things may have the same name."""
    if "oneOf" in schema:
        return any(_takes(one, value) for one in schema["oneOf"])
    if schema.get("type") == "array":
        return isinstance(value, list) and all(_takes(schema["items"], one) for one in value)
    if "format" in schema or "properties" in schema:
        return False
    return isinstance(value, TYPES.get(schema.get("type", ""), ()))


def _said(schema: Schema) -> object:
    """What can only be one thing, or is the first of few."""
    return schema.get("const") or next(iter(schema.get("enum", ())), None)


def _of_type(schemas: Mapping[str, Schema], schema: Schema, name: str, owner: str) -> object:
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            first = next(one for one in schema[several] if one.get("type") != "null")
            return _like(schemas, first, name, owner)
    match schema.get("type"):
        case "object":
            return _object(schemas, schema, owner)
        case "array":
            return [_like(schemas, schema["items"], name, owner)]
        case "integer" | "number":
            return int(schema.get("minimum", 1))
        case "boolean":
            return False
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    raise NothingLikeIt(f"{owner}.{name}")


def _object(schemas: Mapping[str, Schema], schema: Schema, owner: str) -> dict[str, object]:
    if "properties" not in schema:
        inner = schema.get("additionalProperties")
        return {"customer_number": _like(schemas, inner, "", owner)} if inner else dict(ROW)
    return {
        name: _like(schemas, inner, name, schema.get("title", owner)) for name, inner in schema["properties"].items()
    }

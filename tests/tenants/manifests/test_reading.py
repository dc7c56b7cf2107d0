"""A manifest is read whole or refused with every fault: file, line, field and reason."""

from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tenants.languages.speaking import Language, translate
from tenants.manifests import faults, reading
from tenants.manifests.faults import Fault, FaultyManifest
from tenants.manifests.tree import LARGEST
from tests.tenants.manifests import test_declared_feeds, test_processors
from tests.tenants.manifests.samples import FILE, example

# The line on which a fault is expected carries this comment.
HERE = "  # here"

Told = tuple[int, str, type[Fault]]


def told(data: bytes) -> list[Told]:
    with pytest.raises(FaultyManifest) as refused:
        reading.read(data, file=FILE)
    assert refused.value.file == FILE
    return [(fault.line, fault.field or "", type(fault)) for fault in refused.value.faults]


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if line.endswith(HERE))


def case(field: str, kind: type[Fault], *edits: tuple[str, str]) -> ParameterSet:
    return pytest.param(edits, field, kind, id=f"{kind.__name__}-{field}")


AUTOMATIC = "approval: automatic"
PERSON = "text: { fi: Henkilö itse, sv: Personen själv, en: The person }"
RECORD_KEY = "required: true\n        record_key: true"
NO_KEY = (
    (f"identifier: customer_number\n        {RECORD_KEY}", "identifier: customer_number"),
    ("- key: customers\n    kept_by", "- key: customers  # here\n    cardinality: many\n    kept_by"),
)


def with_gap(about: str) -> str:
    says = "says: { fi: Puuttuu, sv: Saknas, en: Missing }"
    return f"{AUTOMATIC}\n    gaps:\n      - rule: N03\n        about: {about}  # here\n        {says}"


ONE_FAULT = [
    case("format", faults.NotOneOf, ("format: 1", "format: 2  # here")),
    case("companies.beta.colour", faults.UnknownField, ("name: Beta Oy", "name: Beta Oy\n    colour: red  # here")),
    case("companies.beta.archive_day", faults.MistypedField, ("archive_days: 14", "archive_day: 14  # here")),
    case("companies.alfa.name", faults.MissingField, ("- key: alfa\n    name: Alfa Oy", "- key: alfa  # here")),
    case("companies.beta.archive_days", faults.NotNumber, ("archive_days: 14", 'archive_days: "14"  # here')),
    case("companies.beta.archive_days", faults.TooGreat, ("archive_days: 14", "archive_days: 31  # here")),
    case("companies.beta.archive_days", faults.TooSmall, ("archive_days: 14", "archive_days: 0  # here")),
    case("companies.beta.archive_days", faults.NothingGiven, ("archive_days: 14", "archive_days:  # here")),
    case("companies.beta.name", faults.NotText, ("name: Beta Oy", "name: 2026  # here")),
    case("companies.beta.name", faults.TooLong, ("name: Beta Oy", f"name: {'b' * 201}  # here")),
    case("companies.beta.name", faults.NotOneLine, ("name: Beta Oy", 'name: "Beta\\nOy"  # here')),
    case("companies.beta.name", faults.ControlCharacter, ("name: Beta Oy", 'name: "Beta\\e[31m"  # here')),
    case(
        "registers.customers.fields.customer_number.required",
        faults.NotYesOrNo,
        (
            "identifier: customer_number\n        required: true",
            "identifier: customer_number\n        required: yes  # here",
        ),
    ),
    case("registers.customers.sources", faults.NotList, ("sources: [person]", "sources: person  # here")),
    case("registers.credit.kept_by", faults.SameTwice, ("kept_by: [alfa]", "kept_by: [alfa, alfa]  # here")),
    case("registers.credit.kept_by", faults.NothingGiven, ("kept_by: [alfa]", "kept_by: []  # here")),
    case(
        "companies.beta.contact",
        faults.NotFields,
        ("contact:\n      email: tietosuoja@beta.example.fi", "contact: mail  # here"),
    ),
    case(
        "categories.contact.label",
        faults.NotByLanguage,
        ("label: { fi: Yhteystiedot, sv: Kontaktuppgifter, en: Contact details }", "label: Yhteystiedot  # here"),
    ),
    case("companies.alfa.approval", faults.NotOneOf, ("approval: automatic", "approval: nobody  # here")),
    case("companies.beta.prefix", faults.NotAPrefix, ("prefix: BET", "prefix: Beta  # here")),
    case("group.slug", faults.NotAKey, ("slug: esimerkki", "slug: Esimerkki Oy  # here")),
    case("group.slug", faults.NotAKey, ("slug: esimerkki", 'slug: "esimerkki\\n"  # here')),
    case("notice.dated", faults.NotADate, ("dated: 2026-01-31", "dated: 31.1.2026  # here")),
    case("notice.dated", faults.NotADate, ("dated: 2026-01-31", "dated: 2026-02-30  # here")),
    case(
        "companies.alfa.business_id",
        faults.WrongCheckDigit,
        ("business_id: 9000001-1", "business_id: 9000001-2  # here"),
    ),
    case(
        "companies.alfa.business_id",
        faults.NotABusinessId,
        ("business_id: 9000001-1", "business_id: FI90000011  # here"),
    ),
    case(
        "companies.beta.contact.email",
        faults.NotAnAddress,
        ("email: tietosuoja@beta.example.fi", "email: info@beta  # here"),
    ),
    case(
        "companies.beta.contact.phone",
        faults.NotANumberToCall,
        ("email: tietosuoja@beta.example.fi", "phone: 020 123 4567  # here"),
    ),
    case(
        "companies.beta.contact.phone",
        faults.NotANumberToCall,
        ("email: tietosuoja@beta.example.fi", 'phone: "+358 1"  # here'),
    ),
    case(
        "companies.beta.contact.web",
        faults.NotADomain,
        ("email: tietosuoja@beta.example.fi", "web: beta  # here\n      email: a@beta.example.fi"),
    ),
    case("companies.beta.prefix", faults.PrefixUsedTwice, ("prefix: BET", "prefix: ALF  # here")),
    case(
        "companies.beta.business_id",
        faults.BusinessIdUsedTwice,
        ("prefix: BET", "prefix: BET\n    business_id: 9000001-1  # here"),
    ),
    case(
        "registers.customers.recipients[0]", faults.NoSuchKey, ("recipients: [carrier]", "recipients: [pigeon]  # here")
    ),
    case(
        "companies.beta.departments.credit.registers[0]",
        faults.BindsNoSuchRegister,
        (
            "    name: Beta Oy\n",
            "    name: Beta Oy\n    departments:\n      - key: credit\n"
            "        name: { fi: Luotto, sv: Kredit, en: Credit }\n"
            "        registers: [credit]  # here\n",
        ),
    ),
    case(
        "registers.credit.paper.shelf.companies[0]",
        faults.KeepsNoSuchRegister,
        (
            "    retention:\n      text: { fi: Kuusi vuotta",
            "    paper:\n"
            "      - key: shelf\n"
            "        place: { fi: Hylly, sv: Hylla, en: Shelf }\n"
            "        lock: { fi: Lukko, sv: Lås, en: Lock }\n"
            "        key_holder: { fi: Arkistonhoitaja, sv: Arkivarie, en: Archivist }\n"
            "        companies: [beta]  # here\n"
            "    retention:\n      text: { fi: Kuusi vuotta",
        ),
    ),
    case(
        "purposes.credit.special",
        faults.SpecialWithoutCondition,
        (
            "label: { fi: Yhteystiedot, sv: Kontaktuppgifter, en: Contact details }",
            "label: { fi: Terveys, sv: Hälsa, en: Health }\n    special: true",
        ),
        ("    kind: customer_care\n", "    kind: customer_care\n    special: explicit_consent\n"),
        ("    kind: marketing\n", "    kind: marketing\n    special: explicit_consent\n"),
        ("  - key: credit\n    kind: credit", "  - key: credit  # here\n    kind: credit"),
    ),
    case(
        "registers.customers.fields.email.dpv",
        faults.NotATerm,
        ("        type: email\n", "        type: email\n        dpv: EmailAddress  # here\n"),
    ),
    case("registers.customers.sources[0]", faults.NoSuchKey, ("sources: [person]", "sources: [pigeon]  # here")),
    case("registers.credit.kept_by[1]", faults.NoSuchKey, ("kept_by: [alfa]", "kept_by: [alfa, gamma]  # here")),
    case("purposes.letters.data[0].fields[1]", faults.NoSuchKey, ("fields: [email]", "fields: [email, fax]  # here")),
    case(
        "registers.customers.fields.email.category",
        faults.NoSuchKey,
        ("category: contact\n        type: email", "category: telepathy  # here\n        type: email"),
    ),
    case(
        "purposes.credit.label",
        faults.LanguageMissing,
        ("{ fi: Luotto, sv: Kredit, en: Credit }", "{ fi: Luotto, en: Credit }  # here"),
    ),
    case(
        "registers.credit.fields.hetu.sealed",
        faults.MustBeSealed,
        ("identifier: hetu\n        sealed: true", "identifier: hetu\n        sealed: false  # here"),
    ),
    case(
        "registers.customers.fields.email.sealed",
        faults.BoundAndUnsealed,
        ("- key: email", "- key: email  # here"),
        ("identifier: email", "identifier: email\n        only_for: { kinds: [marketing] }"),
    ),
    case(
        "registers.credit.fields.hetu.only_for.kinds",
        faults.BoundToNoPurpose,
        (
            "identifier: hetu\n        sealed: true",
            "identifier: hetu\n        sealed: true\n        only_for: { kinds: [delivery] }  # here",
        ),
    ),
    case(
        "registers.credit.fields.hetu.only_for.beside",
        faults.NoSuchKey,
        (
            "identifier: hetu\n        sealed: true",
            "identifier: hetu\n        sealed: true\n        only_for: { kinds: [credit], beside: hetu }  # here",
        ),
    ),
    case(
        "registers.customers.fields.email.identifier",
        faults.IdentifierOfOtherType,
        ("identifier: email", "identifier: phone  # here"),
    ),
    case(
        "purposes.credit.data[0]",
        faults.HetuForAnything,
        ("kind: credit\n", "kind: marketing\n"),
        ("- register: credit", "- register: credit  # here"),
    ),
    case(
        "registers.credit.fields.contract_number.required",
        faults.RecordKeyOptional,
        (
            "origin: observed\n        required: true\n        record_key: true",
            "origin: observed\n        record_key: true",
        ),
        ("- key: contract_number", "- key: contract_number  # here"),
    ),
    case(
        "purposes.credit.basis",
        faults.GapNotTold,
        ("- key: credit\n    kind: credit\n    basis: contract\n", "- key: credit  # here\n    kind: credit\n"),
    ),
    case(
        "registers.credit.retention",
        faults.GapNotTold,
        (
            "text: { fi: Kuusi vuotta, sv: Sex år, en: Six years }\n      months: 72",
            "text: { fi: Aikansa, sv: En tid, en: A while }",
        ),
        ("- key: credit\n    kept_by", "- key: credit  # here\n    kept_by"),
    ),
    case(
        "companies.alfa.contact",
        faults.GapNotTold,
        ('contact:\n    phone: "+358 20 123 4567"', "contact:\n    address: Helsinki"),
        ("- key: alfa", "- key: alfa  # here"),
    ),
    case("companies.alfa.gaps[0].about", faults.NotAField, (AUTOMATIC, with_gap("the contact"))),
    case("companies.alfa.gaps[0].about", faults.GapAboutNothing, (AUTOMATIC, with_gap("shoe_size"))),
    case("companies.alfa.gaps[0].about", faults.GapAboutNothing, (AUTOMATIC, with_gap("contact.fax"))),
    case(
        "sources.person.key",
        faults.KeyUsedTwice,
        (PERSON, f"{PERSON}\n  - text: {{ fi: Sama, sv: Samma, en: Same }}\n    key: person  # here"),
    ),
    case(
        "group.languages",
        faults.FinnishMissing,
        ("languages: [fi, sv, en]", "languages: [sv, en]  # here"),
        ("default_language: fi", "default_language: sv"),
    ),
    case(
        "group.default_language",
        faults.DefaultNotSpoken,
        ("languages: [fi, sv, en]", "languages: [fi, en]"),
        ("default_language: fi", "default_language: sv  # here"),
    ),
    case("purposes.care.kind", faults.OwnPurpose, ("kind: customer_care", "kind: storage  # here")),
    case(
        "purposes.letters.companies[0]",
        faults.KeepsNothingForIt,
        ("companies: [beta]", "companies: [beta]  # here"),
        ("- register: customers\n        fields: [email]", "- register: credit\n        fields: [contract_number]"),
    ),
    case(
        "registers.customers.fields.email",
        faults.FieldWithoutPurpose,
        ("- key: email", "- key: email  # here"),
        ("- register: customers\n  - key: letters", "- register: credit\n  - key: letters"),
        (
            "- register: credit\n\nnotice",
            "- register: credit\n      - register: customers\n        fields: [customer_number]\n\nnotice",
        ),
        ("- register: customers\n        fields: [email]", "- register: customers\n        fields: [customer_number]"),
        ("kind: customer_care", "kind: legal_duty"),
    ),
    case("registers.customers.fields", faults.ManyRecordsWithoutKey, *NO_KEY),
    case(
        "registers.credit.fields.contract_number.sealed",
        faults.SealedRecordKey,
        (f"{RECORD_KEY}\n      - key: hetu", f"{RECORD_KEY}\n        sealed: true  # here\n      - key: hetu"),
    ),
    case(
        "registers.customers.fields.email.record_key",
        faults.TwoRecordKeys,
        ("identifier: email", "identifier: email\n        required: true\n        record_key: true  # here"),
    ),
    case(
        "registers.credit.fields",
        faults.NobodyFound,
        ("        identifier: hetu\n", ""),
        ("- key: credit\n    kept_by", "- key: credit  # here\n    kept_by"),
    ),
    case(
        "purposes.credit.data[1].register",
        faults.SaidTwice,
        ("- register: credit", "- register: credit\n      - register: credit  # here"),
    ),
]


@pytest.mark.parametrize(("edits", "field", "kind"), ONE_FAULT)
def test_a_fault_is_told_with_its_line_its_field_and_its_reason(
    edits: tuple[tuple[str, str], ...], field: str, kind: type[Fault]
) -> None:
    text = example("esimerkki", *edits)
    assert told(text.encode()) == [(line_of(text), field, kind)]


def test_every_kind_of_fault_of_shape_and_meaning_was_met() -> None:
    """A new fault comes with its line in the table above, or in the tests of files below."""
    met = {kind for case in ONE_FAULT for kind in case.values if isinstance(kind, type)}
    of_files = {kind for _, kind in FILES} | {
        faults.NoSuchFile,
        faults.UnreadableFile,
        faults.TooLarge,
        faults.TooManyItems,
    }
    against_the_database = {
        faults.NoSuchVersion,
        faults.ChangedSince,
        faults.FixedOnceDeclared,
        faults.PrefixWasUsed,
        faults.HoldsData,
        faults.ChangedInTheOffice,
        faults.KnownOtherwise,
        faults.AgreementEnded,
        faults.FeedEnded,
        faults.NotForThisFeed,
    }
    of_processors = {kind for _, kind, _ in (*test_processors.WRONG, *test_declared_feeds.WRONG)}
    of_processors |= {faults.CoversNoSuchRegister, faults.GivesNoSuchRegister}
    assert set(Fault.__subclasses__()) - met - of_files - of_processors - against_the_database == set()


def test_a_register_of_ten_thousand_fields_is_refused_with_its_limit() -> None:
    more = "".join(
        f"      - {{ key: f{number}, label: {{ fi: a, sv: a, en: a }}, category: contact, origin: provided }}\n"
        for number in range(2_000)
    )
    text = example("esimerkki", ("  - key: credit\n    kept_by", f"{more}  - key: credit\n    kept_by"))
    [(line, field, kind)] = [fault for fault in told(text.encode()) if fault[2] is faults.TooManyItems]
    assert (field, kind) == ("registers.customers.fields", faults.TooManyItems)
    assert (
        text.splitlines()[line - 1].startswith("      - key: customer_number")
        or "fields:" in text.splitlines()[line - 1]
    )


def test_all_faults_are_told_at_once() -> None:
    text = example(
        "esimerkki",
        ("business_id: 9000001-1", "business_id: 9000001-2"),
        ("archive_days: 14", "archive_days: many"),
        ("name: Beta Oy", "nmae: Beta Oy"),
        ("sources: [person]", "sources: [pigeon]"),
        ("en: Newsletter }", "en: }"),
        ("sealed: true", "sealed: false"),
        ("dated: 2026-01-31", "dated: soon\n  dated: 2026-01-31"),
    )
    assert [(field, kind) for _, field, kind in told(text.encode())] == [
        ("companies.alfa.business_id", faults.WrongCheckDigit),
        ("companies.beta.name", faults.MissingField),
        ("companies.beta.nmae", faults.MistypedField),
        ("companies.beta.archive_days", faults.NotNumber),
        ("registers.customers.sources[0]", faults.NoSuchKey),
        ("registers.credit.fields.hetu.sealed", faults.MustBeSealed),
        ("purposes.letters.label", faults.LanguageMissing),
        ("notice.dated", faults.NotADate),
        ("notice.dated", faults.GivenTwice),
    ]


def test_a_sentence_has_all_its_values_in_every_language() -> None:
    for case in ONE_FAULT:
        edits = case.values[0]
        assert isinstance(edits, tuple)
        with pytest.raises(FaultyManifest) as refused:
            reading.read(example("esimerkki", *edits).encode(), file=FILE)
        for fault in refused.value.faults:
            for language in Language:
                assert "%(" not in translate(language, fault.sentence, **fault.values)


BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

FILES: list[tuple[bytes, type[Fault]]] = [
    (b"", faults.EmptyManifest),
    (b"  \n\n", faults.EmptyManifest),
    (b"# only a comment\n", faults.EmptyManifest),
    ("nimi: \u00e4iti\n".encode("latin-1"), faults.NotUtf8),
    ("format: 1\n".encode("utf-16"), faults.NotUtf8),
    ("format: 1\n".encode("utf-16-le"), faults.ControlCharacter),
    (b"group:\n\tslug: a\n", faults.TabInIndent),
    (b"group: [a\ncompanies: ]]\n", faults.NotYaml),
    (b"a: b: c\n", faults.NotYaml),
    (b"format: 1\n---\nformat: 1\n", faults.SecondDocument),
    (BOMB.encode(), faults.AnchorUsed),
    (b"format: !!python/object/apply:os.getcwd []\n", faults.TagUsed),
    (b"? [a, b]\n: 1\n", faults.NotAName),
    (b"format: 1\nformat: 1\n", faults.GivenTwice),
    (b"[" * 5000, faults.TooDeep),
]


@pytest.mark.parametrize(("data", "kind"), FILES, ids=[f"{kind.__name__}-{n}" for n, (_, kind) in enumerate(FILES)])
def test_a_file_that_is_no_manifest_is_refused_clearly(data: bytes, kind: type[Fault]) -> None:
    assert kind in [each for _, _, each in told(data)]


def test_a_fault_of_yaml_names_its_line() -> None:
    assert told(b"format: 1\ngroup:\n\tslug: a\n") == [(3, "", faults.TabInIndent)]
    assert told("format: 1\nname: \u00e4\n".encode("latin-1")) == [(2, "", faults.NotUtf8)]


def test_a_huge_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    huge.write_bytes(b"#" * (LARGEST * 4))
    with pytest.raises(FaultyManifest) as refused:
        reading.read_file(huge)
    assert [type(fault) for fault in refused.value.faults] == [faults.TooLarge]


@pytest.mark.parametrize(("name", "kind"), [("missing.yaml", faults.NoSuchFile), (".", faults.UnreadableFile)])
def test_a_file_that_cannot_be_read_is_told_by_its_name(tmp_path: Path, name: str, kind: type[faults.Fault]) -> None:
    with pytest.raises(FaultyManifest) as refused:
        reading.read_file(tmp_path / name)
    assert refused.value.file == str(tmp_path / name)
    assert [type(fault) for fault in refused.value.faults] == [kind]


@pytest.mark.parametrize("word", ["no", "on", "2026-01-31", "12:30", "1_000", "0x1F", "08a"])
def test_words_stay_words_as_editors_read_them(word: str) -> None:
    read = reading.read(example("esimerkki", ("name: Beta Oy", f"name: {word}")).encode(), file=FILE)
    assert read.manifest.companies[1].name == word


def test_a_byte_order_mark_does_no_harm() -> None:
    assert reading.read(example().encode("utf-8-sig"), file=FILE).manifest.group.slug == "esimerkki"


def test_what_is_left_out_is_the_careful_choice() -> None:
    beta = reading.read(example().encode(), file=FILE).manifest.companies[1]
    assert beta.approval == "staff"
    assert beta.business_id is None

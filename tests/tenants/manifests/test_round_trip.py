"""A manifest that is written out reads back as the same manifest, whatever words are in it."""

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from hypothesis.strategies import SearchStrategy

from tenants.acting import PurposeKind
from tenants.companies.model import Approval
from tenants.languages.speaking import Language, Text
from tenants.manifests import reading
from tenants.manifests.exporting import to_yaml
from tenants.manifests.model import (
    Category,
    DeclaredCompany,
    DeclaredContact,
    DeclaredField,
    DeclaredGroup,
    DeclaredNotice,
    DeclaredPurpose,
    DeclaredRegister,
    DeclaredRetention,
    Gap,
    Manifest,
    PurposeData,
    Right,
    RightWording,
    Rule,
)
from tenants.manifests.planning import differences, document
from tenants.registers.model import Cardinality, FieldType, IdentityLevel, LegalBasis, Origin
from tenants.vault.digests import IdentifierKind

# What YAML 1.1, YAML 1.2 or a terminal might take for something else than words.
TRICKY = [
    "no",
    "null",
    "~",
    "1",
    "08",
    "1e5",
    "0x1F",
    "12:30",
    "2026-01-31",
    "- a",
    "a: b",
    "# x",
    "'",
    '"',
    "\\",
    "ä\u2028ö",
]
KEYS = some.from_regex(r"[a-z][a-z0-9_-]{0,12}", fullmatch=True)
WORDS = some.sampled_from(TRICKY) | some.text(
    some.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\ufffe\uffff"), min_size=1, max_size=10
)
LINES = WORDS.filter(lambda text: "\n" not in text)
TEXTS = some.builds(Text, fi=WORDS, sv=WORDS, en=WORDS)
PARAGRAPHS = some.builds(
    Text, **{language.value: some.lists(WORDS, min_size=1, max_size=3).map("\n".join) for language in Language}
)


@some.composite
def manifests(draw: some.DrawFn) -> Manifest:
    keys = draw(some.lists(KEYS, min_size=1, max_size=3, unique=True))
    companies = tuple(draw(company(key, number)) for number, key in enumerate(keys))
    registers = tuple(draw(register(key, keys)) for key in draw(some.lists(KEYS, max_size=3, unique=True)))
    return Manifest(
        format=1,
        base_version=draw(some.none() | some.integers(1, 99)),
        group=DeclaredGroup(
            slug=draw(KEYS),
            name=draw(LINES),
            languages=tuple(Language),
            default_language=Language.SV,
            roles_by_two=draw(some.booleans()),
            maintenance_hours=draw(some.integers(1, 72)),
            certify_months=draw(some.integers(1, 60)),
            commitment=draw(TEXTS | some.none()),
        ),
        companies=companies,
        categories=(Category(key="all", label=draw(TEXTS)),),
        registers=registers,
        purposes=tuple(draw(purpose(each)) for each in registers),
        notice=draw(NOTICES),
    )


def company(key: str, number: int) -> SearchStrategy[DeclaredCompany]:
    return some.builds(
        DeclaredCompany,
        key=some.just(key),
        name=LINES,
        prefix=some.just(f"AB{chr(ord('A') + number)}"),
        contact=some.builds(DeclaredContact, role=some.none() | TEXTS, email=some.just("tieto@example.fi")),
        approval=some.sampled_from(Approval),
        archive_days=some.integers(1, 30),
        gaps=some.tuples(some.builds(Gap, rule=some.just(Rule.NO_CONTACT), about=some.just("business_id"), says=TEXTS)),
    )


def register(key: str, companies: list[str]) -> SearchStrategy[DeclaredRegister]:
    number = DeclaredField(
        key="number",
        label=Text(fi="n", sv="n", en="n"),
        category="all",
        origin=Origin.OBSERVED,
        identifier=IdentifierKind.CUSTOMER_NUMBER,
        required=True,
        record_key=True,
    )
    field = some.builds(
        DeclaredField,
        key=KEYS.filter(lambda key: key != "number"),
        label=TEXTS,
        category=some.just("all"),
        type=some.sampled_from(FieldType).filter(lambda kind: kind is not FieldType.HETU),
        origin=some.sampled_from(Origin),
        identifier=some.none(),
        sealed=some.just(True),
        required=some.booleans(),
        record_key=some.just(False),
    )
    return some.builds(
        DeclaredRegister,
        key=some.just(key),
        kept_by=some.lists(some.sampled_from(companies), min_size=1, unique=True).map(tuple),
        name=TEXTS,
        data_subjects=some.none() | TEXTS,
        identity_level=some.sampled_from(IdentityLevel),
        cardinality=some.sampled_from(Cardinality),
        retention=some.builds(DeclaredRetention, text=PARAGRAPHS, months=some.integers(1, 600)),
        fields=some.lists(field, max_size=3, unique_by=lambda each: each.key).map(lambda fields: (number, *fields)),
        sources=some.just(()),
        recipients=some.just(()),
        protection=some.none(),
        gaps=some.just(()),
    )


def purpose(of: DeclaredRegister) -> SearchStrategy[DeclaredPurpose]:
    return some.builds(
        DeclaredPurpose,
        key=some.just(f"p-{of.key}"),
        kind=some.just(PurposeKind.CUSTOMER_CARE),
        basis=some.sampled_from(LegalBasis),
        label=TEXTS,
        interest=some.none() | TEXTS,
        companies=some.none() | some.just(of.kept_by),
        data=some.just((PurposeData(register=of.key),)),
        gaps=some.just(()),
    )


NOTICES = some.builds(
    DeclaredNotice,
    title=TEXTS,
    dated=some.none() | some.dates(min_value=date(1990, 1, 1)),
    rights=some.lists(
        some.builds(RightWording, key=some.sampled_from(Right), text=PARAGRAPHS), unique_by=lambda each: each.key
    ).map(tuple),
    complaint=TEXTS,
    gaps=some.just(()),
)


# How long an example takes says something about the machine only.
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(manifests())
def test_a_manifest_written_out_reads_back_the_same(manifest: Manifest) -> None:
    read = reading.read(to_yaml(manifest).encode(), file="written.yaml").manifest
    assert read == manifest
    assert differences(document(manifest), document(read)) == []

"""What would change is told place by place."""

import pytest

from tenants.manifests.planning import Change, ChangeKind, differences, document
from tests.tenants.manifests import samples

CARE = "  - key: care\n    kind: customer_care\n    basis: contract\n"
LETTERS = "  - key: letters\n    kind: marketing\n    basis: consent\n"


def changes(*edits: tuple[str, str]) -> list[Change]:
    """From the sample to the edited sample."""
    return differences(document(samples.read().manifest), document(samples.read("esimerkki", *edits).manifest))


def test_nothing_changes_where_nothing_is_edited() -> None:
    assert changes() == []


def test_a_default_that_is_spelt_out_changes_nothing() -> None:
    assert (
        changes(
            ("cardinality: many", "cardinality: many\n    protection: null"),
            ("prefix: BET", "prefix: BET\n    approval: staff"),
        )
        == []
    )


def test_the_version_a_file_was_made_from_is_no_change() -> None:
    assert changes(("format: 1", "format: 1\nbase_version: 7")) == []


def test_a_renamed_register_changes_in_one_language() -> None:
    assert changes(("sv: Kundregister", "sv: Kundregistret")) == [
        Change(ChangeKind.CHANGED, "registers.customers.name.sv", "Kundregister", "Kundregistret")
    ]


def test_a_number_that_is_given_where_there_was_none_is_added() -> None:
    assert changes(("prefix: BET", "prefix: BET\n    business_id: 9876543-0")) == [
        Change(ChangeKind.ADDED, "companies.beta.business_id", None, "9876543-0")
    ]


def test_a_company_that_no_longer_keeps_a_register_retires_it() -> None:
    (change,) = changes(("kept_by: [alfa, beta]", "kept_by: [beta]"))
    assert change == Change(ChangeKind.REMOVED, "registers.customers.kept_by", "alfa", None)
    assert change.retires


def test_a_register_that_is_gone_is_retired_as_a_whole() -> None:
    text = samples.example()
    start, end = text.index("  - key: credit\n    kept_by"), text.index("\npurposes:")
    register = text[start:end]
    purpose = text[text.index("  - key: credit\n    kind") : text.index("\nnotice:")]
    found = changes((register, ""), (purpose, ""))
    assert [(change.kind, change.place) for change in found] == [
        (ChangeKind.REMOVED, "registers.credit"),
        (ChangeKind.REMOVED, "purposes.credit"),
    ]
    assert all(change.retires for change in found)


def test_a_text_that_is_gone_retires_nothing() -> None:
    (change,) = changes(("  dated: 2026-01-31\n", ""))
    assert (change.kind, change.retires) == (ChangeKind.REMOVED, False)


def test_a_purpose_that_now_names_its_fields_is_narrowed_and_loses_nothing() -> None:
    (change,) = changes(
        ("- register: customers\n  - key", "- register: customers\n        fields: [customer_number, email]\n  - key")
    )
    assert change == Change(
        ChangeKind.CHANGED, "purposes.care.data.customers.fields", None, ["customer_number", "email"]
    )


def test_another_order_of_things_is_told_and_of_words_is_not() -> None:
    assert changes(("kept_by: [alfa, beta]", "kept_by: [beta, alfa]")) == []
    swapped = changes((CARE, "  - key: temporary\n"), (LETTERS, CARE), ("  - key: temporary\n", LETTERS))
    assert Change(ChangeKind.MOVED, "purposes", "care, letters, credit", "letters, care, credit") in swapped


def test_a_gap_is_known_by_its_rule_and_what_it_is_about() -> None:
    assert changes(("fi: Ei y-tunnusta", "fi: Y-tunnus puuttuu")) == [
        Change(ChangeKind.CHANGED, "companies.beta.gaps.N02 business_id.says.fi", "Ei y-tunnusta", "Y-tunnus puuttuu")
    ]


def test_a_new_group_shows_its_parts_and_every_thing_on_its_own() -> None:
    found = differences({}, document(samples.read().manifest))
    assert {change.kind for change in found} == {ChangeKind.ADDED}
    places = [change.place for change in found]
    assert {"group.slug", "companies.alfa", "companies.beta", "registers.customers", "notice.complaint"} <= set(places)


@pytest.mark.parametrize(
    ("one", "other", "touch"),
    [
        ("registers.customers.name.fi", "registers.customers.name.fi", True),
        ("registers.customers.name.fi", "registers.customers", True),
        ("registers.customers", "registers.customers.name.fi", True),
        ("registers.customers.name.fi", "registers.customers.name.sv", False),
        ("registers.customers", "registers.customers_of_old", False),
    ],
)
def test_two_changes_touch_where_one_lies_within_the_other(one: str, other: str, touch: bool) -> None:
    assert Change(ChangeKind.CHANGED, one).touches(other) is touch


def test_what_was_the_default_is_told_when_it_changes() -> None:
    assert changes(("prefix: BET", "prefix: BET\n    approval: automatic")) == [
        Change(ChangeKind.CHANGED, "companies.beta.approval", "staff", "automatic")
    ]

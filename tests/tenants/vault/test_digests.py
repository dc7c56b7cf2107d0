from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tenants.errors import Invalid
from tenants.vault.digests import (
    EmptyIdentifier,
    IdentifierKind,
    NotABusinessId,
    NotAnEmailAddress,
    NotAPersonalIdentityCode,
    NotAPhoneNumber,
    digest,
    digests,
    normalise,
)
from tenants.vault.keys import Keyring


@pytest.mark.parametrize(
    ("kind", "written", "normal"),
    [
        (IdentifierKind.EMAIL, " Aino.Aalto@Esimerkki.FI ", "aino.aalto@esimerkki.fi"),
        (IdentifierKind.EMAIL, "äiti@pähkinä.fi", "äiti@xn--phkin-grae.fi"),
        (IdentifierKind.EMAIL, "äiti@XN--PHKIN-GRAE.fi", "äiti@xn--phkin-grae.fi"),
        (IdentifierKind.PHONE, "040 123 4567", "+358401234567"),
        (IdentifierKind.PHONE, "(09) 123-4567", "+35891234567"),
        (IdentifierKind.PHONE, "+46 70 123 45 67", "+46701234567"),
        (IdentifierKind.PHONE, "00358 40 1234567", "+358401234567"),
        (IdentifierKind.HETU, " 131052-902y ", "131052-902Y"),
        (IdentifierKind.BUSINESS_ID, "2077474-0", "2077474-0"),
        (IdentifierKind.BUSINESS_ID, "20774740", "2077474-0"),
        (IdentifierKind.BUSINESS_ID, "FI20774740", "2077474-0"),
        (IdentifierKind.BUSINESS_ID, "112038-9", "0112038-9"),
        (IdentifierKind.CUSTOMER_NUMBER, " A-00042 ", "a-00042"),
        (IdentifierKind.CUSTOMER_NUMBER, "A-00042", "a-00042"),
        (IdentifierKind.USER_NAME, "Aino  Aalto", "aino aalto"),
    ],
)
def test_one_person_written_in_several_ways_is_one(kind: IdentifierKind, written: str, normal: str) -> None:
    assert normalise(kind, written) == normal


@pytest.mark.parametrize(
    ("kind", "written", "refusal"),
    [
        (IdentifierKind.EMAIL, "info@ideafix", NotAnEmailAddress),
        (IdentifierKind.EMAIL, "", NotAnEmailAddress),
        (IdentifierKind.PHONE, "kotona", NotAPhoneNumber),
        (IdentifierKind.PHONE, "040", NotAPhoneNumber),
        (IdentifierKind.HETU, "131052-9080", NotAPersonalIdentityCode),
        (IdentifierKind.HETU, "320152-908X", NotAPersonalIdentityCode),
        (IdentifierKind.BUSINESS_ID, "2077474-1", NotABusinessId),
        (IdentifierKind.CUSTOMER_NUMBER, " \t", EmptyIdentifier),
        (IdentifierKind.USER_NAME, "", EmptyIdentifier),
    ],
)
def test_what_is_no_identifier_is_refused(kind: IdentifierKind, written: str, refusal: type[Invalid]) -> None:
    with pytest.raises(refusal) as refused:
        normalise(kind, written)
    assert written.strip() == "" or written not in str(refused.value)


@given(st.sampled_from(IdentifierKind), st.text(max_size=30))
def test_any_text_is_normalised_or_refused_and_normal_forms_stay(kind: IdentifierKind, written: str) -> None:
    try:
        normal = normalise(kind, written)
    except Invalid:
        return
    assert normalise(kind, normal) == normal


@given(st.emails())
def test_the_letter_case_of_an_address_does_not_matter(address: str) -> None:
    try:
        normal = normalise(IdentifierKind.EMAIL, address)
    except NotAnEmailAddress:  # quoted local parts, literal addresses
        return
    assert normalise(IdentifierKind.EMAIL, address.upper()) == normal


@pytest.mark.parametrize(("written", "other"), [("straße", "strasse"), ("ſilja", "silja"), ("ﬁna", "fina")])
def test_letters_that_only_resemble_each_other_are_two_mailboxes(written: str, other: str) -> None:
    one, two = (normalise(IdentifierKind.EMAIL, f"{name}@esimerkki.example") for name in (written, other))
    assert one != two


def test_spellings_of_one_number_have_one_digest(keyring: Keyring) -> None:
    assert digest(keyring, IdentifierKind.PHONE, "040 1234567") == digest(
        keyring, IdentifierKind.PHONE, "+358 40 123 4567"
    )


def test_the_same_text_as_another_kind_has_another_digest(keyring: Keyring) -> None:
    assert digest(keyring, IdentifierKind.CUSTOMER_NUMBER, "aino") != digest(keyring, IdentifierKind.USER_NAME, "aino")


def test_digests_of_two_groups_cannot_be_compared(make_keyring: Callable[..., Keyring]) -> None:
    ours, theirs = make_keyring(), make_keyring()
    assert digest(ours, IdentifierKind.USER_NAME, "aino") != digest(theirs, IdentifierKind.USER_NAME, "aino")


def test_look_ups_cover_every_live_key_and_no_retired_one(make_keyring: Callable[..., Keyring]) -> None:
    rotating = make_keyring(live=(3, 2), retired=(1,))
    found = digests(rotating, IdentifierKind.USER_NAME, "aino")
    under = [digest(replace(rotating, live=(version,)), IdentifierKind.USER_NAME, "aino") for version in (3, 2)]
    assert found == under
    assert digest(rotating, IdentifierKind.USER_NAME, "aino") == found[0]

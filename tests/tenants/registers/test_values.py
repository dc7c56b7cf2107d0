import os
from decimal import Decimal

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban

from tenants import settings
from tenants.errors import Invalid
from tenants.registers import values
from tenants.registers.model import FieldType
from tenants.registers.values import (
    NotADate,
    NotAnIban,
    NotANumber,
    NotAPostalCode,
    NotYesOrNo,
    TemporaryIdentityCode,
    TooLong,
    identity,
    reader,
)
from tenants.vault import digests
from tenants.vault.digests import (
    IdentifierKind,
    NotABusinessId,
    NotAnEmailAddress,
    NotAPersonalIdentityCode,
    NotAPhoneNumber,
)

HETU = "131052-900W"


@pytest.mark.parametrize(
    ("kind", "cell", "kept"),
    [
        ("text", "=SUMMA(A1:A3)", "=SUMMA(A1:A3)"),
        ("email", "Ada.Esimerkki@Firma.EXAMPLE", "Ada.Esimerkki@firma.example"),
        ("email", "åsa@räksmörgås.example", "åsa@räksmörgås.example"),
        ("phone", "040 123 4567", "+358401234567"),
        ("phone", "+358 (0)40 123 4567", "+358401234567"),
        ("phone", "00358 40 1234567", "+358401234567"),
        ("phone", "020\u00a0754 5060", "+358207545060"),
        ("phone", "+46 8 465 004 00", "+46846500400"),
        ("date", "2026-02-28", "2026-02-28"),
        ("date", "1.3.2026", "2026-03-01"),
        ("number", "1 234,50", Decimal("1234.50")),
        ("number", "10,50", Decimal("10.50")),
        ("number", "42", 42),
        ("number", "+12", 12),
        ("number", "-7", -7),
        ("number", "\u22127.5", Decimal("-7.5")),
        ("number", "1\u00a0000\u00a0000", 1_000_000),
        ("boolean", "Kyllä", True),
        ("boolean", "EPÄTOSI", False),
        ("boolean", "nej", False),
        ("hetu", "131052-900w", HETU),
        ("iban", "fi21 1234 5600 0007 85", "FI2112345600000785"),
        ("iban", "SE45 5000 0000 0583 9825 7466", "SE4550000000058398257466"),
        ("business_id", "FI08349733", "0834973-3"),
        ("business_id", "834973-3", "0834973-3"),
        ("postal_code", "00100", "00100"),
    ],
)
def test_cells_are_kept_in_one_spelling(kind: str, cell: str, kept: object) -> None:
    assert reader(FieldType(kind))(cell) == kept


@pytest.mark.parametrize(
    ("kind", "cell", "refusal"),
    [
        ("text", "a" * 10_001, TooLong),
        ("email", "info@ideafix", NotAnEmailAddress),
        ("email", "ada.@firma.example", NotAnEmailAddress),
        ("email", "ada@firma..example", NotAnEmailAddress),
        ("email", "ada@-firma.example", NotAnEmailAddress),
        ("email", "ada@firma.local", NotAnEmailAddress),
        ("phone", "12", NotAPhoneNumber),
        ("phone", "soita", NotAPhoneNumber),
        ("phone", "0" * 400, TooLong),
        ("date", "29.2.2026", NotADate),
        ("date", "02/28/2026", NotADate),
        ("date", "٢٠٢٦-٠١-٠١", NotADate),
        ("number", "1.234,50", NotANumber),
        ("number", "12 34", NotANumber),
        ("number", "*5", NotANumber),
        ("number", "/5", NotANumber),
        ("number", "1e9", NotANumber),
        ("number", "NaN", NotANumber),
        ("boolean", "ehkä", NotYesOrNo),
        ("hetu", "131052-900X", NotAPersonalIdentityCode),
        ("iban", "FI2112345600000786", NotAnIban),
        ("business_id", "0834973-4", NotABusinessId),
        ("postal_code", "123", NotAPostalCode),
    ],
)
def test_what_is_not_right_is_refused_by_its_reason(kind: str, cell: str, refusal: type[Invalid]) -> None:
    with pytest.raises(refusal):
        reader(FieldType(kind))(cell)


def test_an_installation_that_is_no_test_takes_no_temporary_identity_code(environment: dict[str, str]) -> None:
    os.environ["SELOSTE_ACCEPT_TEST_IDENTITY_CODES"] = "false"
    settings.current.cache_clear()
    try:
        with pytest.raises(TemporaryIdentityCode):
            reader(FieldType.HETU)(HETU)
    finally:
        os.environ.update(environment)
        settings.current.cache_clear()
    assert reader(FieldType.HETU)(HETU) == HETU


def outcome(read: values.Reader, cell: str) -> object:
    try:
        return read(cell)
    except Invalid as refused:
        return type(refused)


words = st.text("abcZ09._+-å'", min_size=1, max_size=12)


@given(st.builds("{}@{}.{}".format, words, words, st.sampled_from(["example", "Example", "fi", "local", "x", "1"])))
def test_plain_addresses_are_judged_as_the_library_judges_them(cell: str) -> None:
    assert outcome(values._email, cell) == outcome(values._any_email, cell)


def slowly(cell: str) -> str:
    return digests.normalise(IdentifierKind.PHONE, cell)


@given(st.from_regex(r"\A(0|\+358 ?|00358|\+46)[ -]?[0-9]{1,4}[ -]?[0-9]{1,8}\Z"))
def test_usual_numbers_are_read_as_the_library_reads_them(cell: str) -> None:
    assert outcome(values._phone, cell) == outcome(slowly, cell)


def test_finnish_mobile_numbers_take_the_short_way() -> None:
    example = phonenumbers.example_number_for_type("FI", phonenumbers.PhoneNumberType.MOBILE)
    assert example is not None
    written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert values._usual_finnish_number().fullmatch(written.replace(" ", "")) is not None


@given(st.from_regex(r"\A[Ff]I[0-9]{2} ?[0-9]{4}[0-9]{10}\Z"))
def test_finnish_account_numbers_are_judged_as_the_library_judges_them(cell: str) -> None:
    assert (outcome(values._iban, cell) is not NotAnIban) == iban.is_valid(cell)


@given(st.integers(0, 10**14 - 1))
def test_right_finnish_account_numbers_are_taken(number: int) -> None:
    account = f"{number:014}"
    cell = f"FI{98 - int(f'{account}151800') % 97:02}{account}"
    assert values._iban(cell) == iban.validate(cell)


KINDS = {
    IdentifierKind.EMAIL: ["Ada@Firma.example", "Straße@räksmörgås.example"],
    IdentifierKind.PHONE: ["040 1234567"],
    IdentifierKind.HETU: [HETU],
    IdentifierKind.BUSINESS_ID: ["834973-3"],
    IdentifierKind.CUSTOMER_NUMBER: ["k-０7  a"],
    IdentifierKind.USER_NAME: ["ÅSA"],
}


@pytest.mark.parametrize(("kind", "cell"), [(kind, cell) for kind, cells in KINDS.items() for cell in cells])
def test_a_kept_value_is_digested_as_the_written_one_would_be(kind: IdentifierKind, cell: str) -> None:
    field = {"customer_number": "text", "user_name": "text"}.get(kind, kind)
    kept = str(reader(FieldType(field))(cell))
    assert identity(kind, kept) == digests.normalise(kind, cell)

"""What people write in a cell, read as the one spelling in which it is kept, by the type of its field."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from stdnum import iban
from stdnum.exceptions import ValidationError
from stdnum.fi import hetu

from tenants import settings
from tenants.errors import Invalid
from tenants.registers.model import FieldType
from tenants.vault import digests
from tenants.vault.digests import HOME_REGION, IdentifierKind, NotAnEmailAddress

Value = str | int | bool | Decimal
Reader = Callable[[str], Value]

LONGEST_TEXT = 10_000
LONGEST_CODE = 320  # the longest thing that is not free text is an e-mail address (RFC 5321 §4.5.3.1)


class TooLong(Invalid):
    """This is longer than any value of its kind."""


class NoSuchCharacter(Invalid):
    """This holds a character that no text has (NUL)."""


class NotADate(Invalid):
    """This is not a date: write it as 31.12.2026 or 2026-12-31."""


class NotANumber(Invalid):
    """This is not a number."""


class NotYesOrNo(Invalid):
    """This is neither yes nor no."""


class NotAnIban(Invalid):
    """This is not an IBAN."""


class NotAPostalCode(Invalid):
    """This is not a Finnish postal code: five digits, also the zero at the beginning that spreadsheets drop."""


class TemporaryIdentityCode(Invalid):
    """This personal identity code is of the range for tests and temporary use; nobody is identified by it."""


def reader(kind: FieldType) -> Reader:
    """Reads a stripped cell that is not empty. Raises Invalid."""
    return _READERS[kind]


def identity(kind: IdentifierKind, kept: str) -> str:
    """The spelling in which a kept value is digested: what `digests.normalise` gives, without reading it anew."""
    if kind is IdentifierKind.EMAIL and kept.isascii():
        return kept.lower()
    if kind in _KEPT_NORMALISED:
        return kept
    return digests.normalise(kind, kept)


_KEPT_NORMALISED = {IdentifierKind.PHONE, IdentifierKind.HETU, IdentifierKind.BUSINESS_ID}


def _text(cell: str) -> str:
    if len(cell) > LONGEST_TEXT:
        raise TooLong
    if "\x00" in cell:
        raise NoSuchCharacter
    return cell


_PLAIN_LOCAL_PART = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*", re.ASCII)
_PLAIN_DOMAIN = re.compile(r"[A-Za-z0-9.-]+", re.ASCII)
_LONGEST_LOCAL_PART = 64


def _email(cell: str) -> str:
    """Most addresses of a file share few domains: the library judges each domain once, and whatever is not plain."""
    local, _, domain = cell.rpartition("@")
    if len(local) <= _LONGEST_LOCAL_PART and _PLAIN_LOCAL_PART.fullmatch(local) and _PLAIN_DOMAIN.fullmatch(domain):
        written = _domain(domain)
        if len(local) + 1 + len(written) <= 254:
            return f"{local}@{written}"
    return _any_email(cell)


def _any_email(cell: str) -> str:
    try:
        return validate_email(cell, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise NotAnEmailAddress from None


@lru_cache(maxsize=32_768)
def _domain(domain: str) -> str:
    return _any_email(f"a@{domain}").removeprefix("a@")


def _phone(cell: str) -> str:
    """E.164. Finnish numbers in their usual spellings are matched with the library's own patterns, the rest by it."""
    if len(cell) > LONGEST_CODE:
        raise TooLong
    if (usual := _usual_finnish_number().fullmatch(cell.translate(_WITHOUT_GAPS))) is not None:
        return f"+358{usual[1]}"
    return digests.normalise(IdentifierKind.PHONE, cell)


_WITHOUT_GAPS = str.maketrans("", "", " -\u00a0")


@cache
def _usual_finnish_number() -> re.Pattern[str]:
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(HOME_REGION)
    kinds = (metadata.mobile, metadata.fixed_line) if metadata else ()
    patterns = "|".join(f"(?:{kind.national_number_pattern})" for kind in kinds if kind)
    return re.compile(rf"(?:\+358|0)({patterns})", re.ASCII)


_ISO_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_FINNISH_DATE = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})", re.ASCII)


def _date(cell: str) -> str:
    """ISO 8601."""
    try:
        if iso := _ISO_DATE.fullmatch(cell):
            return date(int(iso[1]), int(iso[2]), int(iso[3])).isoformat()
        if finnish := _FINNISH_DATE.fullmatch(cell):
            return date(int(finnish[3]), int(finnish[2]), int(finnish[1])).isoformat()
    except ValueError:
        raise NotADate from None
    raise NotADate


_NUMBER = re.compile(r"([+\-\u2212]?)(\d{1,18}|\d{1,3}(?:[ \u00a0\u202f]\d{3}){1,5})(?:[.,](\d{1,12}))?", re.ASCII)


def _number(cell: str) -> int | Decimal:
    """Grouped by spaces if at all; a comma and a point are both the decimal sign, never both in one number."""
    found = _NUMBER.fullmatch(cell)
    if found is None:
        raise NotANumber
    sign = "-" if found[1] in {"-", "\u2212"} else ""
    whole = re.sub(r"\D", "", found[2], flags=re.ASCII)
    return Decimal(f"{sign}{whole}.{found[3]}") if found[3] else int(sign + whole)


_YES = frozenset({"yes", "true", "1", "x", "kyllä", "tosi", "ja", "sant"})
_NO = frozenset({"no", "false", "0", "ei", "epätosi", "nej", "falskt"})


def _boolean(cell: str) -> bool:
    word = cell.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise NotYesOrNo


def _hetu(cell: str) -> str:
    """Numbers 900 to 999 are issued to nobody for good: taken in only where an installation says it is for tests."""
    kept = digests.normalise(IdentifierKind.HETU, cell)
    if not settings.current().accept_test_identity_codes:
        try:
            hetu.validate(kept)
        except ValidationError:
            raise TemporaryIdentityCode from None
    return kept


_FINNISH_IBAN = re.compile(r"FI(\d\d)(\d{14})", re.ASCII)


def _iban(cell: str) -> str:
    """ISO 13616. Finnish ones, the letters of FI as 15 and 18, are a remainder away; the library takes its time."""
    if len(cell) > LONGEST_CODE:
        raise TooLong
    compact = cell.translate(_WITHOUT_GAPS).upper()
    if (finnish := _FINNISH_IBAN.fullmatch(compact)) and int(f"{finnish[2]}1518{finnish[1]}") % 97 == 1:
        return compact
    try:
        return str(iban.validate(cell))
    except ValidationError:
        raise NotAnIban from None


def _business_id(cell: str) -> str:
    return digests.normalise(IdentifierKind.BUSINESS_ID, cell)


_POSTAL_CODE = re.compile(r"\d{5}", re.ASCII)


def _postal_code(cell: str) -> str:
    if _POSTAL_CODE.fullmatch(cell) is None:
        raise NotAPostalCode
    return cell


_READERS: dict[FieldType, Reader] = {
    FieldType.TEXT: _text,
    FieldType.EMAIL: _email,
    FieldType.PHONE: _phone,
    FieldType.DATE: _date,
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _boolean,
    FieldType.HETU: _hetu,
    FieldType.IBAN: _iban,
    FieldType.BUSINESS_ID: _business_id,
    FieldType.POSTAL_CODE: _postal_code,
}

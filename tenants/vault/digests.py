"""Identifiers as keyed digests: found by equality, readable by nobody, comparable within one group only.

digest := HMAC-SHA-256(the group's digest key, kind · 0x00 · normalised value)
"""

import hmac
import re
import unicodedata
from enum import StrEnum

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat
from stdnum.exceptions import ValidationError
from stdnum.fi import hetu, ytunnus

from tenants.errors import Invalid
from tenants.vault.keys import Keyring

HOME_REGION = "FI"
# Of one name; longer ones are found by those that come first.
MOST_WORDS = 8


class IdentifierKind(StrEnum):
    """What a person may be found by."""

    EMAIL = "email"
    PHONE = "phone"
    CUSTOMER_NUMBER = "customer_number"
    HETU = "hetu"
    BUSINESS_ID = "business_id"
    USER_NAME = "user_name"
    NAME = "name"


class NotAnEmailAddress(Invalid):
    """This is not an e-mail address."""


class NotAPhoneNumber(Invalid):
    """This is not a telephone number."""


class NotAPersonalIdentityCode(Invalid):
    """This is not a Finnish personal identity code."""


class NotABusinessId(Invalid):
    """This is not a Finnish business ID."""


class EmptyIdentifier(Invalid):
    """The identifier is empty."""


def digest(keyring: Keyring, kind: IdentifierKind, value: str) -> bytes:
    """32 bytes under the key that writes, `keyring.current`. Raises Invalid."""
    return _digest(keyring, keyring.current, kind, normalise(kind, value))


def digests(keyring: Keyring, kind: IdentifierKind, value: str) -> list[bytes]:
    """Under every live key, newest first, for look-ups while a rotation is under way. Raises Invalid."""
    return digests_of_normalised(keyring, kind, normalise(kind, value))


def digests_of_normalised(keyring: Keyring, kind: IdentifierKind, normalised: str) -> list[bytes]:
    """As `digests`, of what `normalise` has given already: reading a million values twice would cost a minute."""
    return [_digest(keyring, version, kind, normalised) for version in keyring.live]


def keyed(keyring: Keyring, use: str, value: bytes) -> bytes:
    """32 bytes for what is compared and never looked up as an identifier: codes, limits, secrets of sessions."""
    return _keyed(keyring, keyring.current, use, value)


def is_keyed(keyring: Keyring, use: str, value: bytes, known: bytes) -> bool:
    """Whether `known` was made of this value, under any live key. How long it takes says nothing of the digest."""
    return any(hmac.compare_digest(_keyed(keyring, version, use, value), known) for version in keyring.live)


def normalise(kind: IdentifierKind, value: str) -> str:
    """The one spelling of an identifier that may be written in several ways. Raises Invalid."""
    return _NORMALISERS[kind](value)


def words_of_name(value: str) -> list[str]:
    """A name is found by its words, in any order: without case, and without the marks that people leave out."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", value).casefold())
    words = _WORD.findall("".join(map(_unmarked, folded)))
    return list(dict.fromkeys(words))[:MOST_WORDS]


def _digest(keyring: Keyring, version: int, kind: IdentifierKind, normalised: str) -> bytes:
    return hmac.digest(keyring.versions[version].digesting, f"{kind}\0{normalised}".encode(), "sha256")


def _keyed(keyring: Keyring, version: int, use: str, value: bytes) -> bytes:
    """The leading zero byte, with which no identifier's kind begins, keeps the two sorts of digests apart."""
    return hmac.digest(keyring.versions[version].digesting, b"\0" + use.encode() + b"\0" + value, "sha256")


def _email(value: str) -> str:
    """The local part in small letters, the domain in ASCII (IDNA).

    Not casefolded: that makes ß and ſ into letters of somebody else's mailbox, to which a code to this one proves
    nothing.
    """
    try:
        address = validate_email(value.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise NotAnEmailAddress from None
    return f"{address.local_part.lower()}@{address.ascii_domain}"


def _phone(value: str) -> str:
    """E.164. A number that is possible is enough: number ranges change sooner than libraries."""
    try:
        number = phonenumbers.parse(value, HOME_REGION)
    except NumberParseException:
        raise NotAPhoneNumber from None
    if not phonenumbers.is_possible_number(number):
        raise NotAPhoneNumber
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _hetu(value: str) -> str:
    """The test and temporary range is let through here: it can match nothing that a register did not take in."""
    try:
        return str(hetu.validate(value, allow_temporary=True))
    except ValidationError:
        raise NotAPersonalIdentityCode from None


def _business_id(value: str) -> str:
    """NNNNNNN-N; the six digits of old numbers get their zero back."""
    digits = re.sub(r"[\s-]", "", value).upper().removeprefix("FI").rjust(8, "0")
    try:
        compact = str(ytunnus.validate(digits))
    except ValidationError:
        raise NotABusinessId from None
    return f"{compact[:7]}-{compact[7]}"


def _name(value: str) -> str:
    """Width and letter case folded, spaces taken out at the ends and joined within; leading zeros stay."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())
    joined = " ".join(folded.split())
    if not joined:
        raise EmptyIdentifier
    return joined


def _words_of_name(value: str) -> str:
    words = words_of_name(value)
    if not words:
        raise EmptyIdentifier
    return " ".join(words)


_WORD = re.compile(r"[^\W\d_]+")
# Letters of their own in Finnish and Swedish; elsewhere a mark above or below a letter is often left out in writing.
_OWN_LETTERS = frozenset("åäö")


def _unmarked(letter: str) -> str:
    if letter in _OWN_LETTERS:
        return letter
    return "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))


_NORMALISERS = {
    IdentifierKind.EMAIL: _email,
    IdentifierKind.PHONE: _phone,
    IdentifierKind.CUSTOMER_NUMBER: _name,
    IdentifierKind.HETU: _hetu,
    IdentifierKind.BUSINESS_ID: _business_id,
    IdentifierKind.USER_NAME: _name,
    IdentifierKind.NAME: _words_of_name,
}

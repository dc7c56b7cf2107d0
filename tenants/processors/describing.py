"""What is known of an organisation, as it is written down: checked, and in one spelling."""

import re
from collections.abc import Iterator

from babel import Locale
from stdnum.exceptions import ValidationError
from stdnum.fi import ytunnus
from stdnum.util import get_cc_module

from tenants.companies.model import Contact
from tenants.errors import Invalid, TooLong
from tenants.languages.speaking import Language
from tenants.processors import refusals
from tenants.processors.model import Description, Document
from tenants.vault.digests import IdentifierKind, NotAnEmailAddress, normalise

KEY = re.compile("[a-z][a-z0-9_-]{0,39}")
DOMAIN = re.compile("([a-z0-9åäö]([a-z0-9åäö-]*[a-z0-9åäö])?[.])+[a-z]{2,}")
# What CLDR tells of beyond ISO 3166 are groups of countries, and parts of them that have no code of their own.
_NO_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"})
COUNTRIES = frozenset(filter(re.compile("[A-Z]{2}").fullmatch, map(str, Locale("en").territories))) - _NO_COUNTRIES
LONGEST = {
    "name": 200,
    "domain": 200,
    "document": 200,
    "reason": 2000,
    "service": 500,
    "where": 200,
    "essence": 4000,
    "contact_point": 200,
}
LONGEST_CONTACT = {"role": 4000, "address": 200, "visiting_address": 200, "phone": 200, "email": 400, "web": 200}


def in_one_spelling(said: Description) -> Description:
    """Without spaces around, and numbers as their authorities write them. What is wrong stays as it was."""
    return Description(
        key=said.key.strip(),
        name=" ".join(said.name.split()),
        kind=said.kind,
        country=said.country.strip().upper(),
        countries=tuple(sorted({one.strip().upper() for one in said.countries})),
        business_id=_business_id(said.business_id),
        vat_number=re.sub("[ .-]", "", said.vat_number or "").upper() or None,
        contact=said.contact,
        domain=(said.domain or "").strip().lower() or None,
        company_id=said.company_id,
        recipients=tuple(dict.fromkeys(said.recipients)),
    )


def faults(said: Description) -> Iterator[Invalid]:
    """Of what is in one spelling."""
    if not KEY.fullmatch(said.key):
        yield refusals.NotAKey(field="key")
    if not said.name:
        yield refusals.NeedsName(field="name")
    if len(said.name) > LONGEST["name"]:
        yield TooLong(field="name", most=LONGEST["name"])
    if said.business_id and not ytunnus.is_valid(said.business_id):
        yield refusals.NotABusinessId(field="business_id")
    if said.vat_number and not is_vat(said.vat_number):
        yield refusals.NotAVatNumber(field="vat_number")
    if said.domain and not (len(said.domain) <= LONGEST["domain"] and DOMAIN.fullmatch(said.domain)):
        yield refusals.NotADomain(field="domain")
    yield from _contact_faults(said.contact)
    yield from unknown_countries((said.country,), field="country")
    yield from unknown_countries(said.countries, field="countries")


def _contact_faults(contact: Contact) -> Iterator[Invalid]:
    role = contact.role
    if role and not role.fi.strip():
        yield refusals.FinnishMissing(field="role")
    if role and any(len(role.in_(language)) > LONGEST_CONTACT["role"] for language in Language):
        yield TooLong(field="role", most=LONGEST_CONTACT["role"])
    for name in ("address", "visiting_address", "phone", "email", "web"):
        if len(getattr(contact, name) or "") > LONGEST_CONTACT[name]:
            yield TooLong(field=name, most=LONGEST_CONTACT[name])
    if contact.web and not DOMAIN.fullmatch(contact.web):
        yield refusals.NotADomain(field="web")
    # Letters go there: what is no address, or several, reaches nobody.
    if contact.email and not _is_email(contact.email):
        yield NotAnEmailAddress(field="email")


def _is_email(said: str) -> bool:
    try:
        normalise(IdentifierKind.EMAIL, said)
    except NotAnEmailAddress:
        return False
    return True


def words(given: str, missing: Invalid, *, field: str = "reason") -> str:
    """A reason that is asked for. Raises `missing`, TooLong."""
    said, most = given.strip(), LONGEST["reason"]
    if not said:
        raise missing
    if len(said) > most:
        raise TooLong(field=field, most=most)
    return said


def unknown_countries(countries: tuple[str, ...], *, field: str) -> Iterator[Invalid]:
    for one in countries:
        if one not in COUNTRIES:
            yield refusals.NotACountry(field=field, country=one[:10])


def document_faults(document: Document | None, *, field: str) -> Iterator[Invalid]:
    """Of one that is given; whether one must be is another question."""
    if document is None:
        return
    if not document.name.strip():
        yield refusals.NeedsDocument(field=field)
    if len(document.name) > LONGEST["document"]:
        yield TooLong(field=field, most=LONGEST["document"])
    if not re.fullmatch("[0-9a-f]{64}", document.sha256, re.ASCII):
        yield refusals.NotADigest(field=f"{field}.sha256")


def _business_id(given: str | None) -> str | None:
    written = (given or "").strip()
    try:
        digits = str(ytunnus.validate(written))
    except ValidationError:
        return written or None
    return f"{digits[:7]}-{digits[7:]}"


def is_vat(number: str) -> bool:
    """Greece writes EL. Of a country whose numbers nobody here can check, the letters are all that is asked."""
    country = {"EL": "GR"}.get(number[:2], number[:2])
    if country not in COUNTRIES:
        return False
    checker = get_cc_module(country, "vat")
    return checker is None or bool(checker.is_valid(number))

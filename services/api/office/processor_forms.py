"""What the forms about processors and agreements give, and what they show again."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import TypeVar
from uuid import UUID

from msgspec import Struct, field, to_builtins
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.api import countries, form_tokens
from services.api.forms import Form, refused
from services.api.office.not_chosen import NotOneOfThese, in_every_language
from services.api.office.sent_documents import NOTHING, ChosenFile, named, nth
from tenants.companies import companies
from tenants.companies.model import Contact
from tenants.errors import Invalid, SeveralInvalid
from tenants.languages.speaking import Language, Text, sentence
from tenants.processors import cataloguing
from tenants.processors.engaging import Engagement
from tenants.processors.model import (
    Arrangement,
    AtEnd,
    Checked,
    Description,
    Document,
    Point,
    Processor,
    Questionnaire,
    Relation,
    Transfer,
    TransferKind,
)
from tenants.processors.terms import Terms
from tenants.registers.model import Purpose, RecipientKind
from tenants.registers.values import NotADate

Chosen = TypeVar("Chosen")
Given = dict[str, str | Sequence[str]]
# The fields of which a choice or a day is asked, as their templates call them.
LABELS = {
    "kind": sentence("Kind"),
    "relation": sentence("What the other side is"),
    "at_end": sentence("What happens to the data when it ends"),
    "transfers": sentence("Basis"),
    "valid_from": sentence("First day"),
    "answered_on": sentence("Answered on"),
    "since": sentence("Takes part from"),
    "verified_on": sentence("Verified on"),
    "valid_until": sentence("Valid until"),
    "issued_on": sentence("Given on"),
}
# Where in the forms a fault of the domain is mended.
PLACES = {"document.sha256": "sha256", "questionnaire.sha256": "questionnaire_sha256", "transfers.sha256": "transfers"}


class CountryOfBasisMissing(Invalid):
    """Choose the country to which this basis applies."""


class BasisOfCountryMissing(Invalid):
    """Choose the basis that this assessment is about."""


class DayMissing(Invalid):
    """%(label)s: the day is missing."""


class GivenFacts(Struct, frozen=True):
    """As the form gives them: `countries` are codes or names apart by commas, `company` is a company's key."""

    key: str = ""
    name: str = ""
    kind: str = ""
    country: str = ""
    countries: str = ""
    business_id: str = ""
    vat_number: str = ""
    role: str = ""
    role_sv: str = ""
    role_en: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    visiting_address: str = ""
    web: str = ""
    domain: str = ""
    company: str = ""
    recipients: str | list[str] = []
    looked_at: str = ""


class GivenEvidence(Struct, frozen=True):
    verified_on: str = ""
    valid_until: str = ""
    document: str = ""
    sha256: str = ""
    file: ChosenFile = NOTHING
    form_token: str = field(default="", name=form_tokens.FIELD)


class GivenCertificate(Struct, frozen=True):
    """`reason` where it replaces another."""

    reason: str = ""
    issued_on: str = ""
    sub_processors: str = ""
    document: str = ""
    sha256: str = ""
    file: ChosenFile = NOTHING
    form_token: str = field(default="", name=form_tokens.FIELD)


class GivenEngagement(Struct, frozen=True):
    sub_processor: str = ""
    service: str = ""
    service_sv: str = ""
    service_en: str = ""
    countries: str = ""
    since: str = ""
    announced_on: str = ""
    objections_until: str = ""


class GivenAgreement(Struct, frozen=True):
    """`where` says for each point of Art. 28(3) where the document stipulates it; lists are rows beside each other."""

    key: str = ""
    relation: str = Relation.PROCESSOR
    purposes: str | list[str] = []
    where: str | list[str] = []
    document: str = ""
    sha256: str = ""
    file: ChosenFile = NOTHING
    valid_from: str = ""
    valid_until: str = ""
    verify_again_on: str = ""
    at_end: str = ""
    transfer_country: str | list[str] = []
    transfer_kind: str | list[str] = []
    transfer_document: str | list[str] = []
    transfer_sha256: str | list[str] = []
    transfer_file: list[ChosenFile] = []
    essence: str = ""
    essence_sv: str = ""
    essence_en: str = ""
    contact_point: str = ""
    questionnaire: str = ""
    questionnaire_sha256: str = ""
    questionnaire_file: ChosenFile = NOTHING
    answered_on: str = ""
    objection_stops: str = ""
    looked_at: str = ""
    form_token: str = field(default="", name=form_tokens.FIELD)


def several(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def codes(given: str) -> tuple[str, ...]:
    """Of countries, apart by commas and given by their names or codes; codes may also stand apart by spaces."""
    parts = [one.strip() for one in re.split(r"[,;\n]+", given)]
    return tuple(code for one in parts for code in _codes_of(one))


def _codes_of(part: str) -> list[str]:
    named = countries.code_of(part)
    return [named] if named else [countries.code_of(one) or one.upper() for one in part.split()]


def read_facts(session: Session, given: GivenFacts) -> Description:
    """Raises NotOneOfThese, NoSuchCompany."""
    return Description(
        key=given.key,
        name=given.name,
        kind=_word(RecipientKind, given.kind, field="kind"),
        country=given.country,
        countries=codes(given.countries),
        business_id=given.business_id or None,
        vat_number=given.vat_number or None,
        contact=Contact(
            role=_spoken(given.role, given.role_sv, given.role_en),
            address=given.address.strip() or None,
            visiting_address=given.visiting_address.strip() or None,
            phone=given.phone.strip() or None,
            email=given.email.strip() or None,
            web=given.web.strip().lower() or None,
        ),
        domain=given.domain or None,
        company_id=companies.by_key(session, given.company).company_id if given.company else None,
        recipients=tuple(several(given.recipients)),
    )


def facts_as_form(session: Session, one: Processor) -> Given:
    known = {each.company_id: each.key for each in companies.listed(session)}
    contact = one.contact
    return {
        "key": one.key,
        "name": one.name,
        "kind": one.kind.value,
        "country": one.country,
        "countries": ", ".join(one.countries),
        "business_id": one.business_id or "",
        "vat_number": one.vat_number or "",
        **_as_given("role", contact.role),
        "email": contact.email or "",
        "phone": contact.phone or "",
        "address": contact.address or "",
        "visiting_address": contact.visiting_address or "",
        "web": contact.web or "",
        "domain": one.domain or "",
        "company": known.get(one.company_id, "") if one.company_id else "",
        "recipients": list(one.recipients),
        "looked_at": cataloguing.looked_at(one),
    }


def read_engagement(given: GivenEngagement) -> Engagement:
    """Raises SeveralInvalid."""
    return _gathered(
        lambda since, announced, until: Engagement(
            service=_spoken(given.service, given.service_sv, given.service_en) or Text(fi=""),
            countries=codes(given.countries),
            since=since,
            announced_on=announced,
            objections_until=until,
        ),
        lambda: _day(given.since, field="since"),
        lambda: _day_or_none(given.announced_on, field="announced_on"),
        lambda: _day_or_none(given.objections_until, field="objections_until"),
    )


def counted_evidence(given: GivenEvidence) -> tuple[GivenEvidence, list[Invalid]]:
    """With the SHA-256 of the file that was sent, if one was; and what is wrong with it."""
    one = named(given.document, given.sha256, given.file, file_field="file", digest_field="sha256")
    return replace(given, document=one.name, sha256=one.sha256), list(one.problems)


def read_days(given: GivenEvidence, faults: Sequence[Invalid] = ()) -> tuple[date, date]:
    """`faults` are those of the document. Raises SeveralInvalid."""
    return _gathered(
        lambda _, on, until: (on, until),
        lambda: _none_of(faults),
        lambda: _day(given.verified_on, field="verified_on"),
        lambda: _day(given.valid_until, field="valid_until"),
    )


def counted_certificate(given: GivenCertificate) -> tuple[GivenCertificate, list[Invalid]]:
    """As `counted_evidence`."""
    one = named(given.document, given.sha256, given.file, file_field="file", digest_field="sha256")
    return replace(given, document=one.name, sha256=one.sha256), list(one.problems)


def read_issued_on(given: GivenCertificate, faults: Sequence[Invalid] = ()) -> date:
    """`faults` are those of the document. Raises SeveralInvalid."""
    on: date = _gathered(
        lambda _, on: on,
        lambda: _none_of(faults),
        lambda: _day(given.issued_on, field="issued_on"),
    )
    return on


def counted_terms(given: GivenAgreement) -> tuple[GivenAgreement, list[Invalid]]:
    """With the SHA-256 of each file that was sent; and what is wrong with them."""
    document = named(given.document, given.sha256, given.file, file_field="file", digest_field="sha256")
    questionnaire = named(
        given.questionnaire,
        given.questionnaire_sha256,
        given.questionnaire_file,
        file_field="questionnaire_file",
        digest_field="questionnaire_sha256",
    )
    assessments = [
        named(
            nth(several(given.transfer_document), number) or "",
            nth(several(given.transfer_sha256), number) or "",
            nth(given.transfer_file, number) or NOTHING,
            file_field=f"transfer-file-{number + 1}",
            digest_field=f"transfer-sha256-{number + 1}",
        )
        for number in range(len(several(given.transfer_country)))
    ]
    counted = replace(
        given,
        document=document.name,
        sha256=document.sha256,
        questionnaire=questionnaire.name,
        questionnaire_sha256=questionnaire.sha256,
        transfer_document=[one.name for one in assessments],
        transfer_sha256=[one.sha256 for one in assessments],
    )
    return counted, [fault for one in (document, *assessments, questionnaire) for fault in one.problems]


def read_terms(session: Session, given: GivenAgreement, faults: Sequence[Invalid] = ()) -> Terms:
    """`faults` are those of its documents. Raises SeveralInvalid."""
    purposes = _purposes(session, several(given.purposes))

    read = _gathered(
        lambda *parts: parts[1:],
        lambda: _none_of(faults),
        lambda: _word(Relation, given.relation, field="relation"),
        lambda: _day(given.valid_from, field="valid_from"),
        lambda: _day_or_none(given.valid_until, field="valid_until"),
        lambda: _day_or_none(given.verify_again_on, field="verify_again_on"),
        lambda: _word(AtEnd, given.at_end, field="at_end") if given.at_end else None,
        lambda: list(_transfers(given)),
        lambda: _questionnaire(given),
    )
    relation, first, last, again, at_end, transfers, questionnaire = read
    return Terms(
        relation=relation,
        registers=tuple(sorted({one.register_id for one in purposes})),
        purposes=tuple(one.purpose_id for one in purposes),
        checklist=tuple(_checklist(several(given.where))),
        document=_document(given.document, given.sha256),
        valid_from=first,
        valid_until=last,
        verify_again_on=again,
        at_end=at_end,
        transfers=tuple(transfers),
        questionnaire=questionnaire,
        arrangement=_arrangement(given),
        objection_stops=bool(given.objection_stops),
    )


def terms_as_form(key: str, terms: Terms, looked_at: str) -> Given:
    where = {one.point: one.where or "" for one in terms.checklist if one.met}
    asked = terms.questionnaire
    return {
        "key": key,
        "relation": terms.relation.value,
        "purposes": [str(one) for one in terms.purposes],
        "where": [where.get(point, "") for point in Point],
        "document": terms.document.name if terms.document else "",
        "sha256": terms.document.sha256 if terms.document else "",
        "valid_from": terms.valid_from.isoformat(),
        "valid_until": terms.valid_until.isoformat() if terms.valid_until else "",
        "verify_again_on": terms.verify_again_on.isoformat() if terms.verify_again_on else "",
        "at_end": terms.at_end.value if terms.at_end else "",
        "transfer_country": [one.country for one in terms.transfers],
        "transfer_kind": [one.kind.value for one in terms.transfers],
        "transfer_document": [one.assessment.name if one.assessment else "" for one in terms.transfers],
        "transfer_sha256": [one.assessment.sha256 if one.assessment else "" for one in terms.transfers],
        "questionnaire": asked.document.name if asked else "",
        "questionnaire_sha256": asked.document.sha256 if asked else "",
        "answered_on": asked.answered_on.isoformat() if asked else "",
        **_as_given("essence", terms.arrangement.essence if terms.arrangement else None),
        "contact_point": terms.arrangement.contact if terms.arrangement else "",
        "objection_stops": "yes" if terms.objection_stops else "",
        "looked_at": looked_at,
    }


def refused_form(language: Language, given: Struct, refusal: Invalid) -> Form:
    """The form with what was given and with each reason at its place; a file is not sent back, its SHA-256 is."""
    for each in refusal.problems if isinstance(refusal, SeveralInvalid) else (refusal,):
        each.field = PLACES.get(each.field or "", each.field)
    return refused(language, shown_again(given), refusal)


def shown_again(given: Struct) -> Mapping[str, str | Sequence[str]]:
    kept = {name: getattr(given, name) for name in given.__struct_fields__ if name != "form_token"}
    found: dict[str, str | Sequence[str]] = to_builtins(
        {name: value for name, value in kept.items() if not name.endswith("file")}
    )
    return found


def _spoken(fi: str, sv: str, en: str) -> Text | None:
    """Whoever gave one language has said something; Finnish is what is missing then."""
    said = fi.strip(), sv.strip() or None, en.strip() or None
    return Text(*said) if any(said) else None


def _as_given(name: str, said: Text | None) -> Given:
    given = said or Text(fi="")
    return {name: given.fi, f"{name}_sv": given.sv or "", f"{name}_en": given.en or ""}


def _none_of(faults: Sequence[Invalid]) -> None:
    if faults:
        raise SeveralInvalid(faults)


def _purposes(session: Session, given: Sequence[str]) -> Sequence[Purpose]:
    """An id that names none is refused with the terms, as one that is not the company's is."""
    ids = {UUID(one) for one in given if re.fullmatch("[0-9a-f-]{36}", one)}
    return session.scalars(select(Purpose).where(Purpose.purpose_id.in_(ids)).order_by(Purpose.purpose_id)).all()


def _checklist(where: Sequence[str]) -> Iterator[Checked]:
    for at, point in enumerate(Point):
        said = where[at].strip() if at < len(where) else ""
        yield Checked(point, met=bool(said), where=said or None)


def _transfers(given: GivenAgreement) -> Iterator[Transfer]:
    rows = zip(
        several(given.transfer_country),
        several(given.transfer_kind),
        several(given.transfer_document),
        several(given.transfer_sha256),
        strict=False,
    )
    for number, (country, kind, name, sha256) in enumerate(rows, start=1):
        assessment = _document(name, sha256)
        if not country.strip() and (kind or assessment):
            raise CountryOfBasisMissing(field=f"transfer-country-{number}")
        if assessment and not kind:
            raise BasisOfCountryMissing(field=f"transfer-kind-{number}")
        if kind:
            yield Transfer(country.strip().upper(), _word(TransferKind, kind, field="transfers"), assessment)


def _arrangement(given: GivenAgreement) -> Arrangement | None:
    essence, contact = _spoken(given.essence, given.essence_sv, given.essence_en), given.contact_point.strip()
    return Arrangement(essence or Text(fi=""), contact) if essence or contact else None


def _questionnaire(given: GivenAgreement) -> Questionnaire | None:
    document = _document(given.questionnaire, given.questionnaire_sha256)
    if document is None:
        return None
    return Questionnaire(document, _day(given.answered_on, field="answered_on"))


def _document(name: str, sha256: str) -> Document | None:
    return Document(name.strip(), sha256.strip().lower()) if name.strip() or sha256.strip() else None


def _word(kind: type[Chosen], given: str, *, field: str) -> Chosen:
    try:
        return kind(given)  # type: ignore[call-arg]
    except ValueError:
        raise NotOneOfThese(LABELS[field], field=field) from None


def _day(given: str, *, field: str) -> date:
    found = _day_or_none(given, field=field)
    if found is None:
        raise DayMissing(field=field, label=in_every_language(LABELS[field]))
    return found


def _day_or_none(given: str, *, field: str) -> date | None:
    if not given.strip():
        return None
    try:
        return date.fromisoformat(given.strip())
    except ValueError:
        raise NotADate(field=field) from None


def _gathered(make: Callable[..., Chosen], *parts: Callable[[], object]) -> Chosen:
    """All that is wrong with the parts at once. Raises SeveralInvalid."""
    found: list[object] = []
    problems: list[Invalid] = []
    for part in parts:
        try:
            found.append(part())
        except SeveralInvalid as refusal:
            problems.extend(refusal.problems)
        except Invalid as refusal:
            problems.append(refusal)
    if problems:
        raise SeveralInvalid(problems)
    return make(*found)

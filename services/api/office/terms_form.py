"""The terms of a policy as a form gives them, and a form as terms are shown in it. Nothing here needs a script."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from litestar.datastructures import UploadFile
from msgspec import Struct, field

from services.api import form_tokens
from services.api.office import condition_form
from services.api.office.condition_form import ALL, KEEP, several
from services.api.office.read_terms import Reading, basis, day, first_day, purpose
from services.api.office.sent_documents import digest
from tenants.registers.model import LegalBasis
from tenants.sharing import refusals
from tenants.sharing.conditions import Condition
from tenants.sharing.model import Agreement
from tenants.sharing.naming import Names
from tenants.sharing.terms import Terms


class GivenTerms(Struct, frozen=True):
    """As the form gives them; the condition as `condition_form.GivenCondition` says."""

    register: UUID
    purpose: str = ""
    recipients: str | list[str] = []
    fields: str | list[str] = []
    joined: str = ALL
    part: str | list[str] = []
    values: str | list[str] = []
    legal_basis: str = ""
    balancing: str = ""
    agreement_name: str = ""
    agreement_sha256: str = ""
    file: UploadFile | None = None
    valid_from: str = ""
    valid_until: str = ""
    review_on: str = ""
    looked_at: str = ""
    more: str = ""
    form_token: str = field(default="", name=form_tokens.FIELD)


def shown_again(given: GivenTerms) -> dict[str, str | Sequence[str]]:
    """What the form shows after it was sent; a file is chosen anew, unless its digest is there already."""
    kept = {
        name: getattr(given, name) for name in given.__struct_fields__ if name not in ("file", "form_token", "more")
    }
    return {name: str(value) if isinstance(value, UUID) else value for name, value in kept.items()}


def as_form(terms: Terms, looked_at: str) -> dict[str, str | Sequence[str]]:
    """The same names, filled with what was said before."""
    return {
        "register": str(terms.register_id),
        "purpose": str(terms.purpose_id),
        "recipients": [str(one) for one in terms.recipients],
        "fields": list(terms.fields),
        **condition_form.as_form(terms.condition),
        "legal_basis": terms.legal_basis.value,
        "balancing": terms.balancing or "",
        "agreement_name": terms.agreement.name if terms.agreement else "",
        "agreement_sha256": terms.agreement.sha256 if terms.agreement else "",
        "valid_from": terms.valid_from.isoformat(),
        "valid_until": terms.valid_until.isoformat() if terms.valid_until else "",
        "review_on": terms.review_on.isoformat() if terms.review_on else "",
        "looked_at": looked_at,
    }


def read(given: GivenTerms, names: Names, *, company_id: UUID, kept: Condition | None = None) -> Terms:
    """`kept` is the condition that stays where the form could not show it. Raises SeveralInvalid."""
    reading = Reading()
    terms = Terms(
        register_id=given.register,
        purpose_id=reading.take(lambda: purpose(given.purpose, given.register, names), given.register),
        recipients=tuple(reading.take(lambda: _recipients(given), [])),
        fields=tuple(several(given.fields)),
        condition=kept
        if given.joined == KEEP
        else reading.take(lambda: condition_form.read(given, names, company_id), None),
        legal_basis=reading.take(lambda: basis(given.legal_basis), LegalBasis.CONTRACT),
        balancing=given.balancing.replace("\r\n", "\n").strip() or None,
        agreement=_agreement(given),
        valid_from=reading.take(lambda: first_day(given.valid_from), date.min),
        valid_until=reading.take(lambda: day(given.valid_until, "valid_until"), None),
        review_on=reading.take(lambda: day(given.review_on, "review_on"), None),
    )
    reading.refuse()
    return terms


def _recipients(given: GivenTerms) -> list[UUID]:
    try:
        return [UUID(one) for one in several(given.recipients)]
    except ValueError:
        raise refusals.NotOfThisGroup(field="recipients") from None


def _agreement(given: GivenTerms) -> Agreement | None:
    """A document that is sent is digested and not kept."""
    name, sha256 = given.agreement_name.strip(), given.agreement_sha256.strip().lower().replace(" ", "")
    if given.file is not None and given.file.filename:
        name, (_, sha256) = name or given.file.filename, digest(given.file.file)
    return Agreement(name, sha256) if name or sha256 else None

"""A feed's scope as a form gives it, and a form as a scope is shown in it."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct, to_builtins

from services.api.office import condition_form
from services.api.office.condition_form import ALL, KEEP, several
from services.api.office.feed_missing import field_of
from services.api.office.not_chosen import NotOneOfThese
from services.api.office.read_terms import Reading, basis, day, first_day, purpose
from tenants.errors import Invalid, SeveralInvalid
from tenants.feeds.terms import Terms
from tenants.languages.speaking import Text, sentence
from tenants.registers.model import LegalBasis
from tenants.registers.values import NotANumber
from tenants.sharing.conditions import Condition
from tenants.sharing.naming import Names

YES = "yes"


class GivenScope(Struct, frozen=True):
    """The condition as `condition_form.GivenCondition` says. Boxes are there when they are ticked; `key` and the names
    are said once, when the feed is drafted."""

    register: UUID
    key: str = ""
    name_fi: str = ""
    name_sv: str = ""
    name_en: str = ""
    purpose: str = ""
    fields: str | list[str] = []
    sealed_fields: str | list[str] = []
    joined: str = ALL
    part: str | list[str] = []
    values: str | list[str] = []
    consent_required: str = ""
    bound_to_event: str = ""
    event_register: str = ""
    event_days: str = ""
    legal_basis: str = ""
    balancing: str = ""
    valid_from: str = ""
    valid_until: str = ""
    looked_at: str = ""
    more: str = ""

    @property
    def name(self) -> Text:
        return Text(fi=self.name_fi.strip(), sv=self.name_sv.strip() or None, en=self.name_en.strip() or None)


def shown_again(given: GivenScope) -> dict[str, str | Sequence[str]]:
    found: dict[str, str | Sequence[str]] = to_builtins(given)
    return {name: value for name, value in found.items() if name != "more"}


def as_form(terms: Terms, looked_at: str) -> dict[str, str | Sequence[str]]:
    return {
        "register": str(terms.register_id),
        "purpose": str(terms.purpose_id),
        "fields": list(terms.fields),
        "sealed_fields": list(terms.sealed_fields),
        **condition_form.as_form(terms.condition),
        "consent_required": YES if terms.consent_required else "",
        "bound_to_event": YES if terms.bound_to_event else "",
        "event_register": str(terms.event_register_id or ""),
        "event_days": str(terms.event_days or ""),
        "legal_basis": terms.legal_basis.value,
        "balancing": terms.balancing or "",
        "valid_from": terms.valid_from.isoformat(),
        "valid_until": terms.valid_until.isoformat() if terms.valid_until else "",
        "looked_at": looked_at,
    }


def read(given: GivenScope, names: Names, *, company_id: UUID, kept: Condition | None = None) -> Terms:
    """`kept` is the condition that stays where the form could not show it. Raises SeveralInvalid."""
    reading = Reading()
    terms = Terms(
        register_id=given.register,
        purpose_id=reading.take(lambda: purpose(given.purpose, given.register, names), given.register),
        fields=tuple(several(given.fields)),
        sealed_fields=tuple(several(given.sealed_fields)),
        condition=kept
        if given.joined == KEEP
        else reading.take(lambda: condition_form.read(given, names, company_id), None),
        consent_required=given.consent_required == YES,
        bound_to_event=given.bound_to_event == YES,
        event_register_id=reading.take(lambda: _event_register(given, names, company_id), None),
        event_days=reading.take(lambda: _days(given), None),
        legal_basis=reading.take(lambda: basis(given.legal_basis), LegalBasis.CONTRACT),
        balancing=given.balancing.replace("\r\n", "\n").strip() or None,
        valid_from=reading.take(lambda: first_day(given.valid_from), date.min),
        valid_until=reading.take(lambda: day(given.valid_until, "valid_until"), None),
    )
    reading.refuse()
    return terms


def at_their_fields(refusal: Invalid) -> Invalid:
    """What the domain says of a scope stands where the form asks for it."""
    for each in refusal.problems if isinstance(refusal, SeveralInvalid) else (refusal,):
        each.field = each.field if each.field and each.field.startswith("part-") else field_of(each)
    return refusal


def _event_register(given: GivenScope, names: Names, company_id: UUID) -> UUID | None:
    if not given.event_register:
        return None
    own = {str(one.register_id): one.register_id for one in names.registers_of(company_id)}
    if given.event_register not in own:
        raise NotOneOfThese(sentence("Register of the events"), field="event_register")
    return own[given.event_register]


def _days(given: GivenScope) -> int | None:
    said = given.event_days.strip()
    if not said:
        return None
    if not (said.isascii() and said.isdigit()) or len(said) > 6:
        raise NotANumber(field="event_days")
    return int(said)

"""Whether a policy can be: everything that stands in its way, all at once.

A draft may be unfinished; what could never be is refused at once. Nothing is granted, accepted or resumed unless the
notice in force of the owner names the purpose and the recipient (P42, P43), and nothing is shared for marketing outside
the group (P44): no setting and no role changes that.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, or_, select, true
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.errors import Invalid, SeveralInvalid, TooLong
from tenants.languages.speaking import HELSINKI
from tenants.registers.model import Field, FieldType, LegalBasis
from tenants.registers.values import reader
from tenants.sharing import ground as grounds
from tenants.sharing import refusals
from tenants.sharing.conditions import (
    DEEPEST,
    MOST_PARTS,
    MOST_VALUES,
    All,
    Any,
    Condition,
    FieldIs,
    HasRecord,
    Plain,
    depth,
    parts,
)
from tenants.sharing.ground import Ground
from tenants.sharing.model import SharingGrant, SharingPolicy
from tenants.sharing.terms import Terms, terms_of

LONGEST = {"balancing": 10_000, "agreement": 200}
IDENTIFYING = frozenset({FieldType.EMAIL, FieldType.PHONE, FieldType.HETU, FieldType.IBAN})


def refuse_impossible(ground: Ground, terms: Terms) -> None:
    """What no draft can say. Raises SeveralInvalid."""
    _refuse(_impossible(ground, terms))


def refuse_incomplete(session: Session, ground: Ground, terms: Terms, *, policy_id: UUID) -> None:
    """What must not become active. Raises SeveralInvalid."""
    _refuse(_incomplete(session, ground, terms, policy_id))


def refuse_unlike_granted(session: Session, ground: Ground, policy: SharingPolicy) -> None:
    """What was granted for another kind of purpose opens nothing. Raises SeveralInvalid."""
    _refuse(_of_another_kind(session, ground, policy))


def missing(session: Session, policy: SharingPolicy) -> list[Invalid]:
    """All that stands between this version and its being granted, accepted or resumed today."""
    terms = terms_of(policy)
    ground = grounds.ground(session, policy.company_id, terms)
    return [*_incomplete(session, ground, terms, policy.policy_id), *_of_another_kind(session, ground, policy)]


def _incomplete(session: Session, ground: Ground, terms: Terms, policy_id: UUID) -> Iterator[Invalid]:
    yield from _impossible(ground, terms)
    yield from _unnamed(ground, terms)
    yield from _undocumented(terms)
    yield from _overlapping(session, ground, terms, policy_id)


def _refuse(problems: Iterator[Invalid]) -> None:
    if found := list(problems):
        raise SeveralInvalid(found)


def _impossible(ground: Ground, terms: Terms) -> Iterator[Invalid]:
    if ground.shared is None:
        yield refusals.NotARegister(field="register")
    if ground.purpose is None:
        yield refusals.PurposeNotInNotice(field="purpose")
    yield from _recipients(ground, terms)
    yield from field_faults(ground, terms.fields)
    yield from _sealed(ground, terms)
    yield from condition_faults(ground, terms.condition)
    if terms.valid_until and terms.valid_until < terms.valid_from:
        yield refusals.EndsBeforeItBegins(field="valid_until")
    for field, given in (("balancing", terms.balancing), ("agreement", terms.agreement and terms.agreement.name)):
        if given and len(given) > LONGEST[field]:
            yield TooLong(field=field, most=LONGEST[field])
    if terms.agreement and not re.fullmatch("[0-9a-f]{64}", terms.agreement.sha256, re.ASCII):
        yield refusals.NotASha256(field="agreement.sha256")


def _recipients(ground: Ground, terms: Terms) -> Iterator[Invalid]:
    if not terms.recipients:
        yield refusals.NoRecipients(field="recipients")
    if ground.owner_id in terms.recipients:
        yield refusals.SharedWithItself(field="recipients")
    if any(one not in ground.companies for one in terms.recipients):
        yield refusals.NotOfThisGroup(field="recipients")
        if ground.purpose and ground.purpose.kind is PurposeKind.MARKETING:
            yield refusals.MarketingOutsideTheGroup(field="recipients")


def field_faults(ground: Ground, keys: Sequence[str]) -> Iterator[Invalid]:
    """Whether the shared register has these fields now, each named once."""
    if not keys:
        yield refusals.NoFields(field="fields")
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield refusals.FieldTwice(field=f"fields.{key}", key=key)
    for key in keys if ground.shared else ():
        if ground.shared and key not in ground.shared.fields:
            yield refusals.NotAFieldOfTheRegister(field=f"fields.{key}", key=key)


def _sealed(ground: Ground, terms: Terms) -> Iterator[Invalid]:
    for key in terms.fields if ground.shared else ():
        field = ground.shared.fields.get(key) if ground.shared else None
        if field is not None and field.sealed:
            yield refusals.FieldIsSealed(field=f"fields.{key}", key=field.label)


def condition_faults(ground: Ground, condition: Condition | None) -> Iterator[Invalid]:
    """Whether the owner's registers could answer what it asks, and it names no people."""
    found = list(parts(condition))
    values = max((len(part.values) for part in found if isinstance(part, FieldIs | HasRecord)), default=0)
    if len(found) > MOST_PARTS or depth(condition) > DEEPEST or values > MOST_VALUES:
        yield refusals.ConditionTooLarge(field="condition", parts=MOST_PARTS, deep=DEEPEST, values=MOST_VALUES)
        return
    for part in found:
        match part:
            case FieldIs(key, values_of):
                yield from _asked(ground.shared.fields if ground.shared else {}, key, values_of)
            case HasRecord(register, key, values_of) if register in ground.registers:
                yield from _asked(ground.registers[register].fields, key, values_of)
            case HasRecord(register, _, _):
                yield refusals.ConditionRegisterUnknown(field="condition", key=register)
            case All(of) | Any(of) if not of:
                yield refusals.ConditionWithoutValues(field="condition")


def _asked(fields: Mapping[str, Field], key: str, values: tuple[Plain, ...]) -> Iterator[Invalid]:
    place, field = f"condition.{key}", fields.get(key)
    if field is None:
        yield refusals.ConditionFieldUnknown(field=place, key=key)
    elif field.sealed:
        yield refusals.ConditionFieldSealed(field=place, key=field.label)
    elif field.identifier or field.type in IDENTIFYING:
        yield refusals.ConditionNamesPeople(field=place, key=field.label)
    elif not values:
        yield refusals.ConditionWithoutValues(field=place)
    elif not all(_fits(field.type, value) for value in values):
        yield refusals.ConditionValueWrong(field=place, key=field.label)


def _fits(kind: FieldType, value: Plain) -> bool:
    """Whether a record could hold the value, in the spelling in which it is kept."""
    if kind is FieldType.BOOLEAN:
        return isinstance(value, bool)
    if kind is FieldType.NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool)
    try:
        return isinstance(value, str) and reader(kind)(value) == value
    except Invalid:
        return False


def _unnamed(ground: Ground, terms: Terms) -> Iterator[Invalid]:
    """What the notice in force does not say (P43)."""
    if ground.shared is None:
        return
    for company_id in terms.recipients:
        company = ground.companies.get(company_id)
        if company is not None and not ground.shared.names(company):
            yield refusals.RecipientNotInNotice(field="recipients", company=company.name)
    yield from purpose_faults(ground, terms.fields)


def purpose_faults(ground: Ground, keys: Sequence[str]) -> Iterator[Invalid]:
    """Whether the fields are kept for the purpose, as the notice in force says (P43)."""
    if ground.shared is None or ground.purpose is None:
        return
    for key in keys:
        field = ground.shared.fields.get(key)
        if field is not None and ground.purpose.key not in field.purposes:
            yield refusals.FieldNotForPurpose(field=f"fields.{key}", key=field.label)


def _of_another_kind(session: Session, ground: Ground, policy: SharingPolicy) -> Iterator[Invalid]:
    """A grant is for the kind that the purpose had; the door compares them."""
    granted = select(SharingGrant.kind).where(
        SharingGrant.policy_id == policy.policy_id, SharingGrant.version == policy.version
    )
    kinds = set(session.scalars(granted))
    if ground.purpose is not None and kinds - {ground.purpose.kind}:
        yield refusals.PurposeOfAnotherKind(field="purpose")


def balancing_faults(legal_basis: LegalBasis, balancing: str | None) -> Iterator[Invalid]:
    """A legitimate interest is one that was weighed against those of the persons (Art. 6(1)(f))."""
    if legal_basis is LegalBasis.LEGITIMATE_INTEREST and not (balancing or "").strip():
        yield refusals.BalancingTestMissing(field="balancing")


def _undocumented(terms: Terms) -> Iterator[Invalid]:
    today = datetime.now(HELSINKI).date()
    yield from balancing_faults(terms.legal_basis, terms.balancing)
    if terms.agreement is None or not terms.agreement.name.strip():
        yield refusals.AgreementMissing(field="agreement")
    if terms.valid_until and terms.valid_until < today:
        yield refusals.HasEndedAlready(field="valid_until")
    yield from _review(terms.review_on, today)


def _review(review_on: date | None, today: date) -> Iterator[Invalid]:
    if review_on is None:
        yield refusals.ReviewMissing(field="review_on")
    elif review_on < today:
        yield refusals.ReviewPassed(field="review_on")


def _overlapping(session: Session, ground: Ground, terms: Terms, policy_id: UUID) -> Iterator[Invalid]:
    """One reading is allowed by one policy: which fields, and under which version, must never be a choice."""
    if ground.purpose is None:
        return
    others = select(SharingGrant.recipient_id).where(
        SharingGrant.register_id == terms.register_id,
        SharingGrant.kind == ground.purpose.kind,
        SharingGrant.recipient_id.in_(terms.recipients),
        SharingGrant.policy_id != policy_id,
        or_(SharingGrant.closes_at.is_(None), SharingGrant.closes_at > func.greatest(terms.opens_at, func.now())),
        SharingGrant.opens_at < terms.closes_at if terms.closes_at else true(),
    )
    for company_id in sorted(set(session.scalars(others))):
        company = ground.companies.get(company_id)
        yield refusals.Overlaps(field="recipients", company=company.name if company else str(company_id))

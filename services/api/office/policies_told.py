"""A sharing policy as people read it: in lists, and whole."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from services.api import conditions
from services.api.conditions import Clause
from tenants.acting import PurposeKind
from tenants.languages.speaking import HELSINKI, Language, Text
from tenants.registers.model import LegalBasis
from tenants.sharing import reading
from tenants.sharing.model import Agreement, PolicyState, SharingPolicy
from tenants.sharing.naming import Names
from tenants.sharing.reading import Policy, Version

SHARING = "/office/sharing"


class ListedPolicy(Struct, frozen=True, kw_only=True):
    """`drafted` is the number of a next version that is on the way; `offered` where this company is to accept."""

    url: str
    register: Text
    purpose: Text
    kind: PurposeKind
    giver: str
    receivers: list[str]
    state: PolicyState
    until: date | None
    review_on: date | None
    overdue: bool
    drafted: int | None
    offered: bool


class ShownReceiver(Struct, frozen=True):
    """`accepted_at` is None while the receiver is waited for, or was not asked yet."""

    name: str
    accepted_at: datetime | None
    granted: bool


class ShownTerms(Struct, frozen=True, kw_only=True):
    version: int
    state: PolicyState
    register: Text
    purpose: Text
    kind: PurposeKind
    fields: list[Text]
    condition: Clause | None
    legal_basis: LegalBasis
    balancing: str | None
    agreement: Agreement | None
    valid_from: date
    valid_until: date | None
    review_on: date | None
    overdue: bool


def listed(policy: Policy, names: Names, *, company_id: UUID | None) -> ListedPolicy:
    version, draft = policy.shown, policy.next_draft
    row = version.policy
    return ListedPolicy(
        url=url_of(row.policy_id),
        register=names.registers[row.register_id].name,
        purpose=names.purposes[row.purpose_id].label,
        kind=names.purposes[row.purpose_id].kind,
        giver=names.companies[row.company_id],
        receivers=[names.companies[one] for one in row.recipients],
        state=version.state,
        until=row.valid_until,
        review_on=row.review_on,
        overdue=reading.needs_review(version, today()),
        drafted=draft.policy.version if draft else None,
        offered=is_offered(version, company_id),
    )


def is_offered(version: Version, company_id: UUID | None) -> bool:
    """Whether it waits for this company to accept it."""
    return version.state in (PolicyState.GRANTED, PolicyState.ACTIVE) and company_id in version.awaited


def terms(language: Language, version: Version, names: Names) -> ShownTerms:
    row = version.policy
    fields = (names.field(row.register_id, key) for key in row.fields)
    return ShownTerms(
        version=row.version,
        state=version.state,
        register=names.registers[row.register_id].name,
        purpose=names.purposes[row.purpose_id].label,
        kind=names.purposes[row.purpose_id].kind,
        fields=[field.label if field else Text(fi=key) for field, key in zip(fields, row.fields, strict=True)],
        condition=_condition(language, row, names),
        legal_basis=row.legal_basis,
        balancing=row.balancing,
        agreement=row.agreement,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        review_on=row.review_on,
        overdue=reading.needs_review(version, today()),
    )


def _condition(language: Language, row: SharingPolicy, names: Names) -> Clause | None:
    if row.condition is None:
        return None
    return conditions.told(language, row.condition, names, company_id=row.company_id, register_id=row.register_id)


def receivers(version: Version, names: Names) -> list[ShownReceiver]:
    granted = {one.recipient_id for one in version.grants}
    return [
        ShownReceiver(names.companies[one], version.accepted.get(one), one in granted)
        for one in version.policy.recipients
    ]


def url_of(policy_id: UUID) -> str:
    return f"{SHARING}/{policy_id}"


def today() -> date:
    return datetime.now(HELSINKI).date()

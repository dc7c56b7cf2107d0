"""What a version of a policy says, as its owner asks for it."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from msgspec import Struct

from tenants.languages.speaking import HELSINKI
from tenants.registers.model import LegalBasis
from tenants.sharing.conditions import Condition
from tenants.sharing.model import Agreement, SharingPolicy


class Lasting(Struct, frozen=True, kw_only=True):
    """`valid_until` is the last day on which it holds."""

    valid_from: date
    valid_until: date | None = None

    @property
    def opens_at(self) -> datetime:
        return _begin_of(self.valid_from)

    @property
    def closes_at(self) -> datetime | None:
        return _begin_of(self.valid_until + timedelta(days=1)) if self.valid_until else None


class Terms(Lasting, frozen=True, kw_only=True):
    """`fields` and the condition name fields by key."""

    register_id: UUID
    purpose_id: UUID
    recipients: tuple[UUID, ...]
    fields: tuple[str, ...]
    condition: Condition | None = None
    legal_basis: LegalBasis
    balancing: str | None = None
    agreement: Agreement | None = None
    review_on: date | None = None


def terms_of(policy: SharingPolicy) -> Terms:
    return Terms(
        register_id=policy.register_id,
        purpose_id=policy.purpose_id,
        recipients=tuple(policy.recipients),
        fields=tuple(policy.fields),
        condition=policy.condition,
        legal_basis=policy.legal_basis,
        balancing=policy.balancing,
        agreement=policy.agreement,
        valid_from=policy.valid_from,
        valid_until=policy.valid_until,
        review_on=policy.review_on,
    )


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), HELSINKI)

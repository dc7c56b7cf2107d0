"""What a version of a feed's scope says, as its company asks for it."""

from uuid import UUID

from tenants.feeds.model import FeedScope
from tenants.registers.model import LegalBasis
from tenants.sharing.conditions import Condition
from tenants.sharing.terms import Lasting


class Terms(Lasting, frozen=True, kw_only=True):
    """Fields and the condition's fields are named by key."""

    register_id: UUID
    purpose_id: UUID
    fields: tuple[str, ...]
    sealed_fields: tuple[str, ...] = ()
    condition: Condition | None = None
    consent_required: bool = False
    bound_to_event: bool = False
    event_register_id: UUID | None = None
    event_days: int | None = None
    legal_basis: LegalBasis
    balancing: str | None = None

    @property
    def asks_consent(self) -> bool:
        """Where consent is the legal basis, it is asked of everybody, whether the scope says so or not."""
        return self.consent_required or self.legal_basis is LegalBasis.CONSENT


def terms_of(scope: FeedScope) -> Terms:
    return Terms(
        register_id=scope.register_id,
        purpose_id=scope.purpose_id,
        fields=tuple(scope.fields),
        sealed_fields=tuple(scope.sealed_fields),
        condition=scope.condition,
        consent_required=scope.consent_required,
        bound_to_event=scope.bound_to_event,
        event_register_id=scope.event_register_id,
        event_days=scope.event_days,
        legal_basis=scope.legal_basis,
        balancing=scope.balancing,
        valid_from=scope.valid_from,
        valid_until=scope.valid_until,
    )

"""What a policy comes to: ids in place of keys, and one grant for each receiver. Records are not touched."""

from collections.abc import Mapping
from uuid import UUID

from tenants.base import new_id
from tenants.ledger.model import DisclosureScope
from tenants.registers.model import Field, LegalBasis
from tenants.sharing.conditions import All, Condition, Consented, HasRecord, by_ids, parts
from tenants.sharing.ground import Ground
from tenants.sharing.model import SharingGrant, SharingPolicy
from tenants.sharing.refusals import NotARegister, PurposeNotInNotice
from tenants.sharing.terms import Terms, terms_of


def condition_of(known: Ground, terms: Terms) -> Condition | None:
    """Where consent is the legal basis, it is asked of everybody, whether the policy says so or not."""
    return asked_of(known, terms.condition, consent=terms.legal_basis is LegalBasis.CONSENT)


def asked_of(known: Ground, condition: Condition | None, *, consent: bool) -> Condition | None:
    """By ids; with `consent` to the kind of the purpose, too. Raises Invalid where it was not checked before."""
    if known.shared is None:
        raise NotARegister(field="register")
    if known.purpose is None:
        raise PurposeNotInNotice(field="purpose")
    registers = {key: (str(one.register.register_id), _ids(one.fields)) for key, one in known.registers.items()}
    said = None if condition is None else by_ids(condition, _ids(known.shared.fields), registers)
    if not consent:
        return said
    consented = Consented(known.purpose.kind)
    return consented if said is None else All((consented, said))


def grant_of(known: Ground, policy: SharingPolicy, recipient_id: UUID) -> SharingGrant:
    """As yet without a scope. Raises Invalid where the policy was not checked before."""
    terms = terms_of(policy)
    condition = condition_of(known, terms)
    if known.shared is None or known.purpose is None:
        raise NotARegister(field="register")
    return SharingGrant(
        grant_id=new_id(),
        company_id=policy.company_id,
        recipient_id=recipient_id,
        policy_id=policy.policy_id,
        version=policy.version,
        register_id=policy.register_id,
        purpose_id=policy.purpose_id,
        kind=known.purpose.kind,
        fields=[known.shared.fields[key].field_id for key in policy.fields],
        condition=condition,
        reads=sorted({policy.register_id, *looked_into(condition)}),
        opens_at=terms.opens_at,
        closes_at=terms.closes_at,
    )


def looked_into(condition: Condition | None) -> set[UUID]:
    """The registers that a compiled condition asks for records."""
    return {UUID(part.register) for part in parts(condition) if isinstance(part, HasRecord)}


def scope_of(grant: SharingGrant) -> DisclosureScope:
    return DisclosureScope(
        scope_id=new_id(),
        company_id=grant.company_id,
        recipient_id=grant.recipient_id,
        register_id=grant.register_id,
        purpose_id=grant.purpose_id,
        kind=grant.kind,
        fields=list(grant.fields),
        source_id=grant.policy_id,
        source_version=grant.version,
        closed_at=grant.closes_at,
    )


def _ids(fields: Mapping[str, Field]) -> dict[str, str]:
    return {key: str(field.field_id) for key, field in fields.items()}

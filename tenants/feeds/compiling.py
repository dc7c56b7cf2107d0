"""What an approved scope comes to: ids in place of keys, and whether it goes beyond the one before it."""

from uuid import UUID

from tenants.base import new_id
from tenants.feeds.model import FeedScope
from tenants.feeds.terms import terms_of
from tenants.ledger.model import DisclosureScope
from tenants.sharing.compiling import asked_of, looked_into
from tenants.sharing.conditions import All, Condition
from tenants.sharing.ground import Ground
from tenants.sharing.refusals import NotARegister


def compile_scope(known: Ground, scope: FeedScope) -> None:
    """Says by ids what the version says by keys. Raises Invalid where it was not checked before."""
    terms = terms_of(scope)
    scope.compiled = asked_of(known, terms.condition, consent=terms.asks_consent)
    if known.shared is None or known.purpose is None:
        raise NotARegister(field="register")
    scope.kind = known.purpose.kind
    scope.field_ids = [known.shared.fields[key].field_id for key in terms.fields]
    scope.sealed_ids = [known.shared.fields[key].field_id for key in terms.sealed_fields]
    scope.asked = sorted(looked_into(scope.compiled))
    events = [terms.event_register_id] if terms.event_register_id else []
    scope.reads = sorted({scope.register_id, *scope.asked, *events})
    scope.opens_at, scope.closes_at = terms.opens_at, terms.closes_at


def ledger_scope(scope: FeedScope, recipient_id: UUID) -> DisclosureScope:
    """Of a compiled version. `recipient_id` is the processor."""
    return DisclosureScope(
        scope_id=new_id(),
        company_id=scope.company_id,
        recipient_id=recipient_id,
        register_id=scope.register_id,
        purpose_id=scope.purpose_id,
        kind=scope.kind,
        fields=[*scope.field_ids, *scope.sealed_ids],
        source_id=scope.feed_id,
        source_version=scope.version,
        closed_at=scope.closes_at,
    )


def widens(scope: FeedScope, before: FeedScope) -> bool:
    """Whether it may give what the one before did not. Where that is not plain from the two, it does."""
    same_place = (scope.register_id, scope.purpose_id) == (before.register_id, before.purpose_id)
    gives_more = not {*scope.field_ids, *scope.sealed_ids} <= {*before.field_ids, *before.sealed_ids}
    asks_less = not _parts(before.compiled) <= _parts(scope.compiled)
    in_bulk_now = before.bound_to_event and not scope.bound_to_event
    return not same_place or gives_more or asks_less or in_bulk_now


def _parts(condition: Condition | None) -> frozenset[Condition]:
    """What must hold, all of it."""
    match condition:
        case None:
            return frozenset()
        case All(of):
            return frozenset().union(*(_parts(part) for part in of))
        case _:
            return frozenset({condition})

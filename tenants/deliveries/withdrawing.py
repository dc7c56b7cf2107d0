"""Files in our bucket that hold somebody whose data is gone for good: they go at once.

Whom the pages of a delivery named, the audit says. What was withdrawn is delivered anew, from the start where nobody
had fetched it. In a bucket of the recipient's nothing is removed: the tombstone of the next delivery tells.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.audit.model import AuditEntry
from tenants.deliveries import delivering, ordering
from tenants.deliveries.model import DeliveryState, FeedDelivery, Place
from tenants.deliveries.removing import RemoveFiles
from tenants.feeds import cursors
from tenants.jobs.outbox import enqueue
from tenants.registers import former_ids

# How far the clocks of two hosts may lie apart: where ids made by one are looked for, and where nothing else is known.
APART, AT_ONCE = timedelta(minutes=1), timedelta(seconds=5)


class Erased(Struct, frozen=True):
    """That a person's data went for good, by the published change with this number."""

    person_id: UUID
    number: int
    at: datetime


def withdraw(session: Session, erased: Sequence[Erased]) -> int:
    """Of the acting company; by the system. How many deliveries went."""
    if not erased:
        return 0
    people = {one: former_ids.ids_of(session, one.person_id) for one in erased}
    lying = session.scalars(
        select(FeedDelivery)
        .where(
            FeedDelivery.place == Place.OURS,
            FeedDelivery.removed_at.is_(None),
            FeedDelivery.state.in_([DeliveryState.READY, DeliveryState.RUNNING]),
        )
        .order_by(FeedDelivery.delivery_id)
        .with_for_update()
    ).all()
    holding = [one for one in lying if _names(session, one, [id for e in erased if _later(one, e) for id in people[e]])]
    for delivery in holding:
        _withdraw(session, delivery)
    for feed_id in {one.feed_id for one in holding}:
        ordering.begin_anew(session, feed_id)
    return len(holding)


def _later(delivery: FeedDelivery, erased: Erased) -> bool:
    """Of what was gone before it began, a delivery holds the tombstone alone."""
    if delivery.state is DeliveryState.RUNNING or delivery.cursor is None:
        return erased.at > delivery.created_at - APART
    at = cursors.read(delivery.cursor)
    return at is None or erased.number > at.number or erased.at > delivery.created_at


def _names(session: Session, delivery: FeedDelivery, people: Sequence[UUID]) -> bool:
    until = delivery.sealed_at or datetime.now(UTC)
    return people != [] and (
        session.scalar(
            select(AuditEntry.entry_id)
            .where(
                AuditEntry.company_id == delivery.company_id,
                AuditEntry.entry_id.between(_first_id(delivery.created_at - APART), _first_id(until + APART)),
                AuditEntry.at.between(delivery.created_at, until + AT_ONCE),
                AuditEntry.action == "feed.delivered",
                AuditEntry.actor_id == delivery.agreement_id,
                AuditEntry.figures["feed"].astext == str(delivery.feed_id),
                AuditEntry.about_ids.overlap(people),
            )
            .limit(1)
        )
        is not None
    )


def _withdraw(session: Session, delivery: FeedDelivery) -> None:
    if delivery.state is DeliveryState.RUNNING:
        delivering.stopped(session, delivery.delivery_id)
        return
    delivery.removed_at = datetime.now(UTC)
    enqueue(session, RemoveFiles(delivery.delivery_id))
    session.flush()
    delivering.note(session, "delivery.withdrawn", delivery)


def _first_id(at: datetime) -> UUID:
    """No id that was made at this moment or later comes before it (RFC 9562 §5.7)."""
    return UUID(int=int(at.timestamp() * 1000) << 80)

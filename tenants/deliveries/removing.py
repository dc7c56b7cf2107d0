"""Files in our own bucket are removed when their days are over; that they were there stays."""

from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.deliveries.model import DeliveryState, FeedDelivery, Place
from tenants.jobs.model import Job


class RemoveFiles(Job, frozen=True):
    """Speaks to the store."""

    name: ClassVar[str] = "deliveries.remove"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.STORAGE

    delivery_id: UUID


def begin(session: Session, delivery_id: UUID) -> str | None:
    """With which the keys of its files begin. From here on nobody is given them. None where nothing is to be done."""
    wanted = select(FeedDelivery).where(
        FeedDelivery.delivery_id == delivery_id,
        FeedDelivery.place == Place.OURS,
        FeedDelivery.state != DeliveryState.RUNNING,
    )
    delivery = session.scalar(wanted.with_for_update())
    if delivery is None:
        return None
    delivery.removed_at = delivery.removed_at or datetime.now(UTC)
    return prefix_of(delivery)


def prefix_of(delivery: FeedDelivery) -> str:
    """Ids only."""
    return f"{delivery.group_id}/feeds/{delivery.processor_id}/{delivery.delivery_id}/"

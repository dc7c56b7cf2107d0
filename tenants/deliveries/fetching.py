"""Deliveries as the client of their agreement sees and fetches them."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.deliveries import delivering, manifest
from tenants.deliveries.model import DeliveryState, FeedDelivery, Place
from tenants.deliveries.refusals import FilesNotThere, NoSuchDelivery
from tenants.deliveries.removing import prefix_of
from tenants.feeds import delivering as feeds
from tenants.feeds import reading
from tenants.feeds.model import Feed
from tenants.vault import objects

MOST = 100
# For so long a URL opens its file. Whoever needs longer to begin asks again.
URL_SECONDS = 300


class Fetched(Struct, frozen=True):
    """URLs by the names of the files."""

    manifest: str
    files: dict[str, str]


def of_client(session: Session, names: Collection[str], after: UUID | None = None) -> list[tuple[FeedDelivery, str]]:
    """What is ready of these feeds, each with what clients call its feed; the oldest first, MOST at once."""
    known = _feeds(session, names)
    wanted = select(FeedDelivery).where(FeedDelivery.feed_id.in_(known), FeedDelivery.state == DeliveryState.READY)
    if after is not None:
        wanted = wanted.where(FeedDelivery.delivery_id > after)
    found = session.scalars(wanted.order_by(FeedDelivery.delivery_id).limit(MOST))
    return [(one, known[one.feed_id]) for one in found]


def get(session: Session, delivery_id: UUID, names: Collection[str]) -> tuple[FeedDelivery, str]:
    """One that is ready, of one of these feeds. Raises NoSuchDelivery."""
    known = _feeds(session, names)
    found = session.scalar(
        select(FeedDelivery).where(
            FeedDelivery.delivery_id == delivery_id,
            FeedDelivery.feed_id.in_(known),
            FeedDelivery.state == DeliveryState.READY,
        )
    )
    if found is None:
        raise NoSuchDelivery
    return found, known[found.feed_id]


def fetch(session: Session, delivery: FeedDelivery) -> Fetched:
    """While its feed gives anything. Raises FilesNotThere, NothingGivenNow."""
    feeds.look_open(session, delivery.feed_id)
    if delivery.place is not Place.OURS or delivery.removed_at is not None:
        raise FilesNotThere
    delivery.fetched_at = delivery.fetched_at or datetime.now(UTC)
    delivering.note(session, "delivery.fetched", delivery)
    begins = prefix_of(delivery)
    urls = {name: objects.fetching_url(f"{begins}{name}", seconds=URL_SECONDS) for name in _names(delivery)}
    return Fetched(urls.pop(manifest.NAME), urls)


def _names(delivery: FeedDelivery) -> Sequence[str]:
    return [manifest.NAME, *(one.name for one in delivery.files)]


def _feeds(session: Session, names: Collection[str]) -> dict[UUID, str]:
    called = reading.named(session, session.scalars(select(Feed)).all())
    return {feed_id: name for feed_id, name in called.items() if name in names}

"""Where the files of feeds go and what was delivered, for whoever looks after them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.deliveries.model import FeedDelivery, FileTarget
from tenants.deliveries.refusals import NoFilesOfThisFeed
from tenants.deliveries.targets import of_feed

SHOWN = 20


def target(session: Session, feed_id: UUID) -> FileTarget:
    """Raises NoFilesOfThisFeed."""
    found = of_feed(session, feed_id)
    if found is None:
        raise NoFilesOfThisFeed
    return found


def last(session: Session, feed_id: UUID, *, limit: int = SHOWN) -> Sequence[FeedDelivery]:
    """The newest first."""
    of_the_feed = select(FeedDelivery).where(FeedDelivery.feed_id == feed_id)
    return session.scalars(of_the_feed.order_by(FeedDelivery.delivery_id.desc()).limit(limit)).all()

"""Where the files of feeds go and what was delivered, for whoever looks after them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from tenants.deliveries.model import DeliveryState, FeedDelivery, FileTarget
from tenants.deliveries.refusals import NoFilesOfThisFeed
from tenants.deliveries.targets import of_feed
from tenants.feeds.model import Feed

SHOWN = 20


class Failing(Struct, frozen=True):
    """A feed whose files did not get through `since`, and none have since then."""

    feed_id: UUID
    since: datetime


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


def failing(session: Session) -> list[Failing]:
    """Of the acting company, as far as files are still wanted: given up, and nothing delivered since."""
    later = aliased(FeedDelivery)
    got_through = exists().where(
        later.feed_id == FeedDelivery.feed_id,
        later.delivery_id > FeedDelivery.delivery_id,
        later.state == DeliveryState.READY,
    )
    found = session.execute(
        select(FeedDelivery.feed_id, func.min(FeedDelivery.ended_at))
        .join(FileTarget, FileTarget.feed_id == FeedDelivery.feed_id)
        .join(Feed, Feed.feed_id == FeedDelivery.feed_id)
        .where(FeedDelivery.state == DeliveryState.FAILED, ~got_through)
        .where(FileTarget.disabled_at.is_(None), Feed.ended_at.is_(None))
        .group_by(FeedDelivery.feed_id)
        .order_by(FeedDelivery.feed_id)
    )
    return [Failing(feed_id, since) for feed_id, since in found if since is not None]

"""After a backup was restored: what recipients were told since it was made is known to nobody here any more."""

from sqlalchemy import Integer, cast, extract, func, update
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.feeds.model import Feed


def begin_anew(session: Session) -> int:
    """All feeds of the acting company; whoever follows one reads it from the start. How many they are.

    The epoch is the minute of now, and not the next number: that one may have been used since the backup was made.
    """
    minute = cast(extract("epoch", func.now()) / 60, Integer)
    begun = update(Feed).values(epoch=func.greatest(Feed.epoch + 1, minute)).returning(Feed.feed_id)
    found = session.scalars(begun.execution_options(synchronize_session=False)).all()
    if found:
        trail.record(session, "feed.begun_anew", about="feed", ids=found)
    return len(found)

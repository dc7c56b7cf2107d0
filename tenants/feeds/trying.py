"""Which sandbox a feed has: the fields of its scope in force, or of the draft where none has been approved."""

from sqlalchemy.orm import Session

from tenants.feeds import columns, reading
from tenants.feeds.model import Feed, FeedScope
from tenants.feeds.refusals import NoSuchFeed
from tenants.feeds.sandbox import Sandbox


def sandbox(session: Session, name: str) -> Sandbox:
    """By what clients call the feed; by its client. Raises NoSuchFeed."""
    found = reading.feed(session, reading.by_name(session, name).feed_id)
    if found.feed.ended_at is not None:
        raise NoSuchFeed
    return of_scope(session, found.feed, found.shown)


def of_scope(session: Session, feed: Feed, scope: FeedScope) -> Sandbox:
    return Sandbox(feed.feed_id, scope.version, columns.of_scope(session, scope))

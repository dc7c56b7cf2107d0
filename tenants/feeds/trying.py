"""Which sandbox a feed has: the fields of its scope in force, or of the draft where none has been approved."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.feeds import reading
from tenants.feeds.model import Feed, FeedScope
from tenants.feeds.refusals import NoSuchFeed
from tenants.feeds.sandbox import Sandbox, SandboxField
from tenants.registers.model import Field


def sandbox(session: Session, name: str) -> Sandbox:
    """By what clients call the feed; by its client. Raises NoSuchFeed."""
    found = reading.feed(session, reading.by_name(session, name).feed_id)
    if found.feed.ended_at is not None:
        raise NoSuchFeed
    return of_scope(session, found.feed, found.shown)


def of_scope(session: Session, feed: Feed, scope: FeedScope) -> Sandbox:
    """In the order of the scope."""
    own = {one.key: one for one in session.scalars(select(Field).where(Field.register_id == scope.register_id))}
    keys = [key for key in (*scope.fields, *scope.sealed_fields) if key in own]
    fields = tuple(SandboxField(key, own[key].type, own[key].required) for key in keys)
    return Sandbox(feed.feed_id, scope.version, fields)

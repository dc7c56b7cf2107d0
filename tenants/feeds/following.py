"""A feed from a place in it to its end as it is then: page after page, each a short transaction of its own."""

from collections.abc import Generator
from uuid import UUID

from tenants.acting import Acting, PurposeKind, system
from tenants.database import walled_session
from tenants.feeds import delivering, publishing, reading
from tenants.feeds.delivering import Page


def pages(acting: Acting, name: str, cursor: str | None = None, *, most: int) -> Generator[Page]:
    """By a client. Each page is committed, with what the ledger says of it, before it is handed out.

    `name` is what clients call the feed. Raises NoSuchFeed and what `delivering.page` raises.
    """
    with walled_session(acting) as session:
        feed = reading.by_name(session, name)
    _publish(acting.group_id, feed.company_id)
    while True:
        with walled_session(acting) as session:
            page = delivering.page(session, feed.feed_id, cursor, most=most)
        yield page
        if not page.more:
            return
        cursor = page.cursor


def _publish(group_id: UUID, company_id: UUID) -> None:
    """All that has committed, part by part."""
    published = False
    while not published:
        with walled_session(system(group_id, company_id=company_id, purpose=PurposeKind.STORAGE)) as session:
            published = publishing.publish(session)

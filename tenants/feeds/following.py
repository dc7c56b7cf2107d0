"""A feed from a place in it to its end as it is then: page after page, each a short transaction of its own."""

from collections.abc import Generator
from uuid import UUID

from tenants.acting import Acting, PurposeKind, system
from tenants.database import walled_session
from tenants.feeds import delivering, noticing, publishing, reading
from tenants.feeds.delivering import Page, Standing
from tenants.feeds.model import Feed
from tenants.feeds.noticing import Coming

# What a page weighs where nobody asked for its length: enough to be worth its transaction, and soon sent.
BYTES = 1 << 22
FIRST, FEWEST = 1_000, 100


def pages(acting: Acting, name: str, cursor: str | None = None, *, most: int | None = None) -> Generator[Page]:
    """By a client. Each page is committed, with what the ledger says of it, before it is handed out.

    `name` is what clients call the feed, `most` how many records a page has; left out, it follows from what they weigh.
    Raises NoSuchFeed and what `delivering.page` raises.
    """
    feed = _published(acting, name)
    room = FIRST if most is None else most
    while True:
        with walled_session(acting) as session:
            page = delivering.page(session, feed.feed_id, cursor, most=room)
        yield page
        if most is None and page.text:
            room = min(max(FEWEST, room * BYTES // len(page.text)), delivering.MOST)
        if not page.more:
            return
        cursor = page.cursor


def glance(acting: Acting, name: str, cursor: str | None = None) -> Standing:
    """By a client, who is given nothing by this. Raises NoSuchFeed and what `delivering.glance` raises."""
    feed = _published(acting, name)
    with walled_session(acting) as session:
        return delivering.glance(session, feed.feed_id, cursor)


def coming(acting: Acting, name: str) -> Coming | None:
    """By a client: what was announced of the feed."""
    with walled_session(acting) as session:
        return noticing.coming(session, name)


def _published(acting: Acting, name: str) -> Feed:
    with walled_session(acting) as session:
        feed = reading.by_name(session, name)
    _publish(acting.group_id, feed.company_id)
    return feed


def _publish(group_id: UUID, company_id: UUID) -> None:
    """All that has committed, part by part."""
    published = False
    while not published:
        with walled_session(system(group_id, company_id=company_id, purpose=PurposeKind.STORAGE)) as session:
            published = publishing.publish(session)

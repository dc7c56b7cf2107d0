"""A feed from a place in it to its end as it is then: page after page, each a short transaction of its own."""

from collections.abc import Callable, Generator
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from tenants.acting import Acting, PurposeKind, system
from tenants.database import walled_session
from tenants.feeds import delivering, noticing, publishing, reading
from tenants.feeds.advancing import Advance, Made
from tenants.feeds.delivering import Page, Standing
from tenants.feeds.noticing import Coming

# What a page weighs where nobody asked for its length: enough to be worth its transaction, and soon sent.
BYTES = 1 << 21
FIRST, FEWEST = 1_000, 100
# Seconds. What was read before that may say what is no longer so: it is read again.
OLDEST = 2.0


class Opened(NamedTuple):
    """A feed as its client finds it by name, all that has committed numbered; `coming` is what was announced of it."""

    feed_id: UUID
    coming: Coming | None


def pages(
    acting: Acting, name: str, cursor: str | None = None, *, most: int | None = None, ahead: bool = False
) -> Generator[Page]:
    """As `pages_of`, by what clients call the feed. Raises NoSuchFeed and what `delivering.page` raises."""
    yield from pages_of(acting, open_feed(acting, name).feed_id, cursor, most=most, ahead=ahead)


def pages_of(
    acting: Acting,
    feed_id: UUID,
    cursor: str | None = None,
    *,
    most: int | None = None,
    ahead: bool = False,
    beside: Callable[[Session], None] | None = None,
) -> Generator[Page]:
    """By a client. Each page is committed, with what the ledger says of it, before it is handed out.

    `most` is how many records a page has; left out, it follows from what they weigh. `ahead` makes the next pages while
    one is sent: the ledger may have two pages then that were never fetched. `beside` writes what else belongs into the
    transaction of the first page. Raises what `delivering.page` raises.
    """
    room = FIRST if most is None else most

    def make(behind: str, ends: Callable[[str], None] | None = None) -> Page:
        return _page(acting, feed_id, behind, room, ends=ends)

    page = _page(acting, feed_id, cursor, room, beside=beside)
    advance = Advance(make) if ahead else None
    try:
        while True:
            if most is None and page.records:
                room = min(max(FEWEST, page.records * BYTES // len(page.text)), delivering.MOST)
            if advance is not None:
                advance.go_on(page)
            yield page
            if not page.more:
                return
            good = _still_good(acting, feed_id, page.cursor, advance.take()) if advance else None
            if advance is not None and good is None:
                # Whoever takes long to read a page is given none that was made long ago, and no more in advance.
                advance.end()
                advance = None
            page = good or make(page.cursor)
    finally:
        if advance is not None:
            advance.end()


def glance(
    acting: Acting, feed_id: UUID, cursor: str | None = None, *, beside: Callable[[Session], None] | None = None
) -> Standing:
    """By a client, who is given nothing by this. Raises what `delivering.glance` raises."""
    with walled_session(acting) as session:
        standing = delivering.glance(session, feed_id, cursor)
        if beside is not None:
            beside(session)
        return standing


def open_feed(acting: Acting, name: str) -> Opened:
    """By a client. Raises NoSuchFeed."""
    with walled_session(acting) as session:
        feed = reading.by_name(session, name)
        opened = Opened(feed.feed_id, noticing.coming(session, name))
    _publish(acting.group_id, feed.company_id)
    return opened


def _page(
    acting: Acting,
    feed_id: UUID,
    cursor: str | None,
    most: int,
    *,
    ends: Callable[[str], None] | None = None,
    beside: Callable[[Session], None] | None = None,
) -> Page:
    with walled_session(acting) as session:
        page = delivering.page(session, feed_id, cursor, most=most, ends=ends)
        if beside is not None:
            beside(session)
        return page


def _still_good(acting: Acting, feed_id: UUID, cursor: str, made: Made | None) -> Page | None:
    """A page made in advance leaves if one would be made now. None if it is too old, or is not what follows.

    Raises what `look_open` raises.
    """
    if made is None or made.behind != cursor or monotonic() - made.began > OLDEST:
        return None
    with walled_session(acting) as session:
        delivering.look_open(session, feed_id)
    return made.page


def _publish(group_id: UUID, company_id: UUID) -> None:
    """All that has committed, part by part."""
    published = False
    while not published:
        with walled_session(system(group_id, company_id=company_id, purpose=PurposeKind.STORAGE)) as session:
            published = publishing.publish(session)

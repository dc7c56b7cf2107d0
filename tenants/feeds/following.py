"""A feed from a place in it to its end as it is then: page after page, each a short transaction of its own."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import NamedTuple
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
# Seconds. What was read before that may say what is no longer so: it is read again.
OLDEST = 2.0


class Made(NamedTuple):
    """A page, and when it was begun, by a clock that never goes back."""

    page: Page
    began: float


def pages(
    acting: Acting, name: str, cursor: str | None = None, *, most: int | None = None, ahead: bool = False
) -> Generator[Page]:
    """By a client. Each page is committed, with what the ledger says of it, before it is handed out.

    `name` is what clients call the feed, `most` how many records a page has; left out, it follows from what they weigh.
    `ahead` makes one page while the one before it is sent: the ledger may have a page that was never fetched then.
    Raises NoSuchFeed and what `delivering.page` raises.
    """
    feed = _published(acting, name)
    room = FIRST if most is None else most
    page = _page(acting, feed.feed_id, cursor, room)
    with _aside() as aside:
        while True:
            if most is None and page.text:
                room = min(max(FEWEST, room * BYTES // len(page.text)), delivering.MOST)
            following = partial(_page, acting, feed.feed_id, page.cursor, room)
            coming = aside.submit(_timed, following) if ahead and page.more else None
            yield page
            if not page.more:
                return
            good = _still_good(acting, feed.feed_id, coming.result()) if coming else None
            # Whoever takes long to read a page is given none that was made long ago, and no more in advance.
            ahead = ahead and good is not None
            page = good or following()


def glance(acting: Acting, name: str, cursor: str | None = None) -> Standing:
    """By a client, who is given nothing by this. Raises NoSuchFeed and what `delivering.glance` raises."""
    feed = _published(acting, name)
    with walled_session(acting) as session:
        return delivering.glance(session, feed.feed_id, cursor)


def coming(acting: Acting, name: str) -> Coming | None:
    """By a client: what was announced of the feed."""
    with walled_session(acting) as session:
        return noticing.coming(session, name)


@contextmanager
def _aside() -> Iterator[ThreadPoolExecutor]:
    """Has a thread only once something is to be done there. Nobody waits for what is under way at the end."""
    aside = ThreadPoolExecutor(1, thread_name_prefix="next-page")
    try:
        yield aside
    finally:
        aside.shutdown(wait=False, cancel_futures=True)


def _page(acting: Acting, feed_id: UUID, cursor: str | None, most: int) -> Page:
    with walled_session(acting) as session:
        return delivering.page(session, feed_id, cursor, most=most)


def _timed(make: Callable[[], Page]) -> Made:
    began = monotonic()
    return Made(make(), began)


def _still_good(acting: Acting, feed_id: UUID, made: Made) -> Page | None:
    """A page made in advance leaves if one would be made now. None if it is too old; raises what `look_open` raises."""
    if monotonic() - made.began > OLDEST:
        return None
    with walled_session(acting) as session:
        delivering.look_open(session, feed_id)
    return made.page


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

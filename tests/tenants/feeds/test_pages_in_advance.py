"""A page that was made while the one before it was sent leaves only if it would be made now."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from tenants.acting import client
from tenants.database import walled_session
from tenants.feeds import following, publishing, refusals
from tenants.feeds.delivering import Page
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.test_stopping import stop_feed
from tests.tenants.feeds.writing import customer, rewrite
from tests.waiting import until

# Whoever notes a page of the feed has this.
TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('feed ' || :feed, 0))")
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))")


def pages(feeds: Scene, *, ahead: bool) -> Generator[Page]:
    return following.pages(client(feeds.house.group.group_id, feeds.agreement), "alfa.customers", most=1, ahead=ahead)


def test_what_is_made_in_advance_is_what_else_would_be_made(feeds: Scene) -> None:
    for name in ("Ada", "Bo", "Cleo", "Dora", "Eino"):
        customer(feeds, name)
    feeds.approved("customers")
    assert [page.lines for page in pages(feeds, ahead=True)] == [page.lines for page in pages(feeds, ahead=False)]


def test_a_page_that_waits_to_be_noted_says_what_was_told_meanwhile(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    feed_id = feeds.approved("customers")
    alfa = feeds.house.alfa.system()
    with ThreadPoolExecutor(1) as aside:
        with walled_session(alfa) as noting:
            noting.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended('feed ' || :feed, 0))"), {"feed": feed_id}
            )
            given = aside.submit(next, pages(feeds, ahead=False))
            until(lambda: bool(noting.scalar(WAITING)))
            rewrite(feeds, ada, name="Adele")
            with walled_session(alfa) as session:
                publishing.publish(session)
        assert b'"Adele"' in given.result().text


def test_a_feed_that_is_stopped_gives_no_page_that_was_made_in_advance(feeds: Scene) -> None:
    for name in ("Ada", "Bo", "Cleo"):
        customer(feeds, name)
    feed_id = feeds.approved("customers")
    given = pages(feeds, ahead=True)
    assert next(given).more
    stop_feed(feeds, feed_id)
    with pytest.raises(refusals.NothingGivenNow):
        next(given)


def test_whoever_reads_slowly_is_told_what_is_so_by_then(feeds: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "OLDEST", 0.0)
    customer(feeds, "Ada")
    bo = customer(feeds, "Bo")
    feeds.approved("customers")
    given = pages(feeds, ahead=True)
    assert next(given).more
    rewrite(feeds, bo, name="Bodil")
    assert b'"Bodil"' in next(given).text

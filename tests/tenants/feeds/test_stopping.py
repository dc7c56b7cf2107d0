"""What is stopped gives nothing from the next page on, and goes on where it was when it is resumed."""

from uuid import UUID

import pytest

from tenants.database import walled_session
from tenants.feeds import refusals, scopes
from tests.tenants.feeds.follower import Follower
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.writing import customer


def stop_feed(feeds: Scene, feed_id: UUID) -> None:
    with walled_session(feeds.house.drafter.acting(feeds.house.alfa)) as session:
        scopes.stop(session, feed_id, reason="Epäilty tietovuoto")


def stop_processor(feeds: Scene, feed_id: UUID) -> None:
    feeds.house.stop(processor_id=feeds.house.pilvi)


def stop_company(feeds: Scene, feed_id: UUID) -> None:
    feeds.house.stop()


@pytest.mark.parametrize("stop", [stop_feed, stop_processor, stop_company], ids=["feed", "processor", "company"])
def test_the_next_page_is_refused_until_the_flow_is_resumed(feeds: Scene, stop: object) -> None:
    for name in ("Ada", "Bo"):
        customer(feeds, name)
    one = Follower(feeds, feeds.approved())
    assert len(one.read(most=1).lines) == 1
    stop(feeds, one.feed_id)  # type: ignore[operator]
    assert feeds.house.is_stopped(one.acting, processor_id=feeds.house.pilvi, feed_id=one.feed_id)
    with pytest.raises(refusals.NothingGivenNow):
        one.read(most=1)
    for stop_id in feeds.house.stops_in_force():
        feeds.house.resume(stop_id)
    one.catch_up()
    assert one.names == {"Ada", "Bo"}


def test_one_feed_is_stopped_and_the_other_goes_on(feeds: Scene) -> None:
    customer(feeds, "Ada")
    stopped, other = feeds.approved(), feeds.approved()
    stop_feed(feeds, stopped)
    assert Follower(feeds, other).read().lines
    assert feeds.house.is_stopped(feed_id=stopped)
    assert not feeds.house.is_stopped(feed_id=other, processor_id=feeds.house.pilvi)


def test_nothing_is_approved_while_it_is_stopped(feeds: Scene) -> None:
    feed_id = feeds.draft()
    feeds.house.stop()
    assert feeds.missing(feed_id) == {"CompanyFlowStopped"}


def test_a_feed_that_has_ended_is_not_stopped(feeds: Scene) -> None:
    feed_id = feeds.approved()
    feeds.end(feed_id)
    with pytest.raises(refusals.NotThisFeedStep):
        stop_feed(feeds, feed_id)


def test_a_feed_of_nobody_is_not_stopped(feeds: Scene) -> None:
    with pytest.raises(refusals.NoSuchFeed):
        stop_feed(feeds, feeds.house.pilvi)

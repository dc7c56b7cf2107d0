"""What a feed has given is counted as it is given, for each day, and nobody is named."""

from uuid import UUID

import pytest
from sqlalchemy import select

from infra.embedded.postgres import Postgres
from tenants.acting import client
from tenants.base import new_id
from tenants.consents import objecting
from tenants.database import walled_session
from tenants.feeds import cursors, looking_up, tallying
from tenants.feeds.delivering import Tombstone
from tenants.feeds.model import FeedDay
from tests.tenants.feeds.follower import CARE, Follower
from tests.tenants.feeds.scene import Scene, scene
from tests.tenants.feeds.writing import customer, order
from tests.tenants.processors.scene import today


@pytest.fixture(scope="module")
def lasting(database: Postgres) -> Scene:
    return scene()


def counted(feeds: Scene, feed_id: UUID) -> list[FeedDay]:
    with walled_session(feeds.house.alfa.system()) as session:
        return tallying.of_feed(session, feed_id, since=today(), until=today())


def test_the_count_of_a_day_is_what_its_pages_gave(lasting: Scene) -> None:
    people = [customer(lasting, name) for name in ("Ada", "Bo", "Cleo")]
    one = Follower(lasting, lasting.approved())
    pages = [one.read(most=2), one.read(most=2)]
    with walled_session(lasting.house.alfa.system()) as session:
        objecting.object_to(session, people[0], CARE)
    customer(lasting, "Dan")
    pages.append(one.read())
    lines = [line for page in pages for line in page.lines]
    gone = [line for line in lines if isinstance(line, Tombstone)]
    [day] = counted(lasting, one.feed_id)
    assert (day.day, day.pages, len(gone)) == (today(), 3, 1)
    assert (day.upserts, day.tombstones) == (len(lines) - len(gone), len(gone))
    with walled_session(one.acting) as session:
        last = tallying.last_pulls(session, [one.feed_id, new_id()])
    reached = cursors.read(one.cursor or "")
    assert reached
    assert last == {one.feed_id: tallying.LastPull(day.pulled_at, len(lines), reached.number)}


def test_a_page_that_found_nothing_was_pulled_all_the_same(lasting: Scene) -> None:
    one = Follower(lasting, lasting.approved())
    one.catch_up()
    [before] = counted(lasting, one.feed_id)
    one.read()
    [after] = counted(lasting, one.feed_id)
    assert (after.upserts, after.tombstones, after.pages) == (before.upserts, before.tombstones, before.pages + 1)
    assert after.pulled_at > before.pulled_at


def test_what_is_given_by_an_event_is_counted_too(lasting: Scene) -> None:
    feed_id = lasting.approved(**lasting.by_order())
    event = order(lasting, customer(lasting, "Eve"), "E1", "open")
    with walled_session(client(lasting.house.group.group_id, lasting.agreement)) as session:
        looking_up.look_up(session, feed_id, event)
    [day] = counted(lasting, feed_id)
    assert (day.pages, day.upserts, day.tombstones) == (1, 1, 0)


def test_a_sister_company_and_another_recipient_see_no_counts(lasting: Scene) -> None:
    one = Follower(lasting, lasting.approved())
    one.catch_up()
    strangers = (lasting.house.beta.system(), client(lasting.house.group.group_id, new_id()))
    for acting in strangers:
        with walled_session(acting) as session:
            assert session.scalars(select(FeedDay).where(FeedDay.feed_id == one.feed_id)).all() == []

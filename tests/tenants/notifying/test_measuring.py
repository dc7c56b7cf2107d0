"""How confirming goes, counted: what waits and since when, how long a recipient took, and on which day."""

from datetime import UTC, datetime, timedelta

import pytest

from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.errors import Forbidden
from tenants.notifying import confirming, measuring, reading
from tenants.notifying.model import ConfirmedBy
from tenants.notifying.reading import Wanted
from tests import make
from tests.tenants.feeds.follower import Follower
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.writing import customer
from tests.tenants.notifying.telling import RIGHTS, as_client, erase, follow, handler
from tests.tenants.processors.scene import today


def test_what_waits_is_counted_by_age_until_it_is_confirmed(feeds: Scene) -> None:
    people = [customer(feeds, name) for name in ("Ada", "Bo")]
    Follower(feeds, feeds.approved()).catch_up()
    for one in people:
        erase(feeds, one)
    first, second = follow(feeds)
    by = handler(feeds).acting(feeds.house.alfa, RIGHTS)
    now = datetime.now(UTC)
    for days, ages in ((0, (2, 0, 0, 0)), (4, (0, 2, 0, 0)), (9, (0, 0, 2, 0)), (15, (0, 0, 0, 2))):
        with walled_session(by) as session:
            [waits] = measuring.backlog(session, now + timedelta(days=days))
        assert (waits.recipient_id, waits.name, waits.waiting) == (feeds.house.pilvi, "Pilvi Oy", ages)
        assert (waits.settled, waits.median_days) == (0, None)
    with walled_session(as_client(feeds)) as session:
        confirming.by_recipient(session, [first.notification_id], by=ConfirmedBy.CLIENT)
    with walled_session(by) as session:
        [waits] = measuring.backlog(session)
        settled = measuring.settled_by_day(session, feeds.house.pilvi, since=today(), until=today())
    assert (waits.all, waits.settled, settled) == (1, 1, {today(): 1})
    assert waits.median_days is not None
    assert 0 <= waits.median_days < 1
    assert second.confirmed_at is None


def test_whoever_tells_no_recipients_counts_nothing(feeds: Scene) -> None:
    auditor = make.staff(feeds.house.group, (Role.AUDITOR, feeds.house.alfa))
    with walled_session(auditor.acting(feeds.house.alfa)) as session, pytest.raises(Forbidden):
        measuring.backlog(session)


def test_the_list_behind_an_age_of_a_bar_has_as_many_as_the_bar_counts(feeds: Scene) -> None:
    people = [customer(feeds, name) for name in ("Ada", "Bo", "Cleo")]
    Follower(feeds, feeds.approved()).catch_up()
    for one in people:
        erase(feeds, one)
    follow(feeds)
    now = datetime.now(UTC)
    by = handler(feeds).acting(feeds.house.alfa, RIGHTS)
    with walled_session(by) as session:
        [waits] = measuring.backlog(session, now + timedelta(days=5))
        assert waits.waiting == (0, 3, 0, 0)
        at = now + timedelta(days=5)
        newer, older = (at - timedelta(days=days) for days in (7, 3))
        wanted = Wanted(recipient_id=feeds.house.pilvi, made_before=older, made_after=newer)
        assert reading.counted(session, wanted) == len(reading.listed(session, wanted)) == 3
        assert reading.counted(session, Wanted(made_after=older)) == 0
        assert reading.counted(session, Wanted(of_sources=True)) == 0

"""Recipients that were reminded and did not confirm wait on the list of whoever tells them, and are reminded of."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from infra.embedded.postgres import Postgres
from infra.embedded.postoffice import PostOffice
from tenants.base import new_id
from tenants.companies.permissions import standing
from tenants.database import walled_session
from tenants.jobs.model import QueuedJob
from tenants.notifying import confirming, pressing, reading
from tenants.notifying.model import ConfirmedBy
from tenants.reminding import agenda, reminders
from tenants.reminding.agenda import Item, Kind
from tenants.reminding.reminders import SendReminder
from tests.make import MadeMember
from tests.tenants.feeds.follower import Follower
from tests.tenants.feeds.scene import Scene, scene
from tests.tenants.feeds.writing import customer
from tests.tenants.notifying.telling import RIGHTS, as_client, erase, follow, handler
from tests.tenants.processors.scene import today


@pytest.fixture
def feeds(database: Postgres, post_office: PostOffice) -> Scene:
    return scene()


@pytest.fixture
def silent(feeds: Scene) -> list[UUID]:
    """Two notifications of one recipient that three weeks have passed over."""
    people = [customer(feeds, "Ada"), customer(feeds, "Bo")]
    Follower(feeds, feeds.approved("customers")).catch_up()
    for person_id in people:
        erase(feeds, person_id)
    made = [one.notification_id for one in follow(feeds)]
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        pressing.press(session, now=datetime.now(UTC) + timedelta(days=22))
    return made


def waits(feeds: Scene, member: MadeMember) -> list[Item]:
    with walled_session(member.acting(feeds.house.alfa, RIGHTS)) as session:
        items = agenda.to_look_at(session, standing(session), today=today())
    return [one for one in items if one.kind is Kind.RECIPIENT_SILENT]


def test_it_waits_once_for_whoever_tells_recipients_until_it_confirms(feeds: Scene, silent: list[UUID]) -> None:
    clerk = handler(feeds)
    assert [one.about for one in waits(feeds, clerk)] == [silent[0]]
    with walled_session(as_client(feeds)) as session:
        confirming.by_recipient(session, silent, by=ConfirmedBy.CLIENT)
    assert waits(feeds, clerk) == []


def test_whoever_tells_recipients_is_reminded(feeds: Scene, silent: list[UUID]) -> None:
    clerk = handler(feeds)
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        reminders.look(session, today=today() + timedelta(days=23))
    with walled_session(feeds.house.group.system()) as session:
        rows = session.scalars(select(QueuedJob.arguments).where(QueuedJob.name == SendReminder.name)).all()
    told = {row["member_id"] for row in rows if row["kind"] == Kind.RECIPIENT_SILENT}
    assert str(clerk.member_id) in told
    assert str(feeds.house.drafter.member_id) not in told


def test_the_page_of_a_processor_tells_what_it_has_not_confirmed(feeds: Scene, silent: list[UUID]) -> None:
    with walled_session(feeds.house.approver.acting(feeds.house.alfa, RIGHTS)) as session:
        assert reading.waiting_of(session, feeds.house.pilvi).count == len(silent)
        assert reading.waiting_of(session, new_id()).count == 0

"""Drafts of feeds, scopes that end, feeds that their agreement stops, and the switch are told to whoever decides."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from infra.embedded.postgres import Postgres
from tenants.acting import PurposeKind
from tenants.companies.permissions import standing
from tenants.database import walled_session
from tenants.jobs.model import QueuedJob
from tenants.processors import verifying
from tenants.processors.model import ProcessorVerification
from tenants.reminding import agenda, reminders
from tenants.reminding.agenda import Kind
from tenants.reminding.reminders import SendReminder
from tests.make import MadeMember
from tests.tenants.feeds.scene import Scene, scene
from tests.tenants.processors.scene import today

RIGHTS = PurposeKind.RIGHTS_REQUEST
OF_FEEDS = {Kind.FEED_END, Kind.FEED_DRAFT, Kind.FEED_STOPPED, Kind.FLOW_STOPPED}


@pytest.fixture
def feeds(database: Postgres) -> Scene:
    return scene()


def told(feeds: Scene, member: MadeMember, purpose: PurposeKind = RIGHTS) -> list[tuple[Kind, date]]:
    with walled_session(member.acting(feeds.house.alfa, purpose)) as session:
        found = agenda.to_look_at(session, standing(session), today=today())
    return [(one.kind, one.day) for one in found if one.kind in OF_FEEDS]


def test_a_draft_waits_for_whoever_did_not_write_it(feeds: Scene) -> None:
    feed_id = feeds.draft()
    assert told(feeds, feeds.house.approver) == [(Kind.FEED_DRAFT, today())]
    feeds.approve(feed_id)
    assert told(feeds, feeds.house.approver) == []


def test_the_approver_is_reminded_of_every_step_before_a_scope_ends(feeds: Scene) -> None:
    last = today() + timedelta(days=40)
    feeds.approved(valid_until=last)
    counted = [len(reminded(feeds, last - timedelta(days=left))) for left in (31, 30, 14, 3, -1)]
    assert counted == [0, 1, 2, 3, 3]


def reminded(feeds: Scene, day: date) -> list[str]:
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        reminders.look(session, today=day)
    with walled_session(feeds.house.group.system()) as session:
        rows = session.scalars(select(QueuedJob.arguments).where(QueuedJob.name == SendReminder.name)).all()
    return [str(row["day"]) for row in rows if row["kind"] == Kind.FEED_END]


def test_a_feed_that_its_agreement_stops_is_told(feeds: Scene) -> None:
    feeds.approved()
    with walled_session(feeds.house.approver.acting(feeds.house.alfa)) as session:
        for made in session.scalars(select(ProcessorVerification)).all():
            verifying.withdraw(session, made.verification_id)
    assert told(feeds, feeds.house.approver) == [(Kind.FEED_STOPPED, today())]


def test_the_switch_is_told_once_and_not_for_each_feed(feeds: Scene) -> None:
    feeds.approved("a")
    feeds.approved("b")
    feeds.house.stop()
    assert told(feeds, feeds.house.approver) == [(Kind.FLOW_STOPPED, today())]
    assert told(feeds, feeds.house.drafter, PurposeKind.STORAGE) == [(Kind.FLOW_STOPPED, today())]

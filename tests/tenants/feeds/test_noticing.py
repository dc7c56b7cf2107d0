"""A feed that is to give less: its readers are told long before, unless it must not wait."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from infra.embedded.postgres import Postgres
from tenants import settings
from tenants.database import walled_session
from tenants.errors import TooLong
from tenants.feeds import noticing, reading, refusals, scopes, waiting
from tenants.feeds.model import AtOnce, FeedScope, ScopeState
from tenants.feeds.noticing import TakeEffect, TellReaders, Told
from tenants.jobs.model import QueuedJob
from tests.tenants.feeds.scene import Scene, scene


@pytest.fixture(scope="module")
def pilvi(database: Postgres) -> Scene:
    return scene()


def narrowed(pilvi: Scene) -> UUID:
    """A feed in force whose next version, without the segment, was approved."""
    feed_id = pilvi.approved()
    pilvi.change(feed_id, fields=("name",))
    pilvi.approve(feed_id)
    return feed_id


def told(pilvi: Scene, feed_id: UUID) -> list[str]:
    with walled_session(pilvi.house.group.system()) as session:
        jobs = session.scalars(select(QueuedJob).where(QueuedJob.name == TellReaders.name).order_by(QueuedJob.job_id))
        return [str(one.arguments["what"]) for one in jobs if one.arguments["feed_id"] == str(feed_id)]


def time_has_come(pilvi: Scene, feed_id: UUID) -> None:
    with walled_session(pilvi.house.alfa.system()) as session:
        over = datetime.now(UTC) - timedelta(minutes=1)
        session.execute(
            update(FeedScope)
            .where(FeedScope.feed_id == feed_id, FeedScope.takes_effect_at.is_not(None))
            .values(takes_effect_at=over)
        )


def take_effect(pilvi: Scene, feed_id: UUID, version: int = 2) -> None:
    with walled_session(pilvi.house.alfa.system()) as session:
        scopes.take_effect(session, feed_id, version)


def test_a_field_that_goes_is_announced_and_goes_after_ninety_days(pilvi: Scene) -> None:
    feed_id = narrowed(pilvi)
    found = pilvi.given(feed_id)
    assert (found.state, found.state_of(found.newest)) == (ScopeState.IN_FORCE, ScopeState.ANNOUNCED)
    assert (found.shown.version, found.newest.approved_at) == (1, None)
    assert found.newest.announced_by == pilvi.house.approver.member_id
    assert found.newest.takes_effect_at is not None
    waits = found.newest.takes_effect_at - datetime.now(UTC)
    assert timedelta(days=89, hours=23) < waits <= timedelta(days=90)
    assert told(pilvi, feed_id) == [Told.ANNOUNCED]
    with walled_session(pilvi.house.group.system()) as session:
        jobs = session.scalars(select(QueuedJob).where(QueuedJob.name == TakeEffect.name)).all()
    due = [one.due_at for one in jobs if one.arguments["feed_id"] == str(feed_id)]
    assert due == [found.newest.takes_effect_at]
    take_effect(pilvi, feed_id)
    assert pilvi.given(feed_id).shown.version == 1, "its time has not come"
    time_has_come(pilvi, feed_id)
    take_effect(pilvi, feed_id)
    found = pilvi.given(feed_id)
    assert (found.shown.version, found.state, found.feed.epoch) == (2, ScopeState.IN_FORCE, 1)
    assert found.shown.approved_by == pilvi.house.approver.member_id
    assert told(pilvi, feed_id) == [Told.ANNOUNCED, Told.CHANGED]


def test_a_field_that_comes_is_told_and_comes_at_once(pilvi: Scene) -> None:
    feed_id = pilvi.approved()
    pilvi.change(feed_id, fields=("name", "segment", "email"))
    pilvi.approve(feed_id)
    assert (pilvi.given(feed_id).shown.version, pilvi.given(feed_id).feed.epoch) == (2, 2)
    assert told(pilvi, feed_id) == [Told.CHANGED]


def test_what_changes_no_field_tells_nobody(pilvi: Scene) -> None:
    feed_id = pilvi.approved()
    pilvi.change(feed_id, consent_required=True)
    pilvi.approve(feed_id)
    assert (pilvi.given(feed_id).shown.version, told(pilvi, feed_id)) == (2, [])


def test_the_company_says_why_it_does_not_wait(pilvi: Scene) -> None:
    feed_id = pilvi.approved()
    pilvi.change(feed_id, fields=("name",))
    with pytest.raises(TooLong):
        pilvi.approve(feed_id, at_once="x" * (scopes.LONGEST_REASON + 1))
    pilvi.approve(feed_id, at_once=" Suostumus poistui. ")
    scope = pilvi.given(feed_id).shown
    assert (scope.version, scope.at_once, scope.at_once_because) == (2, AtOnce.DECIDED, "Suostumus poistui.")
    assert told(pilvi, feed_id) == [Told.CHANGED]


def test_what_was_announced_may_turn_out_not_to_wait(pilvi: Scene) -> None:
    feed_id = narrowed(pilvi)
    with pytest.raises(refusals.NotThisFeedStep):
        pilvi.approve(feed_id)
    pilvi.approve(feed_id, at_once="Valvontaviranomainen kielsi.")
    assert pilvi.given(feed_id).shown.version == 2
    take_effect(pilvi, feed_id)
    assert told(pilvi, feed_id) == [Told.ANNOUNCED, Told.CHANGED]


def test_what_may_not_be_given_any_more_does_not_wait(feeds: Scene) -> None:
    pilvi, feed_id = feeds, feeds.approved()
    pilvi.change(feed_id, register_id=pilvi.orders.register_id, purpose_id=pilvi.order_purpose, fields=("state",))
    pilvi.house.change(pilvi.agreement, registers=(pilvi.orders.register_id,), purposes=(pilvi.order_purpose,))
    pilvi.house.approve(pilvi.agreement)
    pilvi.approve(feed_id)
    scope = pilvi.given(feed_id).shown
    assert (scope.version, scope.at_once, scope.at_once_because) == (2, AtOnce.UNCOVERED, None)


def test_an_announced_version_is_changed_only_after_it_was_called_off(pilvi: Scene) -> None:
    feed_id = narrowed(pilvi)
    with pytest.raises(refusals.AnnouncedAlready):
        pilvi.change(feed_id)
    with walled_session(pilvi.house.approver.acting(pilvi.house.alfa)) as session:
        scopes.withdraw(session, feed_id)
    assert pilvi.given(feed_id).state_of(pilvi.newest(feed_id)) is ScopeState.DRAFT
    with (
        walled_session(pilvi.house.approver.acting(pilvi.house.alfa)) as session,
        pytest.raises(refusals.NotThisFeedStep),
    ):
        scopes.withdraw(session, feed_id)
    time_has_come(pilvi, feed_id)
    take_effect(pilvi, feed_id)
    assert pilvi.given(feed_id).shown.version == 1
    assert told(pilvi, feed_id) == [Told.ANNOUNCED, Told.WITHDRAWN]
    pilvi.change(feed_id)


def test_what_is_not_covered_when_its_time_has_come_waits_for_the_company(pilvi: Scene) -> None:
    feed_id = narrowed(pilvi)
    assert feed_id not in drafts(pilvi)
    with walled_session(pilvi.house.approver.acting(pilvi.house.alfa)) as session:
        scopes.stop(session, feed_id, reason="Selvitetään")
        scope = session.scalars(select(FeedScope).where(FeedScope.feed_id == feed_id, FeedScope.version == 2)).one()
        scope.valid_until = datetime.now(UTC).date() - timedelta(days=1)
        scope.valid_from = scope.valid_until
    time_has_come(pilvi, feed_id)
    take_effect(pilvi, feed_id)
    assert pilvi.given(feed_id).shown.version == 1
    assert feed_id in drafts(pilvi)


def drafts(pilvi: Scene) -> set[UUID]:
    with walled_session(pilvi.house.alfa.system()) as session:
        return {feed_id for _, feed_id in waiting.drafts(session)}


@pytest.fixture
def without_notice(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SELOSTE_SCHEMA_NOTICE_DAYS", "0")
    settings.current.cache_clear()
    yield
    monkeypatch.undo()
    settings.current.cache_clear()


@pytest.mark.usefixtures("without_notice")
def test_a_house_that_asks_for_no_notice_gives_none(pilvi: Scene) -> None:
    feed_id = pilvi.approved()
    pilvi.change(feed_id, fields=("name",))
    pilvi.approve(feed_id)
    assert pilvi.given(feed_id).shown.version == 2


def test_its_client_is_told_by_the_name_of_the_feed(pilvi: Scene) -> None:
    feed_id = narrowed(pilvi)
    with walled_session(pilvi.house.alfa.system()) as session:
        name = reading.named(session, [reading.feed(session, feed_id).feed])[feed_id]
        coming = noticing.coming(session, name)
    assert coming is not None
    assert (coming.slug, coming.feed_id) == (pilvi.house.group.slug, feed_id)

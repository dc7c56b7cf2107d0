"""Whoever checks credit is told of one person, by an order of theirs, and of nobody else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import func, select, update

from infra.embedded.postgres import Postgres
from tenants.acting import PurposeKind, client
from tenants.audit.model import AuditEntry
from tenants.base import new_id
from tenants.consents import objecting
from tenants.database import walled_session
from tenants.errors import SeveralInvalid
from tenants.feeds import looking_up, refusals
from tenants.feeds.looking_up import LookedUp
from tenants.feeds.model import FeedLookup
from tenants.ledger import received
from tenants.registers.model import Record
from tests.tenants.feeds.scene import Scene, scene
from tests.tenants.feeds.writing import customer, order

RIGHTS = PurposeKind.RIGHTS_REQUEST


@pytest.fixture(scope="module")
def lasting(database: Postgres) -> Scene:
    return scene()


@pytest.fixture(scope="module")
def feed_id(lasting: Scene) -> UUID:
    return lasting.approved(sealed_fields=("iban",), **lasting.by_order())


def look_up(feeds: Scene, feed_id: UUID, event_id: UUID, *, agreement: UUID | None = None) -> LookedUp:
    with walled_session(client(feeds.house.group.group_id, agreement or feeds.agreement)) as session:
        return looking_up.look_up(session, feed_id, event_id)


def aged(feeds: Scene, event_id: UUID, days: int) -> None:
    with walled_session(feeds.house.alfa.system()) as session:
        at = datetime.now(UTC) - timedelta(days=days)
        session.execute(update(Record).where(Record.record_id == event_id).values(created_at=at))


def test_an_order_gives_its_own_persons_data_and_is_kept(lasting: Scene, feed_id: UUID) -> None:
    ada, bo = customer(lasting, "Ada", iban="FI21 1234 5600 0007 85"), customer(lasting, "Bo")
    event = order(lasting, ada, "A1", "open")
    order(lasting, bo, "B1", "open")
    found = look_up(lasting, feed_id, event)
    [given] = found.records
    assert found.person_id == ada
    assert msgspec.json.decode(given.data) == {"name": "Ada", "segment": None, "iban": "FI2112345600000785"}
    with walled_session(lasting.house.alfa.system(RIGHTS)) as session:
        [kept] = session.scalars(select(FeedLookup).where(FeedLookup.event_id == event))
        assert (kept.lookup_id, kept.person_id, kept.version) == (found.lookup_id, ada, 1)
        [told] = received.by_person(session, ada)
        assert (told.recipient, told.source_id, told.until) == ("Pilvi Oy", feed_id, None)
        assert received.by_person(session, bo) == []
        [entry] = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "feed.looked_up", AuditEntry.about_ids == [ada])
        )
        assert entry.figures == {"feed": str(feed_id), "version": 1, "event": str(event)}


def test_an_answer_that_was_lost_is_asked_for_again_within_a_day(lasting: Scene, feed_id: UUID) -> None:
    event = order(lasting, customer(lasting, "Cleo"), "C1", "open")
    first, again = look_up(lasting, feed_id, event), look_up(lasting, feed_id, event)
    assert (first.records, first.person_id) == (again.records, again.person_id)
    assert first.lookup_id != again.lookup_id


def test_an_event_is_used_up_a_day_after_the_first_time(lasting: Scene, feed_id: UUID, database: Postgres) -> None:
    event = order(lasting, customer(lasting, "Dan"), "D1", "open")
    look_up(lasting, feed_id, event)
    with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste")) as connection:
        # Nobody but the door writes what was looked up.
        connection.execute(
            "UPDATE feed_lookups SET looked_up_at = looked_up_at - interval '1 day' WHERE event_id = %s", [event]
        )
    with pytest.raises(refusals.EventUsedUp):
        look_up(lasting, feed_id, event)


def _unknown(feeds: Scene, ada: UUID) -> UUID:
    return new_id()


def _too_old(feeds: Scene, ada: UUID) -> UUID:
    event = order(feeds, ada, str(new_id()), "open")
    aged(feeds, event, 31)
    return event


def _of_another_register(feeds: Scene, ada: UUID) -> UUID:
    with walled_session(feeds.house.alfa.system()) as session:
        register_id = feeds.house.customers.register_id
        return session.scalars(
            select(Record.record_id).where(Record.person_id == ada, Record.register_id == register_id)
        ).one()


def _of_one_who_objects(feeds: Scene, ada: UUID) -> UUID:
    with walled_session(feeds.house.alfa.system()) as session:
        objecting.object_to(session, ada, PurposeKind.CUSTOMER_CARE)
    return order(feeds, ada, str(new_id()), "open")


@pytest.mark.parametrize("event", [_unknown, _too_old, _of_another_register, _of_one_who_objects])
def test_what_fits_nothing_is_refused_in_one_way(
    lasting: Scene, feed_id: UUID, event: Callable[[Scene, UUID], UUID]
) -> None:
    asked = event(lasting, customer(lasting, "Eve"))
    with pytest.raises(refusals.NoSuchEvent):
        look_up(lasting, feed_id, asked)
    with walled_session(lasting.house.alfa.system()) as session:
        assert session.scalar(select(func.count()).where(FeedLookup.event_id == asked)) == 0


def test_an_event_of_a_sister_company_or_another_group_gives_nothing(lasting: Scene, feed_id: UUID) -> None:
    other = scene()
    foreign = order(other, customer(other, "Frida"), "F1", "open")
    with pytest.raises(refusals.NoSuchEvent):
        look_up(lasting, feed_id, foreign)
    with pytest.raises(refusals.NothingGivenNow):
        look_up(other, feed_id, foreign)
    with pytest.raises(refusals.NothingGivenNow):
        look_up(lasting, feed_id, foreign, agreement=new_id())


def test_what_is_given_in_bulk_answers_to_no_event_and_the_other_way_round(lasting: Scene) -> None:
    event = order(lasting, customer(lasting, "Gun"), "G1", "open")
    with pytest.raises(refusals.NotByEvent):
        look_up(lasting, lasting.approved(), event)


def test_a_suspended_feed_gives_nothing_by_an_event(lasting: Scene) -> None:
    feed_id = lasting.approved(**lasting.by_order())
    event = order(lasting, customer(lasting, "Hilma"), "H1", "open")
    look_up(lasting, feed_id, event)
    lasting.suspend(feed_id)
    with pytest.raises(refusals.NothingGivenNow):
        look_up(lasting, feed_id, event)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"event_days": 0}, "EventTooOld"),
        ({"event_days": 367}, "EventTooOld"),
        ({"bound_to_event": False}, "EventWithoutBinding"),
        ({"event_register_id": new_id()}, "NoEventRegister"),
    ],
    ids=["no days", "too many days", "in bulk", "no register"],
)
def test_what_could_never_be_an_event_is_refused_at_once(lasting: Scene, said: dict[str, object], refusal: str) -> None:
    with pytest.raises(SeveralInvalid) as told:
        lasting.draft(**(lasting.by_order() | said))
    assert {type(one).__name__ for one in told.value.problems} == {refusal}

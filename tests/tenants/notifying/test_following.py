"""Whoever ever received a person's data is told what became of it: each once, and nobody else."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from tenants.consents import consenting, objecting
from tenants.database import walled_session
from tenants.feeds import publishing
from tenants.feeds.delivering import Gone
from tenants.jobs.model import QueuedJob
from tenants.languages.speaking import Text
from tenants.notifying import following, pressing
from tenants.notifying.mailing import MailRecipient
from tenants.notifying.model import Way
from tenants.registers import correcting, persons, records
from tenants.registers.changes import TellRecipients
from tenants.registers.model import Cause, ErasureGround, Field, Origin, Register
from tenants.sameness import merging, splitting
from tenants.webhooks import endpoints
from tenants.webhooks.announcing import DeliverWebhook
from tenants.webhooks.model import Event, EventType, WebhookMessage
from tests.queue import run_jobs
from tests.tenants.feeds.follower import CARE, Follower
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.writing import customer, order, rewrite
from tests.tenants.notifying.telling import RIGHTS, correct, erase, follow, made, recipient, records_of, restrict


def follower(feeds: Scene) -> Follower:
    one = Follower(feeds, feeds.approved("customers"))
    one.catch_up()
    return one


def of_orders(feeds: Scene) -> Follower:
    purpose, register_id = feeds.order_purpose, feeds.orders.register_id
    agreed = feeds.house.approved("orders", registers=(register_id,), purposes=(purpose,))
    scene = Scene(feeds.house, feeds.orders, agreed)
    terms = {"register_id": register_id, "purpose_id": purpose, "fields": ("order_number",)}
    return Follower(scene, scene.approved("orders", **terms))


def customer_from(feeds: Scene, source: str) -> UUID:
    with walled_session(feeds.house.alfa.system()) as session:
        person_id = persons.create(session)
        given = {"customer_number": str(person_id)[-12:], "name": "Ada", "segment": "basic"}
        at = datetime.now(UTC)
        records.write(session, feeds.house.customers.register_id, person_id, given, source=source, at=at)
        return person_id


def correct_from(feeds: Scene, person_id: UUID, record_id: UUID, **given: str) -> None:
    with walled_session(feeds.house.approver.acting(feeds.house.alfa, RIGHTS)) as session:
        correcting.correct(session, person_id, record_id, given, source="self", reason="Väärin")


def test_an_erasure_is_told_to_all_of_twenty_recipients_and_to_each_once(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    of_ada = records_of(feeds, ada)
    recipients = {recipient(feeds, f"saaja-{number}")[0] for number in range(20)}
    erase(feeds, ada)
    run_jobs(feeds.house.group, only="registers.tell_recipients")
    told = made(feeds)
    assert {one.recipient_id for one in told} == recipients
    assert len(told) == 20
    assert {(one.person_id, one.cause, *one.record_ids) for one in told} == {(ada, Cause.ERASED, *of_ada)}
    assert len(follow(feeds)) == 20


def test_who_never_received_the_register_is_told_nothing(feeds: Scene) -> None:
    ada, bo = customer(feeds, "Ada", segment="vip"), customer(feeds, "Bo", segment="vip")
    order(feeds, ada, "1", "open")
    one = follower(feeds)
    customer(feeds, "Cleo")
    erase(feeds, ada, register_id=feeds.orders.register_id)
    assert follow(feeds) == []
    erase(feeds, bo)
    assert [(row.recipient_id, row.feed_id) for row in follow(feeds)] == [(feeds.house.pilvi, one.feed_id)]


def test_who_got_one_person_is_told_nothing_of_another(feeds: Scene) -> None:
    customer(feeds, "Ada")
    follower(feeds)
    later = customer(feeds, "Bo")
    erase(feeds, later)
    assert follow(feeds) == []


def test_several_records_that_went_at_once_are_one_notification(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    orders = [order(feeds, ada, str(number), "open") for number in range(3)]
    one = of_orders(feeds)
    one.catch_up()
    erase(feeds, ada, register_id=feeds.orders.register_id)
    [told] = follow(feeds)
    assert sorted(told.record_ids) == sorted(orders)
    assert told.register_ids == [feeds.orders.register_id]


def test_a_page_that_cuts_a_change_in_two_makes_one_notification(feeds: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = customer(feeds, "Ada")
    follower(feeds)
    monkeypatch.setattr(following, "AT_ONCE", 1)
    erase(feeds, ada)
    restrict(feeds, ada)
    run_jobs(feeds.house.group, only="registers.tell_recipients")
    assert [one.cause for one in made(feeds)] == [Cause.ERASED, Cause.RESTRICTED]


def test_killed_in_between_it_loses_nothing_and_makes_nothing_twice(feeds: Scene) -> None:
    ada, bo = customer(feeds, "Ada"), customer(feeds, "Bo")
    follower(feeds)
    erase(feeds, ada)
    with suppress(KeyboardInterrupt), walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        following.follow(session)
        raise KeyboardInterrupt
    assert made(feeds) == []
    erase(feeds, bo)
    assert [one.person_id for one in follow(feeds)] == [ada, bo]
    assert len(follow(feeds)) == 2


def test_what_reads_the_numbers_before_does_not_hide_them(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    one = follower(feeds)
    erase(feeds, ada)
    one.catch_up()
    with walled_session(feeds.house.alfa.system()) as session:
        publishing.publish(session)
    assert len(follow(feeds)) == 1


def test_the_transaction_of_the_change_asks_for_it(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    rewrite(feeds, ada, name="Aada")
    assert run_jobs(feeds.house.group, only="registers.tell_recipients") == []
    correct(feeds, ada, name="Ada")
    assert run_jobs(feeds.house.group, only="registers.tell_recipients") == [TellRecipients.name]


def test_a_restriction_of_everything_is_told_to_every_recipient(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    follower(feeds)
    restrict(feeds, ada)
    [told] = follow(feeds)
    assert (told.cause, told.record_ids, told.way) == (Cause.RESTRICTED, [], Way.FEED)


def test_an_objection_is_told_to_those_who_got_the_data_for_that_use(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    follower(feeds)
    with walled_session(feeds.house.alfa.system()) as session:
        objecting.object_to(session, ada, RIGHTS)
        consenting.give(session, ada, CARE, source="Lomake")
    assert follow(feeds) == []
    with walled_session(feeds.house.alfa.system()) as session:
        consenting.withdraw(session, ada, CARE)
    assert [one.cause for one in follow(feeds)] == [Cause.WITHDRAWN]


def test_each_kind_of_change_is_one_task_for_each_who_got_the_person(feeds: Scene) -> None:
    """Also for who got them under the id of somebody who was found to be the same person."""
    bo = customer(feeds, "Bo")
    first, *_ = recipient(feeds, "eka")
    ada = customer(feeds, "Ada")
    second, *_ = recipient(feeds, "toka")
    staff = feeds.house.approver.acting(feeds.house.alfa, RIGHTS)
    erase(feeds, bo)
    with walled_session(staff) as session:
        merging.merge(session, ada, bo, reason="Sama ihminen")
    correct(feeds, ada, segment="vip")
    with walled_session(feeds.house.alfa.system()) as session:
        objecting.object_to(session, ada, CARE)
    with walled_session(feeds.house.alfa.system()) as session:
        consenting.give(session, ada, CARE, source="Lomake")
    with walled_session(feeds.house.alfa.system()) as session:
        consenting.withdraw(session, ada, CARE)
    restrict(feeds, ada)
    told = [(one.cause, one.recipient_id) for one in follow(feeds) if one.person_id == ada]
    kinds = (Cause.CORRECTED, Cause.OBJECTED, Cause.WITHDRAWN, Cause.RESTRICTED)
    assert sorted(told) == sorted((cause, one) for cause in kinds for one in (first, second))


def test_what_is_erased_because_its_time_is_over_is_told_like_any_other(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    one = follower(feeds)
    erase(feeds, ada, ground=ErasureGround.RETENTION_ENDED)
    [told] = follow(feeds)
    assert (told.cause, told.feed_id, told.way) == (Cause.RETENTION, one.feed_id, Way.FEED)
    one.catch_up()
    [(_, reason)] = one.gone
    assert reason is Gone.RETENTION


def test_of_a_merged_person_those_are_told_who_got_either(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    first, *_ = recipient(feeds, "eka")
    bo = customer(feeds, "Bo")
    erase(feeds, ada)
    second, *_ = recipient(feeds, "toka")
    with walled_session(feeds.house.approver.acting(feeds.house.alfa, RIGHTS)) as session:
        merging.merge(session, bo, ada, reason="Sama ihminen")
    erase(feeds, bo)
    of_bo = {one.recipient_id for one in follow(feeds) if one.person_id == bo}
    assert of_bo == {first, second}


def test_after_the_end_of_a_feed_a_letter_tells_it(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    one = follower(feeds)
    feeds.end(one.feed_id)
    erase(feeds, ada)
    [told] = follow(feeds)
    assert (told.way, told.feed_id) == (Way.EMAIL, None)


def test_whom_wrong_data_came_from_is_told_of_its_correction(feeds: Scene) -> None:
    house = feeds.house
    with walled_session(house.group.system()) as session:
        session.execute(
            update(Register)
            .where(Register.register_id == house.customers.register_id)
            .values(sources=[Text(fi="Väestötietojärjestelmä"), Text(fi="Henkilö itse")], source_keys=["vtj", "self"])
        )
        session.execute(
            update(Field).where(Field.field_id == house.customers.fields["name"]).values(origin=Origin.THIRD_PARTY)
        )
    ada = customer_from(feeds, "vtj")
    [record_id] = records_of(feeds, ada)
    correct_from(feeds, ada, record_id, segment="vip")
    assert follow(feeds) == []
    correct_from(feeds, ada, record_id, name="Aada")
    [told] = follow(feeds)
    assert (told.source, told.recipient_id, told.way) == ("vtj", None, Way.BY_HAND)


def test_of_somebody_who_was_divided_off_those_are_told_who_got_them_as_one(feeds: Scene) -> None:
    """Nobody can tell any more which of the two a recipient has got, so it is told of either."""
    ada = customer(feeds, "Ada")
    _, second = (order(feeds, ada, number, "open") for number in ("1", "2"))
    of_orders(feeds).catch_up()
    with walled_session(feeds.house.approver.acting(feeds.house.alfa, RIGHTS)) as session:
        other = splitting.split(session, ada, [second], reason="Toisen")
    for person_id in (other, ada):
        erase(feeds, person_id, register_id=feeds.orders.register_id)
    assert [(one.person_id, one.recipient_id) for one in follow(feeds)] == [
        (person_id, feeds.house.pilvi) for person_id in (other, ada)
    ]


def test_who_listens_is_told_that_something_waits_to_be_confirmed(feeds: Scene) -> None:
    ada, bo = customer(feeds, "Ada"), customer(feeds, "Bo")
    one = follower(feeds)
    with walled_session(feeds.house.approver.acting(feeds.house.alfa)) as session:
        endpoints.register(
            session, feeds.agreement, url="https://pilvi.example/", events=[EventType.CONFIRMATION_PENDING]
        )
    erase(feeds, ada)
    [first] = follow(feeds)
    erase(feeds, bo)
    follow(feeds)
    with walled_session(feeds.house.alfa.system()) as session:
        told, _ = session.scalars(select(WebhookMessage).order_by(WebhookMessage.message_id)).all()
    assert told.event == Event(
        EventType.CONFIRMATION_PENDING, feed_id=one.feed_id, notification_id=first.notification_id
    )
    with walled_session(feeds.house.group.system()) as session:
        queued = session.scalars(select(QueuedJob.arguments).where(QueuedJob.name == DeliverWebhook.name)).all()
    assert str(told.message_id) in {row["message_id"] for row in queued}


def test_who_is_behind_a_stopped_feed_is_told_by_the_letter_of_the_reminder(feeds: Scene) -> None:
    ada = customer(feeds, "Ada")
    one = follower(feeds)
    feeds.house.stop(feed_id=one.feed_id)
    erase(feeds, ada)
    [told] = follow(feeds)
    assert (told.way, told.delivered_at) == (Way.FEED, None)
    with walled_session(feeds.house.alfa.system(RIGHTS)) as session:
        pressing.press(session, now=told.made_at + timedelta(days=3, minutes=1))
    with walled_session(feeds.house.group.system()) as session:
        [queued] = session.scalars(select(QueuedJob.arguments).where(QueuedJob.name == MailRecipient.name)).all()
    assert queued["reminder"]

"""A recipient is told what happened until it has heard it, and nothing of anybody."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from standardwebhooks import Webhook

from infra.embedded.postgres import Postgres
from services.worker import handling, main, watching, webhooks
from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.jobs.model import Queue, QueuedJob
from tenants.outside import Unreached
from tenants.processors.model import ProcessorVerification
from tenants.registers import erasing
from tenants.registers.model import ErasureGround
from tenants.webhooks import delivering, endpoints
from tenants.webhooks.model import DisabledFor, EventType, MessageState, WebhookEndpoint, WebhookMessage
from tests import make
from tests.receivers import Asked, Authority, Receiver, Says, receiving
from tests.tenants.feeds.writing import customer, rewrite
from tests.tenants.webhooks.scene import Scene, scene


@pytest.fixture(scope="module")
def receivers() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def receiver(receivers: Receiver) -> Receiver:
    receivers.asked.clear()
    receivers.answers = lambda asked: Says(204)
    return receivers


@pytest.fixture
def pilvi(database: Postgres) -> Scene:
    return scene()


@pytest.fixture
def url(receiver: Receiver) -> str:
    return f"{receiver.origin}/koukut"


def bodies(receiver: Receiver) -> list[dict[str, object]]:
    return [json.loads(asked.body) for asked in receiver.asked]


def test_a_ping_arrives_signed_and_says_nothing(pilvi: Scene, receiver: Receiver, url: str) -> None:
    issued = pilvi.register(url)
    message_id = pilvi.ping(issued.endpoint_id)
    pilvi.send()
    (asked,) = receiver.asked
    said = Webhook(issued.secret).verify(asked.body, dict(asked.headers))
    assert (said["type"], said["data"]) == ("ping", {})
    assert asked.headers["webhook-id"] == f"msg_{message_id.hex}"
    assert pilvi.message(message_id).state is MessageState.DELIVERED
    (sent,) = pilvi.sent(issued.endpoint_id)
    assert [(attempt.status, attempt.reason) for attempt in sent.attempts] == [(204, None)]


def test_whoever_follows_a_feed_is_told_that_it_changed_and_of_nobody(
    pilvi: Scene, receiver: Receiver, url: str
) -> None:
    feed_id = pilvi.feeds.approved()
    issued = pilvi.register(url)
    pilvi.tell()
    aino = customer(pilvi.feeds, "Aino", segment="A")
    pilvi.tell()
    (body,) = bodies(receiver)
    assert body["type"] == "feed.changed"
    data = body["data"]
    assert isinstance(data, dict)
    assert set(data) == {"feed_id", "epoch", "version", "number"}
    assert data["feed_id"] == str(feed_id)
    assert str(aino) not in json.dumps(body)
    assert pilvi.told(issued.endpoint_id) == [EventType.FEED_CHANGED]


def test_many_changes_before_it_is_heard_are_told_once_and_the_next_one_anew(
    pilvi: Scene, receiver: Receiver, url: str
) -> None:
    pilvi.feeds.approved()
    pilvi.register(url)
    pilvi.tell()
    receiver.answers = lambda asked: Says(500)
    aino = customer(pilvi.feeds, "Aino")
    pilvi.tell()
    rewrite(pilvi.feeds, aino, segment="B")
    pilvi.tell()
    rewrite(pilvi.feeds, aino, segment="C")
    pilvi.tell()
    assert len({asked.headers["webhook-id"] for asked in receiver.asked}) == 1
    receiver.answers = lambda asked: Says(200)
    pilvi.try_again()
    heard = len(receiver.asked)
    pilvi.tell()
    assert len(receiver.asked) == heard + 1, "what changed while it was told of the first is told, too"
    pilvi.tell()
    assert len(receiver.asked) == heard + 1


def test_where_nothing_changed_nobody_is_told_and_nothing_is_queued(pilvi: Scene, url: str) -> None:
    pilvi.feeds.approved()
    pilvi.register(url)
    pilvi.tell()
    assert not pilvi.look()


def test_a_company_without_endpoints_is_not_looked_at(pilvi: Scene) -> None:
    customer(pilvi.feeds, "Aino")
    watching._look_in(pilvi.feeds.house.group.group_id)
    with walled_session(pilvi.feeds.house.group.system()) as session:
        assert session.scalars(select(QueuedJob).where(QueuedJob.name == "webhooks.tell_of_feeds")).all() == []


def test_the_schedule_finds_who_has_something_to_be_told(pilvi: Scene, receiver: Receiver, url: str) -> None:
    pilvi.feeds.approved()
    pilvi.register(url)
    watching._look_in(pilvi.feeds.house.group.group_id)
    pilvi.send()
    customer(pilvi.feeds, "Aino")
    for _ in range(2):
        watching._look_in(pilvi.feeds.house.group.group_id)
    pilvi.send()
    assert [body["type"] for body in bodies(receiver)] == ["feed.changed"]


def test_a_stop_and_a_resumption_and_a_new_scope_are_told(pilvi: Scene, receiver: Receiver, url: str) -> None:
    feed_id = pilvi.feeds.approved()
    issued = pilvi.register(url)
    pilvi.tell()
    pilvi.feeds.suspend(feed_id)
    pilvi.tell()
    pilvi.feeds.resume(feed_id)
    pilvi.tell()
    pilvi.feeds.change(feed_id, fields=("name",))
    pilvi.feeds.approve(feed_id, at_once="Suostumus poistui")
    pilvi.tell()
    assert pilvi.told(issued.endpoint_id) == [
        EventType.FEED_STOPPED,
        EventType.FEED_RESUMED,
        EventType.SCOPE_CHANGED,
    ]


def test_an_endpoint_hears_only_of_what_it_chose(pilvi: Scene, receiver: Receiver, url: str) -> None:
    pilvi.feeds.approved()
    issued = pilvi.register(url, events=("feed.stopped",))
    pilvi.tell()
    customer(pilvi.feeds, "Aino")
    pilvi.tell()
    assert pilvi.told(issued.endpoint_id) == []


def withdraw_verification(session: Session, *, at: datetime | None) -> None:
    session.execute(update(ProcessorVerification).values(withdrawn_at=at))


def test_while_the_agreement_stops_nothing_is_sent_and_then_it_goes_on(
    pilvi: Scene, receiver: Receiver, url: str
) -> None:
    issued = pilvi.register(url)
    with walled_session(pilvi.feeds.house.alfa.system()) as session:
        withdraw_verification(session, at=datetime.now(UTC))
    message_id = pilvi.ping(issued.endpoint_id)
    pilvi.tell()
    assert receiver.asked == []
    assert pilvi.message(message_id).held_at is not None
    with walled_session(pilvi.feeds.house.alfa.system()) as session:
        withdraw_verification(session, at=None)
    pilvi.tell()
    assert [asked.headers["webhook-id"] for asked in receiver.asked] == [f"msg_{message_id.hex}"]


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_another_answer_than_good_is_tried_again_by_the_schedule_of_the_standard(
    pilvi: Scene, receiver: Receiver, url: str, status: int
) -> None:
    issued = pilvi.register(url)
    pilvi.ping(issued.endpoint_id)
    receiver.answers = lambda asked: Says(status)
    pilvi.send()
    assert timedelta(seconds=0) < pilvi.due_at() - datetime.now(UTC) <= timedelta(seconds=5)
    pilvi.try_again()
    assert timedelta(minutes=4) < pilvi.due_at() - datetime.now(UTC) <= timedelta(minutes=5)
    first, second = receiver.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    (sent,) = pilvi.sent(issued.endpoint_id)
    assert [attempt.status for attempt in sent.attempts] == [status, status]


def test_a_redirect_into_the_cloud_is_not_followed_and_its_reason_is_kept(
    pilvi: Scene, receiver: Receiver, url: str
) -> None:
    issued = pilvi.register(url)
    pilvi.ping(issued.endpoint_id)
    receiver.answers = lambda asked: Says(302, {"Location": "http://169.254.169.254/latest/meta-data/"})
    pilvi.send()
    (sent,) = pilvi.sent(issued.endpoint_id)
    assert [(one.status, one.reason) for one in sent.attempts] == [(302, Unreached.REDIRECT)]
    assert len(receiver.asked) == 1


def test_a_self_signed_certificate_is_not_believed_and_nothing_is_shown_to_it(
    pilvi: Scene, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    with receiving(context=authority.context("127.0.0.1", self_signed=True)) as there:
        issued = pilvi.register(there.origin)
        pilvi.ping(issued.endpoint_id)
        pilvi.send()
        assert there.asked == []
    (sent,) = pilvi.sent(issued.endpoint_id)
    assert [attempt.reason for attempt in sent.attempts] == [Unreached.TLS]


def test_who_asks_for_time_gets_it_for_all_its_messages(pilvi: Scene, receiver: Receiver, url: str) -> None:
    issued = pilvi.register(url)
    pilvi.ping(issued.endpoint_id)
    receiver.answers = lambda asked: Says(429, {"Retry-After": "3600"})
    pilvi.send()
    assert timedelta(minutes=59) < pilvi.due_at() - datetime.now(UTC) <= timedelta(hours=1)
    pilvi.ping(issued.endpoint_id)
    pilvi.send()
    assert len(receiver.asked) == 1


@pytest.mark.parametrize(
    ("header", "about"),
    [("7200", 7200), ("999999999999", 86_400), ("Wed, 21 Oct 2015 07:28:00 GMT", 5), ("soon", 5), ("-1", 5)],
)
def test_odd_wishes_for_time_are_bounded(pilvi: Scene, receiver: Receiver, url: str, header: str, about: int) -> None:
    issued = pilvi.register(url)
    pilvi.ping(issued.endpoint_id)
    receiver.answers = lambda asked: Says(503, {"Retry-After": header})
    pilvi.send()
    assert about - 60 < (pilvi.due_at() - datetime.now(UTC)).total_seconds() <= about


def test_who_says_that_it_is_gone_is_told_nothing_any_more(pilvi: Scene, receiver: Receiver, url: str) -> None:
    issued = pilvi.register(url)
    pilvi.ping(issued.endpoint_id)
    receiver.answers = lambda asked: Says(410)
    pilvi.send()
    assert pilvi.endpoint(issued.endpoint_id).disabled_for is DisabledFor.GONE
    with walled_session(pilvi.feeds.house.alfa.system()) as session:
        (found,) = endpoints.troubled(session)
        assert found == (found[0], pilvi.feeds.house.pilvi)
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("webhook."))).all()
    assert "webhook.disabled" in actions


def test_ten_attempts_end_a_message_and_three_such_messages_the_endpoint(
    pilvi: Scene, receiver: Receiver, url: str
) -> None:
    issued = pilvi.register(url)
    receiver.answers = lambda asked: Says(500)
    for ended in range(1, delivering.GIVEN_UP_AT_MOST + 1):
        message_id = pilvi.ping(issued.endpoint_id)
        with walled_session(pilvi.feeds.house.alfa.system()) as session:
            session.execute(
                update(WebhookMessage)
                .where(WebhookMessage.message_id == message_id)
                .values(tries=len(delivering.SCHEDULE) - 1)
            )
        pilvi.send()
        assert pilvi.message(message_id).state is MessageState.FAILED
        assert pilvi.endpoint(issued.endpoint_id).exhausted == ended
    assert pilvi.endpoint(issued.endpoint_id).disabled_for is DisabledFor.EXHAUSTED


def test_a_good_answer_makes_up_for_what_was_given_up(pilvi: Scene, receiver: Receiver, url: str) -> None:
    issued = pilvi.register(url)
    with walled_session(pilvi.feeds.house.alfa.system()) as session:
        session.execute(update(WebhookEndpoint).values(exhausted=2, failing_since=datetime.now(UTC)))
    pilvi.ping(issued.endpoint_id)
    pilvi.send()
    endpoint = pilvi.endpoint(issued.endpoint_id)
    assert (endpoint.exhausted, endpoint.failing_since) == (0, None)
    assert endpoint.last_ok_at is not None


def test_what_waits_for_a_disabled_endpoint_is_dropped(pilvi: Scene, receiver: Receiver, url: str) -> None:
    issued = pilvi.register(url)
    message_id = pilvi.ping(issued.endpoint_id)
    with walled_session(pilvi.feeds.house.approver.acting(pilvi.feeds.house.alfa)) as session:
        endpoints.disable(session, issued.endpoint_id)
    pilvi.send()
    assert receiver.asked == []
    assert pilvi.message(message_id).state is MessageState.DROPPED


def test_what_is_sent_again_by_hand_bears_the_id_that_the_receiver_knows(
    pilvi: Scene, receiver: Receiver, url: str
) -> None:
    issued = pilvi.register(url)
    message_id = pilvi.ping(issued.endpoint_id)
    pilvi.send()
    pilvi.redeliver(message_id)
    pilvi.send()
    first, second = receiver.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert pilvi.message(message_id).state is MessageState.DELIVERED


def test_a_worker_that_dies_after_the_call_sends_it_again_under_the_same_id(
    pilvi: Scene, receiver: Receiver, url: str
) -> None:
    issued = pilvi.register(url)
    message_id = pilvi.ping(issued.endpoint_id)
    with walled_session(pilvi.feeds.house.alfa.system()) as session:
        envelope = delivering.prepare(session, message_id)
    assert envelope is not None
    webhooks._send(envelope)  # and before what it returns is called, the process is gone
    assert pilvi.message(message_id).state is MessageState.PENDING
    pilvi.send()
    first, second = receiver.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert pilvi.message(message_id).state is MessageState.DELIVERED


def test_after_a_rotation_both_secrets_sign_and_then_only_the_new_one(
    pilvi: Scene, receiver: Receiver, url: str
) -> None:
    issued = pilvi.register(url, asymmetric=True)
    with walled_session(pilvi.feeds.house.approver.acting(pilvi.feeds.house.alfa)) as session:
        new = endpoints.rotate(session, issued.endpoint_id)
    pilvi.ping(issued.endpoint_id)
    pilvi.send()
    assert sorted(one.partition(",")[0] for one in signatures(receiver.asked[0])) == ["v1", "v1", "v1a", "v1a"]
    for secret in (issued.secret, new.secret):
        Webhook(secret).verify(receiver.asked[0].body, dict(receiver.asked[0].headers))
    assert new.public_key not in (None, issued.public_key)


def signatures(asked: Asked) -> list[str]:
    return asked.headers["webhook-signature"].split(" ")


def test_the_job_holds_an_id_and_nothing_else(pilvi: Scene, receiver: Receiver, url: str) -> None:
    message_id = pilvi.ping(pilvi.register(url).endpoint_id)
    with walled_session(pilvi.feeds.house.group.system()) as session:
        row = session.scalars(select(QueuedJob).where(QueuedJob.name == "webhooks.deliver")).one()
    assert row.arguments == {"message_id": str(message_id)}


def test_an_erasure_reaches_twenty_recipients_at_once(pilvi: Scene, receiver: Receiver, url: str) -> None:
    agreements = [pilvi.feeds.agreement, *(pilvi.feeds.house.approved(key) for key in ("toinen", "kolmas", "neljas"))]
    for agreement_id in agreements:
        recipient = Scene(msgspec.structs.replace(pilvi.feeds, agreement=agreement_id))
        recipient.feeds.approved()
        for number in range(endpoints.MOST):
            recipient.register(f"{url}/{agreement_id}/{number}", events=("feed.changed",))
    aino = customer(pilvi.feeds, "Aino")
    pilvi.tell()
    erase(pilvi, aino)
    pilvi.tell()
    assert [body["type"] for body in bodies(receiver)] == ["feed.changed"] * 20
    assert len({asked.path for asked in receiver.asked}) == 20


def erase(pilvi: Scene, person_id: UUID) -> None:
    clerk = make.staff(pilvi.feeds.house.group, (Role.REQUEST_HANDLER, pilvi.feeds.house.alfa))
    with walled_session(clerk.acting(pilvi.feeds.house.alfa, PurposeKind.RIGHTS_REQUEST)) as session:
        erasing.erase(
            session,
            person_id,
            ground=ErasureGround.NOT_NEEDED,
            reason="Ei enää asiakas",
            register_ids=(pilvi.feeds.house.customers.register_id,),
        )


def test_letters_do_not_wait_for_servers_of_strangers() -> None:
    assert main.AREAS, "importing them registers what they do"
    waiting = {one.kind.name for one in handling.HANDLERS.values() if one.kind.queue is Queue.CALLS}
    assert {name.partition(".")[0] for name in waiting} == {"webhooks", "opendsr"}
    letters = {one.kind.name for one in handling.HANDLERS.values() if one.kind.queue is Queue.OUTBOUND}
    assert {name.partition(".")[0] for name in letters}.isdisjoint({"webhooks", "opendsr"})

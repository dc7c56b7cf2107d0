"""What the relay hands over is marked as sent, what is lost on the way is handed over again."""

from collections.abc import Iterator
from uuid import UUID

import pytest
import redis
from sqlalchemy import func, select, update

from infra.embedded.valkey import Valkey
from services.worker.broker import Sender, connect
from services.worker.relay import LOST_AFTER, SENTINEL, carry, send_lost_again
from tenants.base import new_id
from tenants.database import walled_session
from tenants.jobs import outbox
from tenants.jobs.model import QueuedJob
from tests import make
from tests.faults import kinds
from tests.make import MadeGroup
from tests.queue import settle_everything


@pytest.fixture
def client(database: object, redis_server: Valkey) -> Iterator[redis.Redis]:
    settle_everything()
    with connect() as client:
        client.flushall()
        send_lost_again(client)
        yield client


@pytest.fixture
def group(client: redis.Redis) -> MadeGroup:
    return make.group()


def queue(group: MadeGroup, number: int) -> list[UUID | None]:
    with walled_session(group.system()) as session:
        return [outbox.enqueue(session, kinds.Remember(new_id())) for _ in range(number)]


def sent(group: MadeGroup) -> int:
    with walled_session(group.system()) as session:
        return session.scalar(select(func.count()).where(QueuedJob.sent_at.is_not(None))) or 0


def test_jobs_are_handed_over_in_one_go_and_in_order(client: redis.Redis, group: MadeGroup) -> None:
    jobs = queue(group, 20)
    assert carry(Sender(client)) == (20, False)
    assert carry(Sender(client)) == (0, False)
    messages = client.hgetall("seloste:default.msgs")
    carried = [messages[number] for number in client.lrange("seloste:default", 0, -1)]
    assert all(str(job_id).encode() in message for job_id, message in zip(jobs, carried, strict=True))
    assert sent(group) == 20


def test_a_redis_that_takes_no_more_leaves_the_jobs_waiting(client: redis.Redis, group: MadeGroup) -> None:
    queue(group, 3)
    client.config_set("maxmemory", 1)
    try:
        with pytest.raises(redis.RedisError):
            carry(Sender(client))
    finally:
        client.config_set("maxmemory", 0)
    assert sent(group) == 0


@pytest.mark.parametrize("sentinel", [None, b"the run id of another server"])
def test_a_redis_that_may_have_lost_messages_gets_them_again(
    client: redis.Redis, group: MadeGroup, sentinel: bytes | None
) -> None:
    queue(group, 3)
    carry(Sender(client))
    client.delete(SENTINEL)
    if sentinel:
        client.set(SENTINEL, sentinel)
    send_lost_again(client)
    assert sent(group) == 0
    carry(Sender(client))
    send_lost_again(client)
    assert sent(group) == 3


def test_what_is_out_for_longer_than_a_job_may_run_is_handed_over_again(client: redis.Redis, group: MadeGroup) -> None:
    jobs = queue(group, 3)
    carry(Sender(client))
    with walled_session(group.system()) as session:
        old = update(QueuedJob).where(QueuedJob.job_id == jobs[0]).values(sent_at=func.now() - LOST_AFTER)
        session.execute(old)
    send_lost_again(client)
    assert sent(group) == 2

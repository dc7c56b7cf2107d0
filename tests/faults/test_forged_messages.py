"""Whoever can write to Redis can make nothing happen that was not to happen anyway."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import redis
from sqlalchemy import func, select

from tenants.base import new_id
from tenants.database import walled_session
from tenants.jobs import outbox
from tenants.jobs.model import QueuedJob
from tests import make
from tests.faults import kinds, processes
from tests.faults.kinds import times
from tests.make import MadeGroup
from tests.waiting import until


def send(client: redis.Redis, message: bytes) -> None:
    """Into the queue that workers read, by Dramatiq's own layout of it."""
    number = str(uuid4())
    client.hset("seloste:default.msgs", number, message)
    client.rpush("seloste:default", number)


def forge(client: redis.Redis, *args: object, actor: str = "job", **options: object) -> None:
    fields = {
        "queue_name": "default",
        "actor_name": actor,
        "args": args,
        "kwargs": {},
        "options": {"redis_message_id": str(uuid4()), **options},
        "message_id": str(uuid4()),
        "message_timestamp": 0,
    }
    send(client, json.dumps(fields).encode())


def queue_for_next_year(group: MadeGroup, note: UUID) -> str:
    with walled_session(group.system()) as session:
        due_at = datetime.now(UTC) + timedelta(days=365)
        return str(outbox.enqueue(session, kinds.Remember(note), due_at=due_at))


def states(group: MadeGroup) -> list[tuple[bool, int]]:
    with walled_session(group.system()) as session:
        rows = session.scalars(select(QueuedJob).where(QueuedJob.due_at > func.now()))
        return [(row.done_at is None and row.failed_at is None, row.attempts) for row in rows]


@pytest.mark.usefixtures("database")
def test_forged_messages_do_nothing(tmp_path: Path, redis_client: redis.Redis) -> None:
    group, other, note, real = make.group(), make.group(), new_id(), new_id()
    job_id = queue_for_next_year(group, note)
    forge(redis_client, str(group.group_id), job_id)
    forge(redis_client, str(other.group_id), job_id)
    forge(redis_client, str(group.group_id), str(new_id()))
    forge(redis_client, str(new_id()), job_id, time_limit=1)
    forge(redis_client, str(group.group_id), job_id, actor="os.system", pipe_target={"actor_name": "job"})
    forge(redis_client, "'; DROP TABLE queued_jobs; --", job_id)
    forge(redis_client, {"group": 1}, [2], 3)
    send(redis_client, b"\xff not a message")
    send(redis_client, b"[]")
    with walled_session(group.system()) as session:
        outbox.enqueue(session, kinds.Remember(real))
    with processes.worker(tmp_path), processes.relay(tmp_path):
        until(lambda: times(group, real) == 1, 20)
    assert times(group, note) == times(other, note) == 0
    assert states(group) == [(True, 0)]
    assert "DROP TABLE" not in (tmp_path / "worker.log").read_text()


def test_the_queue_in_redis_holds_ids_and_nothing_else(tmp_path: Path, redis_client: redis.Redis) -> None:
    group, note = make.group(), new_id()
    with walled_session(group.system()) as session:
        job_id = outbox.enqueue(session, kinds.Remember(note))
    with processes.relay(tmp_path):
        until(lambda: redis_client.llen("seloste:default") == 1)
    (message,) = redis_client.hvals("seloste:default.msgs")
    assert json.loads(message)["args"] == [str(group.group_id), str(job_id)]
    assert str(note).encode() not in message

"""A receiver that answers slowly, or never, keeps nobody else waiting."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select

from infra.embedded.postgres import Postgres
from infra.embedded.valkey import Valkey
from services.worker import broker, handling, receivers
from tenants.database import walled_session
from tenants.jobs.model import QueuedJob
from tenants.webhooks import endpoints
from tenants.webhooks.announcing import DeliverWebhook
from tests.receivers import Asked, Receiver, Says, receiving
from tests.tenants.webhooks.scene import Scene, scene
from tests.waiting import until

THREADS = 8


@pytest.fixture(autouse=True)
def shared(redis_server: Valkey) -> Iterator[None]:
    """As the worker process does it."""
    before = list(receivers._shared)
    client = broker.connect()
    receivers.share_through(client)
    yield
    receivers._shared[:] = before
    client.close()


@pytest.fixture
def answering() -> Iterator[threading.Event]:
    """Whether the slow one answers by now. At the end it does, or its calls would hold up the end of the test."""
    made = threading.Event()
    yield made
    made.set()


@pytest.fixture
def slow(answering: threading.Event) -> Iterator[Receiver]:
    def hang(asked: Asked) -> Says:
        answering.wait()
        return Says(204)

    with receiving(hang) as running:
        yield running


@pytest.fixture
def healthy() -> Iterator[Receiver]:
    with receiving(lambda asked: Says(204)) as running:
        yield running


@pytest.fixture
def pilvi(database: Postgres) -> Scene:
    return scene()


def another(of: Scene) -> Scene:
    """A processor that is as good as Pilvi, and no slower."""
    house = of.feeds.house
    processor_id = house.processor("ripea")
    house.verify(processor_id)
    return Scene(msgspec.structs.replace(of.feeds, agreement=house.approved("ripea", processor_id=processor_id)))


def jobs(of: Scene) -> list[QueuedJob]:
    wanted = select(QueuedJob).where(QueuedJob.name == DeliverWebhook.name).order_by(QueuedJob.job_id)
    with walled_session(of.feeds.house.group.system()) as session:
        return list(session.scalars(wanted))


def test_many_slow_addresses_of_one_processor_leave_the_threads_to_others(
    pilvi: Scene, slow: Receiver, healthy: Receiver, answering: threading.Event
) -> None:
    for number in range(endpoints.MOST):
        pilvi.ping(pilvi.register(f"{slow.origin}/{number}").endpoint_id)
    other = another(pilvi)
    other.ping(other.register(healthy.origin).endpoint_id)
    with ThreadPoolExecutor(THREADS) as threads:
        under_way = [threads.submit(do, pilvi, one.job_id) for one in jobs(pilvi)]
        until(lambda: len(healthy.asked) == 1)
        until(lambda: sum(one.done() for one in under_way) == 1 + endpoints.MOST - receivers.CALLS.most)
        until(lambda: len(slow.asked) == receivers.CALLS.most)
        assert not answering.is_set()
        put_off = [one for one in jobs(pilvi) if one.done_at is None and one.attempts == 0]
        assert len(put_off) == endpoints.MOST - receivers.CALLS.most
        assert all(one.sent_at is None and one.due_at > one.created_at for one in put_off)
        answering.set()
        wait(under_way)
    pilvi.try_again()
    assert all(one.done_at for one in jobs(pilvi))
    assert len(slow.asked) == endpoints.MOST


def do(of: Scene, job_id: UUID) -> None:
    handling.run(str(of.feeds.house.group.group_id), str(job_id))


def test_who_finds_no_room_is_asked_for_nothing_and_has_lost_nothing(pilvi: Scene, healthy: Receiver) -> None:
    """Two places are taken by another worker: nothing is sent, and no attempt is told of, until one is free."""
    issued = pilvi.register(healthy.origin)
    pilvi.ping(issued.endpoint_id)
    processor_id = pilvi.feeds.house.pilvi
    free = threading.Event()
    with ThreadPoolExecutor(receivers.CALLS.most) as elsewhere:
        begun = threading.Barrier(receivers.CALLS.most + 1)

        def held() -> None:
            begun.wait()
            free.wait()

        for _ in range(receivers.CALLS.most):
            elsewhere.submit(receivers.in_turn(processor_id, held))
        begun.wait()
        [job] = jobs(pilvi)
        do(pilvi, job.job_id)
        assert healthy.asked == []
        assert pilvi.sent(issued.endpoint_id)[0].attempts == []
        free.set()
    pilvi.try_again()
    assert len(healthy.asked) == 1

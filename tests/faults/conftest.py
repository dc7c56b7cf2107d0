"""Faults happen to real processes, with an empty queue and a Redis of this test's own."""

import pytest
import redis

from infra.embedded.postgres import Postgres
from infra.embedded.valkey import Valkey
from services.worker.broker import connect
from tests.queue import settle_everything


@pytest.fixture(autouse=True)
def empty_queue(database: Postgres, redis_server: Valkey) -> None:
    settle_everything()
    with connect() as client:
        client.flushall()


@pytest.fixture
def redis_client(redis_server: Valkey) -> redis.Redis:
    return connect()

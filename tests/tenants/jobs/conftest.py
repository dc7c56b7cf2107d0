"""A queue with nothing in it: the relay sees the jobs of every group that a test ever made."""

import pytest

from infra.embedded.postgres import Postgres
from tests.queue import settle_everything


@pytest.fixture
def empty_queue(database: Postgres) -> None:
    settle_everything()

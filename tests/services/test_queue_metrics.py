"""What Prometheus is told about the queue."""

import os
import subprocess
import sys

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from services.api.queue_metrics import QueueCollector
from tenants.base import new_id
from tenants.database import walled_session
from tenants.jobs import outbox
from tests import make
from tests.faults import kinds
from tests.queue import settle_everything


def told() -> str:
    registry = CollectorRegistry()
    registry.register(QueueCollector())
    return generate_latest(registry).decode()


@pytest.mark.usefixtures("database")
def test_how_much_waits_is_told_by_queue_and_never_by_group() -> None:
    settle_everything()
    group = make.group()
    with walled_session(group.system()) as session:
        for _ in range(3):
            outbox.enqueue(session, kinds.Remember(new_id()))
    lines = told()
    assert 'seloste_jobs_waiting{queue="default"} 3.0' in lines
    assert 'seloste_jobs_oldest_waiting_seconds{queue="default"}' in lines
    assert 'seloste_jobs_waiting{queue="bulk"} 0.0' in lines
    assert str(group.group_id) not in lines
    assert group.slug not in lines


def test_an_api_that_may_not_see_the_queue_tells_nothing_about_it() -> None:
    program = "from tests.services.test_queue_metrics import told; assert told() == ''"
    environment = {name: value for name, value in os.environ.items() if name != "SELOSTE_DATABASE_RELAY"}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=60)

"""What Prometheus is told about the queue."""

from pathlib import Path
from urllib.request import urlopen

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from prometheus_client import CollectorRegistry, generate_latest

from infra.embedded import ports
from infra.embedded.postgres import Postgres
from infra.embedded.valkey import Valkey
from services.worker.queue_metrics import QueueCollector
from tenants.base import new_id
from tenants.database import walled_session
from tenants.jobs import outbox
from tests import make
from tests.faults import kinds, processes
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


def test_the_relay_gives_the_figures_and_is_asked_on_its_own_port(
    tmp_path: Path, database: Postgres, redis_server: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = ports.free()
    monkeypatch.setenv("SELOSTE_METRICS_PORT", str(port))
    with processes.relay(tmp_path), urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode()
    assert 'seloste_jobs_waiting{queue="default"}' in lines
    assert 'seloste_jobs_oldest_failed_seconds{queue="documents"}' in lines


def test_the_api_knows_nothing_of_the_queue(client: TestClient[Litestar]) -> None:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert "seloste_jobs" not in answer.text

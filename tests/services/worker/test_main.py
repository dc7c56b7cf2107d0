"""A worker process and what it is started with."""

import pytest

from services.worker import main
from tenants import settings


def test_a_worker_with_more_threads_than_its_connections_can_bear_is_not_started(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main.main(["--threads", str(settings.current().pool_size + 1)])
    assert "SELOSTE_POOL_SIZE" in capsys.readouterr().err


def test_a_worker_for_a_queue_that_there_is_not_is_not_started(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["--queues", "default,fast"])
    assert "queues are default" in capsys.readouterr().err

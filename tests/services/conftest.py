"""The application against real servers."""

from collections.abc import Callable, Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from infra.embedded.postgres import Postgres
from infra.embedded.valkey import Valkey
from services.api.app import create_app
from tenants import settings
from tests.services.browsing import Browser


@pytest.fixture(scope="session")
def app(database: Postgres, redis_server: Valkey) -> Litestar:
    return create_app()


@pytest.fixture(scope="session")
def client(app: Litestar) -> Iterator[TestClient[Litestar]]:
    with TestClient(app, base_url=settings.current().base_url, raise_server_exceptions=False) as running:
        yield running


@pytest.fixture
def open_browser(client: TestClient[Litestar]) -> Callable[[], Browser]:
    """As many as a test has people."""
    return lambda: Browser(client)


@pytest.fixture
def browser(client: TestClient[Litestar]) -> Browser:
    return Browser(client)

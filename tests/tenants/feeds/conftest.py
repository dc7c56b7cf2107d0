import pytest

from infra.embedded.postgres import Postgres
from tests.tenants.feeds.scene import Scene, scene


@pytest.fixture
def feeds(database: Postgres) -> Scene:
    return scene()

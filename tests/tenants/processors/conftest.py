import pytest

from infra.embedded.postgres import Postgres
from tests.tenants.processors.scene import Scene, scene


@pytest.fixture
def house(database: Postgres) -> Scene:
    return scene()

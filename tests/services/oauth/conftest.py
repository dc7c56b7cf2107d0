import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.services.oauth import wires
from tests.services.oauth.wires import Program
from tests.tenants.feeds import scene as feeds
from tests.tenants.processors.scene import Scene

SCOPE = "feed:alfa.customers"


@pytest.fixture(scope="module")
def house(client: TestClient[Litestar]) -> Scene:
    """Pilvi is verified, has an agreement with Alfa in force, and a feed of its customers."""
    made = feeds.scene()
    made.approved("customers")
    return made.house


@pytest.fixture
def program(client: TestClient[Litestar], house: Scene) -> Program:
    return wires.program(client, house)

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.services.oauth import wires
from tests.services.oauth.wires import Program
from tests.tenants.processors.scene import Scene, scene

SCOPE = "feed:alfa.hosting"


@pytest.fixture(scope="module")
def house(client: TestClient[Litestar]) -> Scene:
    """Pilvi is verified, and has an agreement with Alfa in force."""
    made = scene()
    made.verify()
    made.approved()
    return made


@pytest.fixture
def program(client: TestClient[Litestar], house: Scene) -> Program:
    return wires.program(client, house)

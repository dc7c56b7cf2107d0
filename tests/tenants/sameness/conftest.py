import pytest

from infra.embedded.postgres import Postgres
from tests.tenants.sameness.pair import Pair


@pytest.fixture
def pair(database: Postgres) -> Pair:
    return Pair()

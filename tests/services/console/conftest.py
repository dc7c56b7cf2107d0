from collections.abc import Callable

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from infra.embedded.postoffice import PostOffice
from tests.services.browsing import Browser
from tests.services.console.people import Person
from tests.tenants.feeds import scene as feeds
from tests.tenants.feeds.scene import Scene


@pytest.fixture(scope="module")
def feeding(client: TestClient[Litestar], post_office: PostOffice) -> Scene:
    """Pilvi keeps Alfa's customers under an agreement in force, with one feed approved and one that is drafted."""
    made = feeds.scene()
    made.approved("customers")
    made.draft("drafted")
    return made


@pytest.fixture(scope="module")
def somebody(feeding: Scene, client: TestClient[Litestar], post_office: PostOffice) -> Callable[[], Person]:
    return lambda: Person(Browser(client), feeding.house, post_office)

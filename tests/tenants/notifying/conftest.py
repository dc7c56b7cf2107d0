import pytest

from infra.embedded.postgres import Postgres
from infra.embedded.postoffice import PostOffice
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.scene import scene as of_feeds


@pytest.fixture
def feeds(database: Postgres, post_office: PostOffice) -> Scene:
    return of_feeds()

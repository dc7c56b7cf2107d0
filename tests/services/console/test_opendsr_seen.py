"""The people of a processor see what its OpenDSR endpoint was asked and answered, and never about whom."""

from collections.abc import Callable, Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tenants.database import walled_session
from tenants.opendsr import asking, authority, endpoints, wire
from tenants.opendsr.endpoints import Terms
from tenants.opendsr.model import Wanted
from tests.queue import run_jobs
from tests.receivers import Says
from tests.services.browsing import Page
from tests.services.console.people import Person
from tests.services.opendsr import processors
from tests.services.opendsr.processors import DOMAIN, Other
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.writing import customer
from tests.tenants.notifying.telling import RIGHTS


@pytest.fixture(scope="module")
def ulla(somebody: Callable[[], Person]) -> Person:
    return somebody().come_in()


@pytest.fixture
def there(feeding: Scene) -> Iterator[Other]:
    """Pilvi's endpoint at Alfa."""
    root = authority.root()
    with processors.other(authority.issue(root, DOMAIN)) as running:
        base = f"http://localhost:{running.receiver.port}/v2"
        terms = Terms(base_url=base, domain=DOMAIN, secret="sesam", issuer=root.pem.decode())
        with walled_session(feeding.house.approver.acting(feeding.house.alfa)) as session:
            endpoint_id = endpoints.register(session, feeding.house.pilvi, terms).endpoint_id
        yield running
        with walled_session(feeding.house.approver.acting(feeding.house.alfa)) as session:
            endpoints.stop(session, endpoint_id)


def seen(ulla: Person) -> str:
    return Page(ulla.get()).words


def test_who_takes_no_requests_is_shown_nothing_of_it(ulla: Person) -> None:
    assert "OpenDSR" not in seen(ulla)


def test_what_went_wrong_and_what_was_called_back_is_shown(
    ulla: Person, feeding: Scene, there: Other, client: TestClient[Litestar]
) -> None:
    house = feeding.house
    ada = customer(feeding, "Ada", email="ada@esimerkki.example")
    with walled_session(house.alfa.system(RIGHTS)) as session:
        endpoint = endpoints.of_processor(session, house.pilvi)
        assert endpoint
        asking.ask(session, endpoint.endpoint_id, ada, Wanted.ERASURE, submitted_at=wire.now())
    there.to_request = lambda asked: Says(302, {"Location": "http://169.254.169.254/"})
    run_jobs(house.group, only="opendsr.")
    page = seen(ulla)
    assert "osoite ohjasi muualle; ohjausta ei seurata" in page
    assert there.last()["subject_request_id"] in page
    assert there.call_back(client, there.callback("completed"), domain="stranger.example").status_code == 401
    page = seen(ulla)
    assert "torjuttu: tulee muusta kuin käsittelijän verkkotunnuksesta" in page
    assert "ada@esimerkki.example" not in page
    assert "Ada" not in page

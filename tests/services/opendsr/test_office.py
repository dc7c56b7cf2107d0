"""The office of OpenDSR: an endpoint is registered, tried, asked and stopped; a controller is let in."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from tenants.database import walled_session
from tenants.opendsr import authority, endpoints
from tenants.opendsr.authority import Signing
from tests.services import stage
from tests.services.browsing import Browser
from tests.services.opendsr import processors
from tests.services.opendsr.processors import DOMAIN, Other
from tests.services.stage import RIGHTS, Stage


@pytest.fixture(scope="module")
def root() -> Signing:
    return authority.root("Processors' authority")


@pytest.fixture
def there(root: Signing) -> Iterator[Other]:
    with processors.other(authority.issue(root, DOMAIN)) as running:
        yield running


@pytest.fixture
def built(signing: Signing) -> Stage:
    made = stage.build()
    assert made.ids["processor_id"]
    return made


@pytest.fixture
def office(built: Stage, open_browser: Callable[[], Browser]) -> Browser:
    browser = open_browser()
    browser.sit_down(built.admin, built.alfa, RIGHTS)
    return browser


def stopped(built: Stage) -> None:
    with walled_session(built.admin.acting(built.alfa)) as session:
        endpoints.stop(session, built.ids["dsr_endpoint_id"])


def test_an_endpoint_is_registered_and_asked(built: Stage, office: Browser, there: Other, root: Signing) -> None:
    stopped(built)
    url = f"/office/processors/{built.ids['processor_id']}/opendsr"
    form = {
        "base_url": f"http://localhost:{there.receiver.port}/v2",
        "domain": DOMAIN,
        "dialect": "standard",
        "let_in": "bearer",
        "secret": "sesam",
        "issuer": root.pem.decode(),
    }
    answer = office.post(f"{url}/endpoints", form)
    assert answer.status_code == 303, answer.text
    page = office.get(url)
    assert page.status_code == 200, page.text
    assert "sesam" not in page.text
    asked = office.post(f"{url}/requests", {"customer_number": "1", "wanted": "erasure"})
    assert asked.status_code == 303, asked.text
    UUID(asked.headers["location"].rsplit("/", 1)[1])
    assert office.get(asked.headers["location"]).status_code == 200


def test_what_was_given_wrongly_comes_back_without_the_secret(built: Stage, office: Browser) -> None:
    stopped(built)
    url = f"/office/processors/{built.ids['processor_id']}/opendsr"
    form = {"base_url": "https://10.0.0.1/v2", "domain": DOMAIN, "let_in": "bearer", "secret": "sesam"}
    answer = office.post(f"{url}/endpoints", form)
    assert answer.status_code == 422
    assert "sesam" not in answer.text


def test_a_controller_is_let_in_with_a_client_of_its_own(built: Stage, office: Browser) -> None:
    url = f"/office/processors/{built.ids['processor_id']}/opendsr"
    form = {
        "client_id": str(built.ids["client_id"]),
        "callback_domains": "opendsr.pilvi.example, toinen.pilvi.example",
        "identity_types": "email",
        "registers": str(built.register.register_id),
    }
    assert office.post(f"{url}/controllers", {**form, "registers": ""}).status_code == 422
    assert office.post(f"{url}/controllers", form).status_code == 303
    assert office.post(f"{url}/controllers", form).status_code == 422
    assert "toinen.pilvi.example" in office.get(url).text


def test_a_request_is_taken_up_and_carried_out(built: Stage, office: Browser) -> None:
    url = f"/office/opendsr/{built.ids['received_id']}"
    assert office.post(f"{url}/completion", {}).status_code == 409
    assert office.post(f"{url}/taking-up", {}).status_code == 303
    assert office.post(f"{url}/taking-up", {}).status_code == 409
    assert office.post(f"{url}/completion", {}).status_code == 303
    assert "Toteutettu" in office.get(url).text or "toteutettu" in office.get(url).text

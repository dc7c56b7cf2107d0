"""A credit agency's system asks by an order, with its token, and is held to how often it may."""

from uuid import UUID, uuid4

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from services.api.oauth import addresses
from tenants.clients import asking
from tenants.database import walled_session
from tenants.requests import limits
from tests.services.oauth import wires
from tests.services.oauth.wires import Program, ath
from tests.tenants.feeds import scene as feeds
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.writing import customer, order

PATH = f"{addresses.FEEDS}/alfa.credit/lookups"


@pytest.fixture(scope="module")
def house(client: TestClient[Litestar]) -> Scene:
    made = feeds.scene()
    made.approved("credit", **made.by_order())
    return made


@pytest.fixture
def program(client: TestClient[Litestar], house: Scene) -> Program:
    return wires.program(client, house.house)


def ask(program: Program, token: str, event_id: UUID | str, path: str = PATH) -> Response:
    proof = program.proof(addresses.external(path), ath=ath(token))
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
    return program.client.post(path, headers=headers, json={"event_id": str(event_id)})


def test_one_persons_data_by_an_order(program: Program, house: Scene) -> None:
    ada = customer(house, "Ada")
    event = order(house, ada, "A1", "open")
    answer = ask(program, program.token(), event)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    told = answer.json()
    assert (told["event_id"], told["person_id"]) == (str(event), str(ada))
    assert [one["data"] for one in told["records"]] == [{"name": "Ada", "segment": None}]


def test_an_event_that_fits_nothing_is_not_found_and_what_is_no_id_not_read(program: Program) -> None:
    token = program.token()
    assert ask(program, token, uuid4()).status_code == 404
    assert ask(program, token, "x").status_code == 400


def test_without_a_token_or_for_another_feed_nothing_is_given(program: Program, house: Scene) -> None:
    event = order(house, customer(house, "Bo"), "B1", "open")
    assert program.client.post(PATH, json={"event_id": str(event)}).status_code == 401
    refused = ask(program, program.token(), event, f"{addresses.FEEDS}/alfa.other/lookups")
    assert refused.status_code == 403
    assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]


def test_whoever_guesses_events_is_made_to_wait(program: Program, house: Scene) -> None:
    token = program.token()
    event = order(house, customer(house, "Cleo"), "C1", "open")
    assert ask(program, token, uuid4()).status_code == 404
    with walled_session(house.house.group.system()) as session:
        for _ in range(asking.MISSES.most - 1):
            limits.count(session, (asking.MISSES, str(program.client_id)))
    refused = ask(program, token, event)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0

"""A processor's system asks what it was told of, and confirms it with its own token."""

from uuid import uuid4

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from services.api.oauth import addresses
from tests.services.oauth import wires
from tests.services.oauth.wires import Program, ath
from tests.tenants.feeds import scene as feeds
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.writing import customer
from tests.tenants.notifying.telling import erase, follow, made, recipient

FEED = "alfa.customers"


@pytest.fixture(scope="module")
def house(client: TestClient[Litestar]) -> Scene:
    made_here = feeds.scene()
    made_here.approved("customers")
    return made_here


@pytest.fixture
def program(client: TestClient[Litestar], house: Scene) -> Program:
    return wires.program(client, house.house)


def ask(program: Program, token: str, path: str = "confirmations", json: object = None) -> Response:
    """GET, or POST where something is said."""
    address, method = f"{addresses.FEEDS}/{path}", "GET" if json is None else "POST"
    proof = program.proof(addresses.external(address), method, ath=ath(token))
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
    return program.client.request(method, address, headers=headers, json=json)


def erased(program: Program, house: Scene, token: str) -> str:
    """The cursor behind a snapshot with the person who is erased after it."""
    ada = customer(house, "Ada")
    cursor = program.fetch(token, feed=FEED).text.splitlines()[-1].split('"cursor":"')[1].split('"')[0]
    erase(house, ada)
    follow(house)
    return cursor


def waiting(program: Program, token: str) -> list[dict[str, object]]:
    answer = ask(program, token)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def test_what_was_erased_is_told_delivered_and_confirmed(program: Program, house: Scene) -> None:
    token = program.token()
    cursor = erased(program, house, token)
    [told] = waiting(program, token)
    assert (told["reason"], told["state"]) == ("erased", "pending")
    answer = program.fetch(token, feed=FEED, cursor=cursor)
    behind = answer.text.splitlines()[-1].split('"cursor":"')[1].split('"')[0]
    assert [one["state"] for one in waiting(program, token)] == ["pending"]
    program.fetch(token, feed=FEED, cursor=behind)
    assert [one["state"] for one in waiting(program, token)] == ["delivered"]
    confirmed = [ask(program, token, f"confirmations/{told['id']}", {}).json() for _ in range(2)]
    assert confirmed == [{"confirmed": 1}, {"confirmed": 0}]
    assert waiting(program, token) == []


def test_several_are_confirmed_together_or_not_at_all(program: Program, house: Scene) -> None:
    token = program.token()
    erased(program, house, token)
    erased(program, house, token)
    ids = [one["id"] for one in waiting(program, token)]
    assert ask(program, token, json={"ids": [*ids, str(uuid4())]}).status_code == 404
    assert len(waiting(program, token)) == len(ids) == 2
    assert ask(program, token, json={"ids": ids}).json() == {"confirmed": 2}
    assert waiting(program, token) == []


def test_who_cannot_says_why(program: Program, house: Scene) -> None:
    token = program.token()
    erased(program, house, token)
    [told] = waiting(program, token)
    assert ask(program, token, f"confirmations/{told['id']}", {"cannot": " "}).status_code == 422
    assert ask(program, token, f"confirmations/{told['id']}", {"cannot": "Vain varmuuskopiossa"}).status_code == 200
    assert [one["state"] for one in waiting(program, token)] == ["declined"]
    ask(program, token, json={"ids": [told["id"]]})


def test_the_client_of_another_agreement_finds_nothing(program: Program, house: Scene) -> None:
    ada = customer(house, "Ada")
    _, other, _ = recipient(house, "toinen")
    erase(house, ada)
    follow(house)
    [theirs] = [one for one in made(house) if one.agreement_id == other]
    token = program.token()
    assert ask(program, token, f"confirmations/{theirs.notification_id}", {}).status_code == 404
    assert ask(program, token, json={"ids": [str(theirs.notification_id)]}).status_code == 404
    assert str(theirs.notification_id) not in ask(program, token).text


def test_a_token_for_a_sandbox_opens_nothing_that_was_told(program: Program, house: Scene) -> None:
    erased(program, house, program.token())
    tried = program.bound(scope=f"sandbox:{FEED}").json()["access_token"]
    [told] = waiting(program, program.token())
    assert waiting(program, tried) == []
    assert ask(program, tried, f"confirmations/{told['id']}", {}).status_code == 404
    assert ask(program, tried, json={"ids": [told["id"]]}).status_code == 404


def test_nobody_confirms_without_a_token(program: Program) -> None:
    assert program.client.get("/feeds/v1/confirmations").status_code == 401
    assert program.client.post(f"/feeds/v1/confirmations/{uuid4()}", json={}).status_code == 401

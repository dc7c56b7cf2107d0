"""A processor's system pulls its feed: line by line, and from the place where it stopped the last time."""

import json
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from tenants.consents import objecting
from tenants.database import walled_session
from tests.services.oauth import wires
from tests.services.oauth.wires import Program
from tests.tenants.feeds import scene as feeds
from tests.tenants.feeds.follower import CARE
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.writing import customer

FEED = "alfa.customers"


@pytest.fixture(scope="module")
def house(client: TestClient[Litestar]) -> Scene:
    made = feeds.scene()
    made.approved("customers")
    made.approved("suspended")
    return made


@pytest.fixture
def program(client: TestClient[Litestar], house: Scene) -> Program:
    return wires.program(client, house.house)


def lines(answer: Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_feed_is_pulled_to_its_end_and_then_followed(program: Program, house: Scene) -> None:
    ada, *_ = [customer(house, name) for name in ("Ada", "Bo", "Cleo")]
    token = program.token()
    told = lines(program.fetch(token, feed=FEED, limit="2"))
    assert [line["op"] for line in told] == ["upsert", "upsert", "page", "upsert", "page"]
    assert [line["more"] for line in told if line["op"] == "page"] == [True, False]
    assert {line["data"]["name"] for line in told if line["op"] == "upsert"} == {"Ada", "Bo", "Cleo"}
    resumed = lines(program.fetch(token, feed=FEED, cursor=told[2]["cursor"]))
    assert resumed[0] == told[3]
    with walled_session(house.house.alfa.system()) as session:
        objecting.object_to(session, ada, CARE)
    gone, end = lines(program.fetch(token, feed=FEED, cursor=told[-1]["cursor"]))
    assert (gone["op"], gone["person_id"], gone["reason"]) == ("tombstone", str(ada), "objected")
    [nothing] = lines(program.fetch(token, feed=FEED, cursor=end["cursor"]))
    assert nothing["op"] == "page"


def test_whoever_takes_gzip_gets_the_lines_packed(program: Program, house: Scene) -> None:
    customer(house, "Ada")
    answer = program.fetch(program.token(), feed=FEED, limit="1")
    assert answer.headers["content-encoding"] == "gzip"
    assert lines(answer)[-1]["more"] is False


def test_what_is_no_place_in_the_feed_is_refused_in_words(program: Program) -> None:
    token = program.token()
    refused = program.fetch(token, feed=FEED, cursor="x")
    assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
    assert program.fetch(token, feed=FEED, limit="0").status_code == 422


def test_a_feed_that_the_token_does_not_open_is_refused(program: Program, house: Scene) -> None:
    token = program.token()
    for name in ("alfa.other", "beta.customers", "x"):
        refused = program.fetch(token, feed=name)
        assert refused.status_code == 403
        assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]
    answer = program.client.get("/feeds/v1/alfa.customers")
    assert answer.status_code == 401


def test_a_feed_that_is_suspended_gives_nothing_at_once(program: Program, house: Scene) -> None:
    token = program.token()
    assert program.fetch(token, feed="alfa.suspended").status_code == 200
    [feed_id] = [one.feed.feed_id for one in house.all() if one.feed.key == "suspended"]
    house.suspend(feed_id)
    assert program.fetch(token, feed="alfa.suspended").status_code == 403

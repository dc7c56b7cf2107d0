"""No form and no body takes a text of any length; office pages are read as they were meant."""

from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from infra.embedded.s3 import S3
from tests.services import routes, stage
from tests.services.browsing import Browser
from tests.services.routes import OFFICE, REST
from tests.services.stage import RIGHTS, STORAGE, Seat, Stage

HUGE = "x" * 300_000
CSV = {"file": ("asiakkaat.csv", b"customer_number\n77\n", "text/csv")}
Key = tuple[str, str]


@pytest.fixture(scope="module")
def built(app: Litestar, storage: S3) -> Stage:
    return stage.furnished()


FORMS = [
    (key, field)
    for key, route in OFFICE.items()
    for field in route.form or {}
    # What is not "yes" means no; where the choice leads nowhere one stays where one is.
    if field not in ("keep_good", "logout_token")
]


@pytest.mark.parametrize(("key", "field"), FORMS, ids=lambda one: " ".join(one) if isinstance(one, tuple) else one)
def test_a_form_of_the_office_takes_no_text_of_any_length(browser: Browser, built: Stage, key: Key, field: str) -> None:
    route = OFFICE[key]
    seat = built.permitted(route.needs)
    browser.sit_down(seat.member, seat.company, seat.purpose)
    form = {**(routes.filled(route, built) or {}), field: HUGE}
    files = {"files": CSV} if route.file else {}
    assert 400 <= browser.post(route.url(key[1], built.ids), form, **files).status_code < 500


def texts(json: dict[str, Any]) -> list[tuple[str, ...]]:
    inner = [(name, *path) for name, value in json.items() if isinstance(value, dict) for path in texts(value)]
    return [(name,) for name, value in json.items() if isinstance(value, str)] + inner


def changed(json: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    name, *rest = path
    return {**json, name: changed(json[name], tuple(rest)) if rest else HUGE}


BODIES = [
    (key, path)
    for key, route in REST.items()
    for path in texts({**route.json, **({"words": ""} if "asker" in route.json else {})} if route.json else {})
]


@pytest.mark.parametrize(("key", "path"), BODIES, ids=" ".join)
def test_a_body_of_the_api_takes_no_text_of_any_length(
    client: TestClient[Litestar], built: Stage, key: Key, path: tuple[str, ...]
) -> None:
    route = REST[key]
    headers = {"Authorization": f"Bearer {built.token(built.permitted(route.needs))}"}
    body = changed({"words": "", **(route.json or {})} if "asker" in (route.json or {}) else route.json or {}, path)
    answer = client.post(route.url(key[1], built.ids), json=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.json()["errors"]


@pytest.mark.parametrize("place", ["cases", "audit", "imports", "jobs", "members", "tokens"])
def test_what_others_hang_on_a_link_to_a_list_is_ignored(browser: Browser, built: Stage, place: str) -> None:
    """Mail programs and messengers do; the person who clicks has not misspelt anything."""
    purpose = STORAGE if place == "imports" else RIGHTS
    seat = Seat(built.admin, built.alfa, purpose)
    browser.sit_down(seat.member, seat.company, seat.purpose)
    assert browser.get(f"/office/{place}?utm_source=mail").status_code == 200


@pytest.mark.parametrize("query", ["cases?state=unknown", "cases?shown=x", "cases?cursor=x", "audit?about=x"])
def test_a_filter_that_means_nothing_is_told_and_not_dropped(browser: Browser, built: Stage, query: str) -> None:
    """Otherwise the list would show everything under a heading that promises less."""
    browser.sit_down(built.admin, built.alfa, RIGHTS)
    assert browser.get(f"/office/{query}").status_code in (400, 422)

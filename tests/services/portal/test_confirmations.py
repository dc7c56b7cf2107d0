"""The page behind a recipient's link: to open it confirms nothing, to click twice confirms once."""

import re

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from infra.embedded.postoffice import PostOffice
from tenants.database import walled_session
from tenants.notifying import mailing
from tenants.notifying.model import NotificationState
from tenants.notifying.states import state_of
from tests.services.browsing import Browser
from tests.tenants.feeds import scene as feeds
from tests.tenants.feeds.follower import Follower
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.writing import customer
from tests.tenants.notifying.telling import RIGHTS, erase, follow, made


@pytest.fixture
def house(client: TestClient[Litestar], post_office: PostOffice) -> Scene:
    """Ada was erased after Pilvi's feed was ended."""
    scene = feeds.scene()
    ada = customer(scene, "Ada")
    one = Follower(scene, scene.approved("customers"))
    one.catch_up()
    scene.end(one.feed_id)
    erase(scene, ada)
    follow(scene)
    return scene


@pytest.fixture
def url(house: Scene) -> str:
    with walled_session(house.house.alfa.system(RIGHTS)) as session:
        work = mailing.send(session, mailing.MailRecipient(house.agreement))
    assert work is not None
    message = work.args[1]  # type: ignore[attr-defined]
    text = message.get_body(("plain",)).get_content()
    return str(re.findall(r"(/g/\S+/confirmations/[\w-]+)", text)[0])


def state(house: Scene) -> NotificationState:
    [row] = made(house)
    return state_of(row)


def test_a_scanner_that_opens_the_link_confirms_nothing(browser: Browser, house: Scene, url: str) -> None:
    [row] = made(house)
    for _ in range(3):
        page = browser.get(url)
        assert page.status_code == 200
    assert str(row.record_ids[0]) in page.text
    assert "Ada" not in page.text
    assert state(house) is NotificationState.PENDING


def test_a_click_in_either_of_two_tabs_confirms_once(browser: Browser, house: Scene, url: str) -> None:
    [row] = made(house)
    form = {"ids": str(row.notification_id), "answer": "done"}
    assert browser.post(url, form).status_code == 303
    first = made(house)[0].confirmed_at
    assert browser.post(url, form).status_code == 303
    assert made(house)[0].confirmed_at == first
    assert state(house) is NotificationState.CONFIRMED
    assert str(row.notification_id) not in browser.get(url).text


def test_who_cannot_says_why_and_nothing_chosen_is_no_answer(browser: Browser, house: Scene, url: str) -> None:
    [row] = made(house)
    assert browser.post(url, {"answer": "done"}).status_code == 422
    form = {"ids": str(row.notification_id), "answer": "cannot"}
    assert browser.post(url, {**form, "cannot": ""}).status_code == 422
    assert browser.post(url, {**form, "cannot": "Vain varmuuskopiossa"}).status_code == 303
    assert state(house) is NotificationState.DECLINED


def test_a_link_that_is_none_is_not_found_nor_is_what_is_not_behind_it(
    browser: Browser, house: Scene, url: str
) -> None:
    assert browser.get(url[:-1] + ("A" if url[-1] != "A" else "B")).status_code == 404
    assert browser.get(f"/g/{house.house.group.slug}/confirmations/x").status_code == 404
    foreign = {"ids": "01900000-0000-7000-8000-000000000000", "answer": "done"}
    assert browser.post(url, foreign).status_code == 404

"""A feed's way through the office: drafted by one, changed by two at once, and stopped."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from tenants.acting import PurposeKind
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.feeds import reading
from tenants.groups.model import Group
from tests import make
from tests.services.browsing import Browser, Page
from tests.services.stage import STORAGE, Stage

STOPS = "/office/processors/stops"


@pytest.fixture
def admin(desk: Callable[[PurposeKind], Browser]) -> Browser:
    return desk(STORAGE)


@pytest.fixture
def colleague(open_browser: Callable[[], Browser], built: Stage) -> Browser:
    browser = open_browser()
    browser.sit_down(make.staff(built.group, (Role.COMPANY_ADMIN, built.alfa)), built.alfa, STORAGE)
    browser.get("/office/processors?language=en")
    return browser


def terms_of(built: Stage) -> str:
    return f"/office/processors/feeds/{built.ids['feed_draft_id']}/terms"


def test_the_second_of_two_who_save_the_same_draft_is_told(admin: Browser, colleague: Browser, built: Stage) -> None:
    mine, theirs = (Page(one.get(terms_of(built))).fields for one in (admin, colleague))
    given = {"fields": "segment", "part": ["", ""], "values": ["", ""], "joined": "all", "legal_basis": "contract"}
    assert colleague.post(terms_of(built), {**theirs, **given, "valid_until": "2090-01-31"}).status_code == 303
    answer = admin.post(terms_of(built), {**mine, **given, "valid_until": "2080-01-31"})
    assert answer.status_code == 409
    assert "The scope was changed since it was looked at." in Page(answer).words
    with walled_session(built.alfa.system()) as session:
        assert str(reading.feed(session, built.ids["feed_draft_id"]).newest.valid_until) == "2090-01-31"


def test_nobody_approves_a_scope_that_was_changed_since_it_was_looked_at(
    admin: Browser, colleague: Browser, built: Stage
) -> None:
    feed = f"/office/processors/feeds/{built.ids['feed_draft_id']}"
    seen = Page(admin.get(feed)).fields
    changing = Page(colleague.get(terms_of(built))).fields
    changed = {**changing, "fields": "segment", "part": ["", ""], "values": ["", ""], "joined": "all"}
    assert colleague.post(terms_of(built), {**changed, "valid_until": "2090-01-31"}).status_code == 303
    assert admin.post(f"{feed}/approval", {"looked_at": seen["looked_at"]}).status_code == 409


def test_a_reason_that_is_missing_is_told_at_the_stop_that_it_is_about(admin: Browser, built: Stage) -> None:
    with walled_session(built.group.system()) as session:
        session.execute(update(Group).values(four_eyes=True))
    admin.post(STOPS, {"what": "everything", "reason": "Epäilty vuoto"})
    place = f"reason-{built.ids['stop_id']}"
    answer = admin.post(f"{STOPS}/{built.ids['stop_id']}/proposal", {"reason": " "})
    assert answer.status_code == 422
    assert f"#{place}" in Page(answer).links
    assert answer.text.count(f'id="{place}"') == 1
    assert answer.text.count(f'id="{place}-problem"') == 1

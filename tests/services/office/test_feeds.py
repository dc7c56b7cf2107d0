"""A feed's way through the office: drafted by one, changed by two at once, and stopped."""

from collections.abc import Callable

import pytest
from httpx import Response
from sqlalchemy import update

from tenants.acting import PurposeKind
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.feeds import reading
from tenants.feeds.model import FeedScope
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


def feed_of(built: Stage) -> str:
    return f"/office/processors/feeds/{built.ids['feed_draft_id']}"


def draft(built: Stage) -> FeedScope:
    with walled_session(built.alfa.system()) as session:
        return reading.feed(session, built.ids["feed_draft_id"]).newest


def keep(browser: Browser, built: Stage, seen: Page, *, valid_until: str) -> Response:
    """The draft as this person saw it, with another last day."""
    before = draft(built)
    form = {
        "register": str(before.register_id),
        "purpose": str(before.purpose_id),
        "fields": before.fields,
        "legal_basis": before.legal_basis.value,
        "valid_from": before.valid_from.isoformat(),
        "valid_until": valid_until,
        "looked_at": seen.fields["looked_at"],
    }
    return browser.post(f"{feed_of(built)}/terms", form)


def test_the_second_of_two_who_save_the_same_draft_is_told(admin: Browser, colleague: Browser, built: Stage) -> None:
    mine, theirs = (Page(one.get(f"{feed_of(built)}/terms")) for one in (admin, colleague))
    assert keep(colleague, built, theirs, valid_until="2090-01-31").status_code == 303
    answer = keep(admin, built, mine, valid_until="2080-01-31")
    assert answer.status_code == 409
    assert "The scope was changed since it was looked at." in Page(answer).words
    assert str(draft(built).valid_until) == "2090-01-31"


def test_nobody_approves_a_scope_that_was_changed_since_it_was_looked_at(
    admin: Browser, colleague: Browser, built: Stage
) -> None:
    seen = Page(admin.get(feed_of(built)))
    keep(colleague, built, Page(colleague.get(f"{feed_of(built)}/terms")), valid_until="2090-01-31")
    assert admin.post(f"{feed_of(built)}/approval", {"looked_at": seen.fields["looked_at"]}).status_code == 409
    assert draft(built).approved_at is None


def test_a_choice_that_is_not_offered_is_told_with_the_name_of_its_field(admin: Browser) -> None:
    answer = admin.post(STOPS, {"what": "kaikki", "reason": "Epäilty vuoto"})
    assert answer.status_code == 422
    assert '<a href="#what">What is stopped: choose one of these.</a>' in answer.text


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

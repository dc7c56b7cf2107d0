"""What a sister company shares is seen as its own, for as long as it is shared."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import select

from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.consents import objecting
from tenants.database import walled_session
from tenants.ledger import received
from tenants.sharing import policies
from tests import make
from tests.make import MadeCompany
from tests.services.browsing import Browser, Page
from tests.services.sharing import SHARED_NAME
from tests.services.stage import RIGHTS, STORAGE, Stage

SHARED = "/office/shared"
CARE = PurposeKind.CUSTOMER_CARE


@pytest.fixture
def built(built: Stage) -> Stage:
    """With what Alfa gives and is offered."""
    assert all(built.ids[name] for name in ("policy_id", "offered_id"))
    return built


@pytest.fixture
def clerk(open_browser: Callable[[], Browser], built: Stage) -> Browser:
    browser = open_browser()
    browser.sit_down(make.staff(built.group, (Role.CUSTOMER_CARE, built.alfa)), built.alfa, CARE)
    browser.get(f"{SHARED}?language=en")
    return browser


@pytest.fixture
def giver(built: Stage) -> MadeCompany:
    return MadeCompany(built.group, built.ids["giver_id"], "gamma")


def register_url(built: Stage) -> str:
    return f"{SHARED}/registers/{built.ids['shared_register_id']}"


def person_url(built: Stage) -> str:
    return f"{SHARED}/companies/{built.ids['giver_id']}/persons/{built.ids['shared_person_id']}"


def revoke(built: Stage, giver: MadeCompany, policy_url: str) -> None:
    admin = make.staff(built.group, (Role.COMPANY_ADMIN, giver))
    with walled_session(admin.acting(giver)) as session:
        policies.revoke(session, UUID(policy_url.rsplit("/", 1)[1]))


def policy_url(clerk: Browser) -> str:
    return next(link for link in Page(clerk.get(SHARED)).links if link.startswith("/office/sharing/"))


def test_offers_say_whose_they_are_what_they_are_for_and_under_what(clerk: Browser, built: Stage) -> None:
    page = Page(clerk.get(SHARED))
    assert register_url(built) in page.links
    assert "Gamma Oy Customer care name, segment until further notice policy, version 1" in page.words


def test_people_are_listed_and_shown_with_the_granted_fields_and_no_others(clerk: Browser, built: Stage) -> None:
    page = Page(clerk.get(register_url(built)))
    assert person_url(built) in page.links
    assert SHARED_NAME in page.words
    words = Page(clerk.get(person_url(built))).words
    assert "Shared by Gamma Oy" in words
    assert SHARED_NAME in words
    assert "siiri@esimerkki.example" not in words


def test_reading_is_in_the_audit_and_in_the_owners_ledger(clerk: Browser, built: Stage, giver: MadeCompany) -> None:
    clerk.get(person_url(built))
    with walled_session(built.alfa.system()) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "shared.read")).all()
    assert [one.about_ids for one in entries] == [[built.ids["shared_person_id"]]]
    with walled_session(giver.system()) as session:
        [noted] = received.by_person(session, built.ids["shared_person_id"])
    assert (noted.recipient, noted.until) == ("Alfa Oy", None)


def test_the_next_click_after_a_revocation_finds_the_door_shut(
    clerk: Browser, built: Stage, giver: MadeCompany
) -> None:
    assert clerk.get(person_url(built)).status_code == 200
    revoke(built, giver, policy_url(clerk))
    for url in (person_url(built), register_url(built)):
        answer = clerk.get(url)
        assert answer.status_code == 404
        assert "The door is shut" in Page(answer).words
        assert SHARED_NAME not in answer.text
    assert "Nothing is open" in Page(clerk.get(SHARED)).words


def test_whoever_objects_is_gone_and_the_ledger_says_since_when(
    clerk: Browser, built: Stage, giver: MadeCompany
) -> None:
    clerk.get(person_url(built))
    with walled_session(giver.system()) as session:
        objecting.object_to(session, built.ids["shared_person_id"], CARE)
    assert clerk.get(person_url(built)).status_code == 404
    with walled_session(giver.system()) as session:
        [noted] = received.by_person(session, built.ids["shared_person_id"])
    assert noted.until is not None
    assert "Nobody is shared" in Page(clerk.get(register_url(built))).words


def test_a_place_that_is_none_is_refused(clerk: Browser, built: Stage) -> None:
    assert clerk.get(f"{register_url(built)}?cursor=zzzz").status_code == 422


@pytest.mark.parametrize("purpose", [RIGHTS, STORAGE])
def test_for_the_upkeep_of_ones_own_registers_nothing_is_shared(
    handler: Browser, importer: Browser, built: Stage, purpose: PurposeKind
) -> None:
    browser = handler if purpose is RIGHTS else importer
    assert browser.get(SHARED).status_code == 403
    assert SHARED not in Page(browser.get("/office/sharing")).links

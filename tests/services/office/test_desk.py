"""Who sits at the desk, what they act for, and what the rail shows them."""

from collections.abc import Callable

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import select

from services.api.login import sessions
from tenants.companies import members
from tenants.companies.model import Assignment, Role
from tenants.database import walled_session
from tests import make
from tests.services.browsing import Browser, Page
from tests.services.stage import RIGHTS, STORAGE, Stage

OFFICER = (Role.DATA_PROTECTION_OFFICER, None)


def test_the_rail_says_for_whom_and_why(handler: Browser, built: Stage) -> None:
    words = Page(handler.get("/office/cases")).words
    assert "Acting for Alfa Oy" in words
    assert "purpose: rights request" in words


def test_an_officer_changes_the_company_and_sees_the_other_ones_cases_no_more(browser: Browser, built: Stage) -> None:
    officer = make.staff(built.group, OFFICER)
    browser.sit_down(officer, built.alfa, RIGHTS)
    assert built.number in browser.get("/office/cases").text
    done = browser.post("/office/acting", {"company": f"{built.beta.company_id}.rights_request"})
    assert browser.follow(done).headers["location"] == "/office/cases"
    shown = browser.get("/office/cases")
    assert "Beta Oy" in shown.text
    assert built.number not in shown.text
    assert browser.get(f"/office/cases/{built.ids['case_id']}").status_code == 404


@pytest.mark.parametrize("wanted", ["", "none", "x", "{beta}.rights_request", "{alfa}.marketing", "{alfa}.none"])
def test_nobody_acts_for_what_is_not_theirs(browser: Browser, built: Stage, wanted: str) -> None:
    browser.sit_down(make.staff(built.group, (Role.REQUEST_HANDLER, built.alfa)), built.alfa, RIGHTS)
    value = wanted.format(alfa=built.alfa.company_id, beta=built.beta.company_id)
    assert browser.post("/office/acting", {"company": value}).status_code == 403
    assert "Alfa Oy" in browser.get("/office/cases").text


def test_a_form_left_open_in_another_tab_does_nothing_in_the_new_name(browser: Browser, built: Stage) -> None:
    browser.sit_down(make.staff(built.group, OFFICER), built.alfa, RIGHTS)
    left_open = Page(browser.get("/office/cases")).fields["_csrf_token"]
    browser.follow(browser.post("/office/acting", {"company": f"{built.beta.company_id}.rights_request"}))
    back = {"company": f"{built.alfa.company_id}.rights_request"}
    assert browser.send("POST", "/office/acting", data={**back, "_csrf_token": left_open}).status_code == 403
    assert "Beta Oy" in browser.get("/office/cases").text
    assert browser.post("/office/acting", back).status_code == 303


def test_another_purpose_must_be_chosen_first(handler: Browser, built: Stage) -> None:
    answer = handler.get("/office/imports")
    assert answer.status_code == 403
    assert "done for another purpose than the one acted for now" in Page(answer).words
    assert "Change to: Alfa Oy · storage" in Page(answer).words
    handler.post("/office/acting", {"company": f"{built.alfa.company_id}.storage"})
    assert handler.get("/office/imports").status_code == 200
    assert handler.get("/office/cases").status_code == 403


def test_the_bare_address_leads_to_the_door_of_the_office(browser: Browser) -> None:
    door = browser.follow(browser.get("/?language=en"))
    assert "Sign in to the office" in Page(door).words
    assert "Looking for your own data as a customer?" in Page(door).words


def test_a_role_that_is_gone_leads_to_what_is_left(browser: Browser, built: Stage) -> None:
    member = make.staff(built.group, (Role.REQUEST_HANDLER, built.alfa), (Role.REQUEST_HANDLER, built.beta))
    browser.sit_down(member, built.alfa, RIGHTS)
    with walled_session(built.group.system()) as session:
        [held] = session.scalars(
            select(Assignment).where(
                Assignment.member_id == member.member_id, Assignment.company_id == built.alfa.company_id
            )
        )
        members.unassign(session, held.assignment_id)
    answer = browser.get("/office/cases")
    assert (answer.status_code, answer.headers["location"]) == (303, "/office/acting")
    assert browser.follow(answer).headers["location"] == "/office"
    assert "Beta Oy" in browser.get("/office/cases").text


def test_staff_without_any_role_are_told_so(browser: Browser, built: Stage) -> None:
    browser.sit_down(make.staff(built.group), built.alfa, RIGHTS)
    answer = browser.get("/office/cases?language=en")
    assert answer.headers["location"] == "/office/acting"
    assert "No role" in Page(browser.follow(answer)).words


def test_the_first_role_is_found_without_signing_in_again(browser: Browser, built: Stage) -> None:
    newcomer = make.staff(built.group)
    browser.sit_down(newcomer)
    assert "No role" in Page(browser.get("/office/acting?language=en")).words
    with walled_session(built.group.system()) as session:
        members.assign(session, newcomer.member_id, Role.REQUEST_HANDLER, company_id=built.alfa.company_id)
    assert browser.get("/office").headers["location"] == "/office/acting"
    assert browser.get("/office/acting").headers["location"] == "/office"
    assert browser.get("/office").headers["location"] == "/office/cases"


def test_a_group_administrator_starts_without_a_company(browser: Browser, built: Stage) -> None:
    browser.sit_down(make.staff(built.group, (Role.GROUP_ADMIN, None)))
    assert browser.get("/office").headers["location"] == "/office/registers"
    shown = browser.get("/office/members?language=en")
    assert "administration, no personal data" in Page(shown).words
    assert "/office/cases" not in Page(shown).links


def test_the_rail_shows_what_the_roles_include(browser: Browser, built: Stage) -> None:
    browser.sit_down(make.staff(built.group, (Role.AUDITOR, built.alfa)), built.alfa, None)
    links = set(Page(browser.get("/office/audit")).links)
    assert {"/office/audit", "/office/tokens"} <= links
    assert not {"/office/cases", "/office/imports", "/office/jobs", "/office/members"} & links


@pytest.mark.parametrize(("language", "word"), [("fi", "Pyynnöt"), ("sv", "Begäran"), ("en", "Requests")])
def test_the_office_speaks_the_language_that_was_chosen(
    handler: Browser, built: Stage, language: str, word: str
) -> None:
    handler.get(f"/office/cases?language={language}")
    shown = handler.get("/office/cases")
    assert f'<html lang="{language}">' in shown.text
    assert word in shown.text


def test_a_made_up_session_is_nobodys(client: TestClient[Litestar], browser: Browser) -> None:
    browser.keep(sessions.COOKIE, "made-up")
    assert browser.get("/office/cases").status_code == 303


def test_one_browser_in_two_sessions_keeps_them_apart(open_browser: Callable[[], Browser], built: Stage) -> None:
    here, there = open_browser(), open_browser()
    here.sit_down(built.admin, built.alfa, RIGHTS)
    there.sit_down(built.admin, built.alfa, STORAGE)
    assert (here.get("/office/cases").status_code, there.get("/office/cases").status_code) == (200, 403)

"""Letters that are printed, and archives that are handed over, in a handler's browser."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.languages.speaking import Language
from tenants.requests import intake, workflow
from tenants.requests.asker import Asker
from tenants.requests.intake import Checked
from tenants.requests.model import CaseState, Channel, Right
from tests import make
from tests.queue import run_jobs
from tests.services.browsing import Browser, Page
from tests.services.office.test_cases import state_of
from tests.services.stage import RIGHTS, Stage

EVIL = "<b>Aino</b>\n{{ 7*7 }}\n00100 Helsinki"

# What would need a post office.
BY_MAIL = ("requests.send_letter", "companies.tell_of_roles")


@pytest.fixture
def built(built: Stage) -> Stage:
    """With a letter that waits to be posted."""
    assert built.ids["letter_id"]
    return built


def letter_url(built: Stage) -> str:
    return f"/office/cases/{built.ids['unproven_id']}/letters/{built.ids['letter_id']}"


def at_hand(built: Stage) -> str:
    """The page of a case whose archive waits to be handed over."""
    with walled_session(built.admin.acting(built.alfa, RIGHTS)) as session:
        case = intake.enter(
            session,
            channel=Channel.COUNTER,
            received_at=datetime.now(UTC),
            rights=[Right.ACCESS],
            asker=Asker(customer_number="1", postal_address=EVIL),
            words="",
            language=Language.SV,
            checked=Checked.DOCUMENT_SEEN,
        )
    run_jobs(built.group, but=BY_MAIL)
    with walled_session(built.admin.acting(built.alfa, RIGHTS)) as session:
        workflow.approve(session, case.case_id)
    run_jobs(built.group, but=BY_MAIL)
    built.ids["at_hand"] = case.case_id
    return f"/office/cases/{case.case_id}"


def test_a_letter_is_printed_in_the_language_of_its_person(handler: Browser, built: Stage) -> None:
    shown = handler.get(letter_url(built))
    assert '<article class="letter" lang="fi"' in shown.text
    assert "henkilöllisyyden osoittaminen" in Page(shown).words
    assert "Mark as posted" in Page(shown).words


def test_an_address_is_printed_and_never_run(handler: Browser, built: Stage) -> None:
    at_hand(built)
    letters = [link for link in Page(handler.get("/office/letters")).links if str(built.ids["at_hand"]) in link]
    shown = handler.get(next(link for link in letters if "/letters/" in link))
    assert "{{ 7*7 }}" in Page(shown).words
    assert "<b>Aino" not in shown.text


def test_a_letter_that_was_posted_waits_no_longer_and_cannot_be_opened(handler: Browser, built: Stage) -> None:
    assert letter_url(built) in Page(handler.get("/office/letters")).links
    done = handler.follow(handler.post(f"{letter_url(built)}/posting"))
    assert "The letter was marked as posted, and its text destroyed." in Page(done).words
    assert "Letter posted: question for the identity" in Page(done).words
    assert letter_url(built) not in Page(handler.get("/office/letters")).links
    assert handler.get(letter_url(built)).status_code == 409


def test_the_rail_counts_the_letters_that_wait(handler: Browser, built: Stage) -> None:
    assert "Letters to post 1" in Page(handler.get("/office/cases")).words
    handler.post(f"{letter_url(built)}/posting")
    assert "Letters to post 1" not in Page(handler.get("/office/cases")).words


def test_whoever_came_to_the_counter_is_confirmed_on_the_case(handler: Browser, built: Stage) -> None:
    url = f"/office/cases/{built.ids['unproven_id']}"
    assert f"{url}/identity" in Page(handler.get(url)).forms
    shown = handler.follow(handler.post(f"{url}/identity", {"checked": "document_seen"}))
    assert "The identity was confirmed. The registers are being searched." in Page(shown).words
    assert f"{url}/identity" not in Page(shown).forms
    run_jobs(built.group, but=BY_MAIL)
    assert state_of(built, "unproven_id") is CaseState.AWAITING_DECISION


def test_an_archive_is_downloaded_once_a_link_and_then_handed_over(handler: Browser, built: Stage) -> None:
    url = at_hand(built)
    assert f"{url}/handover" not in Page(handler.get(url)).forms
    assert handler.post(f"{url}/handover", {"how": "post"}).status_code == 409
    link = handler.post(f"{url}/archive/links").headers["location"]
    archive = handler.get(link)
    assert archive.headers["content-type"] == "application/zip"
    assert archive.headers["cache-control"] == "no-store"
    assert archive.content.startswith(b"PK")
    again = handler.follow(handler.get(link))
    assert "A download link works once, within five minutes." in Page(again).words
    done = handler.follow(handler.post(f"{url}/handover", {"how": "post"}))
    assert "Handed over and answered. The archive was destroyed." in Page(done).words
    assert "Archive handed over by post" in Page(done).words
    assert state_of(built, "at_hand") is CaseState.ANSWERED


def test_the_link_of_one_member_opens_nothing_for_another(
    handler: Browser, open_browser: Callable[[], Browser], built: Stage
) -> None:
    link = handler.post(f"{at_hand(built)}/archive/links").headers["location"]
    colleague = open_browser()
    colleague.sit_down(make.staff(built.group, (Role.REQUEST_HANDLER, built.alfa)), built.alfa, RIGHTS)
    assert colleague.get(link).status_code == 404
    assert handler.get(link).status_code == 200

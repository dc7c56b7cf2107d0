"""A customer asks a group for their data; staff decide where they must; the customer downloads it."""

import re

import pytest
from playwright.sync_api import Locator, expect

from infra.demo import people
from tests.journeys import archives, customer, looking, staff
from tests.journeys.conftest import Window
from tests.journeys.stack import Stack
from tests.waiting import until


def test_a_customer_asks_staff_approve_and_every_archive_is_downloaded(window: Window, stack: Stack) -> None:
    visitor = window()
    before = stack.last_number(people.CUSTOMER)
    code = customer.ask(visitor, stack, people.CUSTOMER, words="Kaikki, kiitos.")
    status_url = customer.prove(visitor, code)
    # The page follows along by itself.
    expect(visitor.locator("#live[hx-get]")).to_have_count(0)
    assert customer.answers(visitor) == {
        "Ideafix Oy": "answered",
        "Ideafix Visual Oy": "answered",
        "Ideafix Palvelut Oy": "no_data",
        "Kinkerips Oy": "awaiting_decision",
    }
    expect(visitor.locator(".clock-words")).to_contain_text("Määräaika")
    number = visitor.get_by_text(re.compile(r"viite KIN-")).inner_text().split()[-1]
    looking.keep(visitor, "journey-1-answers")

    handler = window()
    staff.sign_in(handler, stack, staff.KINKERIPS)
    staff.open_case(handler, stack, number)
    expect(handler.locator("blockquote")).to_have_text("Kaikki, kiitos.")
    expect(handler.get_by_role("row", name="Tilausrekisteri")).to_contain_text("kokonaan")
    expect(handler.get_by_role("row", name="Luotonvalvonta")).to_contain_text("vahva sähköinen tunnistaminen")
    expect(handler.locator(".clock.wide")).to_be_visible()
    looking.keep(handler, "journey-2-case")
    handler.get_by_role("button", name="Hyväksy ja rakenna tietopaketti").click()
    expect(staff.facts(handler, "Tila")).to_have_text("ladattavissa")
    expect(handler.locator("#live[hx-get]")).to_have_count(0)
    looking.keep(handler, "journey-3-approved")

    visitor.reload()
    until(lambda: _told(stack, people.CUSTOMER, "Vastaus pyyntöön on valmis", after=before) == 3, seconds=60)
    for company, key in (
        ("Ideafix Oy", "ideafix"),
        ("Ideafix Visual Oy", "ideafix-visual"),
        ("Kinkerips Oy", "kinkerips"),
    ):
        download = archives.download(visitor, company)
        archive = archives.opened(download)
        assert archive.is_signed_by(stack)
        assert archive.manifest["controller"]["name"] == company
        assert [register["key"] for register in archive.manifest["withheld"]] == ["credit"]
        _is_whole(archive, key)
    visitor.goto(download.url)
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Linkki on jo käytetty")
    visitor.get_by_role("link", name="Pyyntösi sivulle").click()
    expect(visitor.get_by_text("Tietopaketti ladattu")).to_have_count(3)
    assert visitor.url.rstrip("/") == status_url.rstrip("/")


def _is_whole(archive: archives.Archive, key: str) -> None:
    """Access has everything that an L1 identity opens; portability only what the person gave or was seen doing."""
    [person] = archive.records(f"access/data/{key}/customers.json")
    assert person["email"] == people.CUSTOMER
    assert len(archive.records(f"access/data/{key}/orders.json")) >= 3
    [profile] = archive.records(f"access/data/{key}/marketing.json")
    assert "segment" in profile
    [portable] = archive.records(f"portability/data/{key}/marketing.json")
    assert portable
    assert "segment" not in portable
    assert "employer_address" not in archive.records(f"portability/data/{key}/customers.json")[0]
    for folder in ("access", "portability"):
        lines = archive.files[f"{folder}/data/{key}/orders.csv"].decode().splitlines()
        assert len(lines) == 1 + len(archive.records(f"{folder}/data/{key}/orders.json"))
    page = archive.files["index.html"].decode()
    assert people.CUSTOMER in page
    assert "Luotonvalvonta ja asiakkaan tunteminen" in page
    assert not any("credit" in path for path in archive.files)


def test_a_page_that_was_closed_opens_again_with_a_new_code(window: Window, stack: Stack) -> None:
    visitor = window()
    status_url = customer.prove(visitor, customer.ask(visitor, stack, people.STRANGER))
    assert set(customer.answers(visitor).values()) == {"no_data"}
    visitor.get_by_role("button", name="Sulje sivu").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Sivu on suljettu")
    visitor.goto(status_url)
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Sivu on suljettu")
    number = stack.last_number(people.STRANGER)
    visitor.get_by_role("button", name="Lähetä uusi koodi").click()
    customer.prove(visitor, stack.code(people.STRANGER, after=number))
    assert set(customer.answers(visitor).values()) == {"no_data"}


@pytest.mark.parametrize(
    ("language", "heading", "subject"),
    [
        ("sv-FI", "Vad vill du göra med dina uppgifter?", "Kod för en begäran om egna uppgifter"),
        ("en-GB", "What would you like to do with your data?", "Code for a request about your own data"),
    ],
)
def test_a_browser_in_another_language_is_answered_in_it(
    window: Window, stack: Stack, *, language: str, heading: str, subject: str
) -> None:
    visitor = window(language=language)
    spoken = language[:2]
    address = f"{spoken}@toinen.example"
    visitor.goto(f"{stack.portal}/requests/new")
    expect(visitor.get_by_role("heading", level=1)).to_have_text(heading)
    customer.prove(visitor, customer.ask(visitor, stack, address, rights=("access",)))
    assert visitor.locator("html").get_attribute("lang") == spoken
    assert [letter.subject for letter in stack.letters(address)][-1] == subject
    assert all(letter.language == spoken for letter in stack.letters(address))


def test_without_javascript_a_customer_comes_as_far(window: Window, stack: Stack) -> None:
    visitor = window(scripts=False)
    customer.prove(visitor, customer.ask(visitor, stack, people.CUSTOMER, rights=("portability",)))

    def both_have_answered() -> bool:
        visitor.reload()
        return visitor.locator("li.answer[data-state=answered]").count() == 2

    until(both_have_answered, seconds=60)
    archive = archives.opened(archives.download(visitor, "Ideafix Oy"))
    assert archive.manifest["answers"] == ["GDPR Art. 20"]
    assert not any(path.startswith("access/") for path in archive.files)
    visitor.get_by_role("link", name="Peru pyyntö …").click()
    visitor.get_by_role("button", name="Peru pyyntö").click()
    expect(visitor.locator("li.answer[data-state=withdrawn]").first).to_be_visible()


def test_the_keyboard_alone_sends_a_request(window: Window, stack: Stack) -> None:
    visitor = window()
    visitor.goto(stack.portal)
    visitor.keyboard.press("Tab")
    expect(visitor.get_by_role("link", name="Siirry sisältöön")).to_be_focused()
    visitor.keyboard.press("Enter")
    visitor.keyboard.press("Tab")
    expect(visitor.get_by_role("link", name="Aloita pyyntö")).to_be_focused()
    visitor.keyboard.press("Enter")
    visitor.wait_for_url("**/requests/new")
    _tab_to(visitor.locator("input[value=portability]"))
    visitor.keyboard.press("Space")
    expect(visitor.locator("input[value=portability]")).to_be_checked()
    _tab_to(visitor.locator("#email"))
    visitor.keyboard.type("nappaimisto@toinen.example")
    visitor.keyboard.press("Enter")
    visitor.wait_for_url("**/verification")
    _tab_to(visitor.locator("#code"))
    visitor.keyboard.type(stack.code("nappaimisto@toinen.example", after=0))
    visitor.keyboard.press("Enter")
    visitor.wait_for_url(customer.STATUS)
    assert set(customer.answers(visitor).values()) == {"no_data"}


def _tab_to(element: Locator) -> None:
    for _ in range(30):
        if element.evaluate("element => element === document.activeElement"):
            return
        element.page.keyboard.press("Tab")
    expect(element).to_be_focused()


def _told(stack: Stack, address: str, subject: str, *, after: int) -> int:
    """How many letters with this subject came after that one."""
    return sum(letter.subject == subject and letter.number > after for letter in stack.letters(address))

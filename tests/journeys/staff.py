"""What staff do in the office."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.journeys.stack import Stack
from tests.waiting import until

GROUP_ADMIN = "admin@ideafix.example"
AUDITOR = "tarkastaja@ideafix.example"
IDEAFIX = "kasittelija@ideafix.example"
KINKERIPS = "kasittelija@kinkerips.example"
COLLEAGUE = "vahvistaja@kinkerips.example"
OFFICER = "dpo@ideafix.example"
NEWCOMER = "uusi@kinkerips.example"
BEGINNER = "aloittava@kinkerips.example"
VISUAL = "admin@ideafix-visual.example"
OWNER = "rekisteri@ideafix.example"
GRANTER = "paakayttaja@ideafix.example"
ACCEPTER = "paakayttaja@kinkerips.example"
CARE = "asiakaspalvelu@kinkerips.example"
PASSWORD_ONLY = "salasana@ideafix.example"
OUTSIDER = "ulkopuolinen@muu.example"


def sign_in(page: Page, stack: Stack, email: str) -> None:
    """Through the group's identity provider, and back."""
    page.goto(f"{stack.office}?group=ideafix")
    page.locator("main a.primary").click()
    page.wait_for_url(f"{stack.urls.issuer}/**")
    page.locator("button", has_text=email).click()
    page.wait_for_url(f"{stack.office}**")


def open_case(page: Page, stack: Stack, number: str) -> None:
    page.goto(f"{stack.office}/cases?shown=all")
    page.get_by_role("link", name=number, exact=True).click()
    expect(page.locator(".crumb")).to_contain_text(number)


def enter_by_hand(page: Page, stack: Stack, customer_number: str, address: str, *, checked: str = "") -> str:
    """A request of somebody without an e-mail address; the address of its case's page."""
    page.goto(f"{stack.office}/requests/new")
    page.locator("#channel").select_option(label="kirjeellä")
    page.locator("#customer_number").fill(customer_number)
    page.locator("#postal_address").fill(address)
    if checked:
        page.locator("#checked").select_option(label=checked)
    page.get_by_role("button", name="Kirjaa pyyntö").click()
    expect(page.locator(".flash")).to_be_visible()
    return page.url


def told(page: Page, words: str) -> None:
    """Waits until the page says that it was done: before that, another look would cut the click's own way short."""
    expect(page.locator(".flash")).to_contain_text(words)


def find_again(page: Page, locator: Locator) -> Locator:
    """What a worker brings about; a person would look again."""

    def is_there() -> bool:
        page.reload()
        return locator.count() > 0

    until(is_there, seconds=60)
    return locator


def act_for(page: Page, words: str) -> None:
    """Chooses in the rail what is acted for."""
    page.locator(".acting summary").click()
    page.locator("form.switch button", has_text=words).click()
    expect(page.locator("#flash")).to_be_visible()


def bring(page: Page, stack: Stack, register: str, content: str) -> None:
    """Uploads a file and waits until it has been checked."""
    page.goto(f"{stack.office}/imports/new")
    page.locator("#register").select_option(label=register)
    page.locator("#source").select_option(value="service_use")
    page.locator("#detail").fill("Kassajärjestelmä")
    page.locator("#file").set_input_files({"name": "rivit.csv", "mimeType": "text/csv", "buffer": content.encode()})
    page.locator("button.primary").click()
    page.wait_for_url(re.compile(r"/imports/[0-9a-f-]+$"))
    expect(page.locator("#live[hx-get]")).to_have_count(0)


def facts(page: Page, term: str) -> Locator:
    """What stands beside a word in a list of facts."""
    return page.locator(f"dt:text-is('{term}') + dd")

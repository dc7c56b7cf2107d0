"""What customers do in the portal, in any language: fields are found by their names, not by their words."""

import re
from collections.abc import Sequence

from playwright.sync_api import Page

from tests.journeys.stack import Stack
from tests.waiting import until

BOTH = ("access", "portability")
STATUS = re.compile(r"/requests/[0-9a-f-]+/?$")


def ask(page: Page, stack: Stack, address: str, *, rights: Sequence[str] = BOTH, words: str = "") -> str:
    """From the front page to the page that wants the code; the code."""
    page.goto(stack.portal)
    page.locator("main a.primary").click()
    for right in BOTH:
        page.locator(f"input[name=rights][value={right}]").set_checked(right in rights)
    page.locator("#words").fill(words)
    page.locator("#email").fill(address)
    number = stack.last_number(address)
    page.locator("button.primary").click()
    page.wait_for_url("**/verification")
    return stack.code(address, after=number)


def prove(page: Page, code: str) -> str:
    """Enters the code; the address of the request's page, which is open then."""
    page.locator("#code").fill(code)
    page.locator("button.primary").click()
    page.wait_for_url(STATUS)
    return page.url


def answers(page: Page) -> dict[str, str]:
    """The state of each company's answer, once the companies have looked."""

    def nothing_is_under_way() -> bool:
        page.reload()
        return page.locator("#live[hx-get]").count() == 0

    until(nothing_is_under_way, seconds=60)
    return {
        each.locator("h3").inner_text(): str(each.get_attribute("data-state"))
        for each in page.locator("li.answer").all()
    }


def prove_by_letter(page: Page, stack: Stack, address: str) -> None:
    """Follows the link of a letter and enters the code that came."""
    code = stack.code(address, after=0)
    found = re.search(r"http\S+/requests/\S+", stack.letters(address)[0].text)
    assert found is not None
    page.goto(found[0])
    prove(page, code)

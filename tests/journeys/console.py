"""What the people of processors do in the console, and the company's about them."""

import re

from playwright.sync_api import Page, expect

from infra.embedded.dev import DEMO_GROUP
from tests.journeys.stack import Stack

LINK = re.compile(r"http\S+/invitations/\S+")


def url(stack: Stack, *parts: str) -> str:
    return "/".join((f"{stack.urls.base_url}/console/{DEMO_GROUP}", *parts))


def invite(page: Page, email: str) -> None:
    """At the office's page of a processor's people."""
    page.locator("#email").fill(email)
    page.get_by_role("button", name="Lähetä kutsu").click()
    expect(page.locator(".flash")).to_contain_text("Kutsuttu")


def invitation(page: Page, stack: Stack) -> str:
    """The newest link in a letter to whoever the page names last."""
    email = page.locator("th[scope=row]", has_text="@").first.inner_text()
    found = LINK.search(stack.next_letter(email, after=0).text)
    assert found is not None
    return found[0]


def accept(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Hyväksy kutsu").click()
    page.wait_for_url("**/sign-in")


def waits_for_code(page: Page, stack: Stack, email: str) -> Page:
    page.goto(url(stack, "sign-in"))
    page.locator("#email").fill(email)
    page.get_by_role("button", name="Lähetä koodi").click()
    page.wait_for_url("**/code")
    return page


def sign_in(page: Page, stack: Stack, email: str) -> None:
    number = stack.last_number(email)
    waits_for_code(page, stack, email)
    page.locator("#code").fill(stack.code(email, after=number))
    page.get_by_role("button", name="Kirjaudu").click()
    page.wait_for_url(re.compile(rf"/console/{DEMO_GROUP}/?$"))


def bring_key(page: Page, public: str, *, name: str) -> None:
    page.locator("#name").fill(name)
    page.locator("#keys").fill(public)
    page.get_by_role("button", name="Tuo avain").click()
    expect(page.locator(".flash")).to_contain_text("Avain otettiin vastaan")

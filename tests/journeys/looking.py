"""What is looked at on every page, whoever opens it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response

from infra.assets.build import axe
from tests.journeys.stack import Stack

# Where pictures are wanted for somebody to look at; to take them is a sixth of the time that a page needs here.
SCREENSHOTS = os.environ.get("SELOSTE_SCREENSHOTS")
DESK, PHONE = 1280, 390
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

# The browser's own line about a page that answered with an error; whether it should have is the test's business.
ANSWERED_WITH_AN_ERROR = "Failed to load resource: the server responded with a status of"

AXE = """async rules => {
    const options = rules.length ? {runOnly: {type: 'rule', values: rules}} : {};
    const found = await axe.run(document, {...options, resultTypes: ['violations']});
    return found.violations.flatMap(one => one.nodes.map(node => `${one.impact} ${one.id}: ${node.html}`));
}"""
# The keyboard's focus is shown by an outline, or by a border on the box around a choice.
UNSEEN_FOCUS = """() => {
    const seen = element => element && getComputedStyle(element).outlineStyle !== 'none'
        && parseFloat(getComputedStyle(element).outlineWidth) > 0;
    const unseen = [];
    for (const element of document.querySelectorAll('a[href], button, input, select, textarea, summary')) {
        if (element.type === 'hidden' || !element.checkVisibility()) continue;
        element.focus();
        if (document.activeElement !== element || !(seen(element) || seen(element.closest('.choice'))))
            unseen.push(element.outerHTML);
    }
    return unseen;
}"""


@contextmanager
def watched(context: BrowserContext, stack: Stack) -> Iterator[None]:
    """Fails where a page breaks its own policy, complains in the console, or asks another host for anything."""
    wrong: list[str] = []
    ours = (stack.urls.base_url, stack.urls.issuer, "data:", "blob:")

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(ANSWERED_WITH_AN_ERROR):
            wrong.append(f"console: {message.text}")

    def answered(response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            wrong.append(f"{response.status}: {response.url}")

    context.on("console", heard)
    context.on("weberror", lambda error: wrong.append(f"script: {error.error}"))
    context.on("response", answered)
    context.on("request", lambda each: None if each.url.startswith(ours) else wrong.append(f"foreign: {each.url}"))
    yield
    assert not wrong, wrong


def at_every_size(page: Page, name: str) -> None:
    """Wide and narrow, light and dark: nothing that axe-core finds, and no scrolling sideways."""
    page.evaluate(axe())
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            # Without transitions: half-way between two schemes no colour is right.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            keep(page, f"{name}-{width}-{scheme}")
            # What the page is made of is the same in the dark; only its colours are not.
            found = page.evaluate(AXE, ["color-contrast"] if scheme == "dark" else [])
            assert not found, (name, width, scheme, found)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width}"
    page.set_viewport_size({"width": DESK, "height": 900})
    page.emulate_media(color_scheme="light")


def keep(page: Page, name: str) -> None:
    """A picture of all of the page, in the folder that SELOSTE_SCREENSHOTS names, if it names one."""
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)


def unseen_focus(page: Page) -> list[str]:
    """The elements that do not show that the keyboard is at them."""
    page.keyboard.press("Tab")
    found: list[str] = page.evaluate(UNSEEN_FOCUS)
    return found

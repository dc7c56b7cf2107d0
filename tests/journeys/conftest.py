"""One stack and one browser for all journeys; every person has a browser window of their own.

They end with this folder, not with the session: Playwright keeps an event loop running, which other tests cannot
have around them.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.journeys import chromium, looking, stack
from tests.journeys.stack import Stack

Window = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium.running() as running:
        yield running


@pytest.fixture(scope="package", name="stack")
def running_stack(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """After the browser: without one there is nothing to start for."""
    with stack.running(tmp_path_factory.mktemp("journeys") / "stack") as running:
        yield running


@pytest.fixture(scope="package")
def lasting_window(browser: Browser, stack: Stack) -> Iterator[Window]:
    """Windows that stay open over several tests."""
    yield from _windows(browser, stack)


@pytest.fixture
def window(browser: Browser, stack: Stack) -> Iterator[Window]:
    """Opens one for a person: `window()`, or `window(language="sv-FI", scripts=False)`."""
    yield from _windows(browser, stack)


def _windows(browser: Browser, stack: Stack) -> Iterator[Window]:
    with ExitStack() as until_closed:

        def open_window(*, language: str = "fi-FI", scripts: bool = True) -> Page:
            size: ViewportSize = {"width": looking.DESK, "height": 900}
            context = browser.new_context(locale=language, viewport=size, java_script_enabled=scripts)
            context.set_default_timeout(chromium.PATIENCE)
            until_closed.enter_context(looking.watched(context, stack))
            until_closed.callback(context.close)
            return context.new_page()

        yield open_window

"""Debian's Chromium, driven by Playwright: its own download would be a second browser of a third of a gigabyte."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

MISSING = (
    "The browser journeys need Chromium, and there is none here. "
    "On Debian, as root: apt-get install chromium. Elsewhere: put a chromium on the PATH."
)
# As root there is no sandbox; the rest keeps the browser from looking for its maker's servers.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# A test waits as long for a condition, on machines with other things to do.
PATIENCE = 30_000


@contextmanager
def running() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.fail(MISSING, pytrace=False)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()

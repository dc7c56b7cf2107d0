"""The steps of a sign-in, at the office and at the provider."""

from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from httpx import Response

from infra.embedded import identity
from tests.services.browsing import Browser
from tests.services.login.conftest import Staffed


def begin(browser: Browser, staffed: Staffed, **more: str) -> str:
    """The address at the provider."""
    answer = browser.get(f"/office/login?{urlencode({'group': staffed.group.slug, **more})}")
    assert answer.status_code == 303
    return str(answer.headers["location"])


def come_back(browser: Browser, url: str) -> Response:
    return browser.get(urlunsplit(("", "", *urlsplit(url)[2:])))


def sign_in(browser: Browser, staffed: Staffed, subject: str = "ideafix-handler", **more: str) -> Response:
    return come_back(browser, identity.Browser().sign_in(begin(browser, staffed, **more), subject))


def asked(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def is_signed_in(browser: Browser) -> bool:
    answer = browser.get("/office")
    return answer.status_code == 303 and answer.headers["location"] != "/office"

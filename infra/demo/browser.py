"""A browser for the demo's story: cookies, form tokens and the few parts of pages that it looks at."""

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urljoin

import httpx2
from msgspec import Struct

CSRF_COOKIE = "__Host-seloste-csrf"
TIMEOUT = 30


class PageUnexpected(Exception):
    """The stack answered something else than the story needs."""

    def __init__(self, answer: httpx2.Response, wanted: int) -> None:
        self.status = answer.status_code
        super().__init__(f"{answer.request.method} {answer.url.path} answered {self.status}, not {wanted}.")


class Form(Struct):
    action: str
    fields: dict[str, list[str]]


class Answer(Struct):
    """One company's, as the page of a request shows it."""

    state: str
    company: str = ""
    reference: str = ""
    link_url: str | None = None


class Page(HTMLParser):
    """Forms with what is ticked in them, links by their words, and the answers of companies."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.answers: list[Answer] = []
        self._href: str | None = None
        self._in: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self._in.append(tag)
        if tag == "li" and "data-state" in named:
            self.answers.append(Answer(named["data-state"]))
        elif tag == "form":
            self._begin_form(named.get("action", ""))
        elif tag == "input" and self.forms and _is_given(named):
            self.forms[-1].fields.setdefault(named["name"], []).append(named.get("value", ""))
        elif tag == "a":
            self._href = named.get("href")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._href = None

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if not words:
            return
        if self._href:
            self.links[words] = self._href
        if self.answers and self._in and self._in[-1] == "h3" and not self.answers[-1].company:
            self.answers[-1].company = words
        elif self.answers and not self.answers[-1].reference and self.answers[-1].company:
            self.answers[-1].reference = words.split()[-1]

    def _begin_form(self, action: str) -> None:
        self.forms.append(Form(action, {}))
        if self.answers and action.endswith("/links"):
            self.answers[-1].link_url = action


class Browser:
    """Follows no redirect by itself."""

    def __init__(self, base_url: str) -> None:
        # On localhost a browser sends secure cookies over http too.
        policy = DefaultCookiePolicy(secure_protocols=("http", "https"))
        self._client = httpx2.Client(base_url=base_url, cookies=CookieJar(policy), timeout=TIMEOUT)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, url: str, *, expect: int = 200) -> httpx2.Response:
        return _expected(self._client.get(url), expect)

    def page(self, url: str) -> Page:
        return Page(self.get(url).text)

    def post(self, url: str, form: Mapping[str, str | Sequence[str]], *, expect: int = 303) -> httpx2.Response:
        token = self._client.cookies.get(CSRF_COOKIE) or ""
        return _expected(self._client.post(url, data={**form, "_csrf_token": token}), expect)

    def follow(self, answer: httpx2.Response, *, expect: int = 200) -> httpx2.Response:
        return self.get(target(answer), expect=expect)


def target(answer: httpx2.Response) -> str:
    return urljoin(str(answer.url), answer.headers["location"])


def _is_given(named: Mapping[str, str]) -> bool:
    """Whether a browser would send this field with the form."""
    return "name" in named and (named.get("type") not in {"checkbox", "radio"} or "checked" in named)


def _expected(answer: httpx2.Response, status: int) -> httpx2.Response:
    if answer.status_code != status:
        raise PageUnexpected(answer, status)
    return answer

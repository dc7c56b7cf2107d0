"""Browsers of people, against the real application without a network between."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from httpx import Cookies, Response
from litestar import Litestar
from litestar.testing import TestClient

from services.api.login import sessions
from services.api.login.sessions import OfficeSession
from tenants import settings
from tenants.acting import PurposeKind
from tests.make import MadeCompany, MadeMember

CSRF_COOKIE = "__Host-seloste-csrf"

Form = Mapping[str, str | Sequence[str]]


class Browser:
    """Has cookies of its own, follows no redirect by itself, and sends the form token with every form."""

    def __init__(self, client: TestClient[Litestar]) -> None:
        self.cookies = Cookies()
        self._client = client

    def get(self, url: str, **headers: str) -> Response:
        return self.send("GET", url, headers=headers)

    def post(self, url: str, form: Form | None = None, **options: Any) -> Response:
        """Without a form token nothing is accepted, so one is fetched first where there is none yet."""
        if CSRF_COOKIE not in self.cookies:
            self.get("/office")
        data = {**(form or {}), "_csrf_token": self.cookies[CSRF_COOKIE]}
        return self.send("POST", url, data=data, **options)

    def send(self, method: str, url: str, **options: Any) -> Response:
        self._client.cookies = self.cookies
        try:
            return self._client.request(method, url, follow_redirects=False, **options)
        finally:
            # Whoever uses the client next is somebody else, without this browser's session and language.
            self.cookies, self._client.cookies = self._client.cookies, Cookies()

    def follow(self, answer: Response) -> Response:
        return self.get(answer.headers["location"])

    def sit_down(
        self, member: MadeMember, company: MadeCompany | None = None, purpose: PurposeKind | None = None
    ) -> str:
        """Signs in without the identity provider (tests/services/login goes there); returns the session's token."""
        token = sessions.start(
            OfficeSession(
                group_id=member.group.group_id,
                member_id=member.member_id,
                issuer=member.issuer,
                client_id="seloste-office",
                subject=member.subject,
                sid=None,
                signed_in_at=datetime.now(UTC),
                company_id=company.company_id if company else None,
                purpose=purpose,
            )
        )
        self.keep(sessions.COOKIE, token)
        return token

    def keep(self, name: str, value: str) -> None:
        """A cookie from elsewhere, in the place of the one that there may be."""
        self.cookies.set(name, value, domain=str(urlsplit(settings.current().base_url).hostname))


class Page(HTMLParser):
    """The words of a page, its links and its forms."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[str] = []
        self.fields: dict[str, str] = {}
        self._words: list[str] = []
        self.feed(answer.text)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(named.get("href", ""))
        elif tag == "form":
            self.forms.append(named.get("action", ""))
        elif tag == "input" and "name" in named:
            self.fields[named["name"]] = named.get("value", "")

    def handle_data(self, data: str) -> None:
        self._words.append(data)

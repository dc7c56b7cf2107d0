"""Aino at the portal of a group, in her own browser; others in theirs."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from httpx import Response

from infra.embedded.postgres import Postgres
from infra.embedded.postoffice import PostOffice
from infra.embedded.s3 import S3
from infra.embedded.valkey import Valkey
from tests import make
from tests.asking import Asked, Sister, new_address, open_sister
from tests.make import MadeGroup
from tests.services.browsing import Browser


@pytest.fixture(autouse=True)
def _with_servers(database: Postgres, redis_server: Valkey, storage: S3, post_office: PostOffice) -> None:
    pass


@pytest.fixture
def group() -> MadeGroup:
    return make.group()


@pytest.fixture
def sister(group: MadeGroup) -> Callable[..., Sister]:
    return partial(open_sister, group)


@pytest.fixture
def alfa(sister: Callable[..., Sister]) -> Sister:
    return sister("alfa")


class Visitor:
    """Somebody with a browser at the portal of one group."""

    def __init__(self, browser: Browser, group: MadeGroup, post: PostOffice, email: str) -> None:
        self.browser, self.group, self.post, self.email = browser, group, post, email
        self.asked: Asked | None = None

    def url(self, *parts: object) -> str:
        return "/".join((f"/g/{self.group.slug}", *map(str, parts)))

    def request_url(self, *parts: object) -> str:
        assert self.asked is not None
        return self.url("requests", self.asked.request_id, *parts)

    def get(self, *parts: object) -> Response:
        return self.browser.get(self.url(*parts))

    def send(self, *to: Sister, **form: str | list[str]) -> Response:
        given: dict[str, str | list[str]] = {
            "rights": "access",
            "companies": [str(sister.company.company_id) for sister in to],
            "email": self.email,
            "words": "",
        }
        return self.browser.post(self.url("requests"), given | form)

    def ask(self, *to: Sister, **form: str | list[str]) -> Asked:
        answer = self.send(*to, **form)
        assert answer.status_code == 303, answer.text
        request_id = UUID(urlsplit(answer.headers["location"]).path.split("/")[4])
        self.asked = Asked(self.group, request_id, self.email, self.post)
        return self.asked

    def enter(self, code: str) -> Response:
        return self.browser.post(self.request_url("verification"), {"code": code})

    def come_in(self, *to: Sister, **form: str | list[str]) -> Asked:
        """Asks, and proves who they are."""
        asked = self.ask(*to, **form)
        answer = self.enter(asked.code())
        assert answer.status_code == 303, answer.text
        return asked


@pytest.fixture
def visit(open_browser: Callable[[], Browser], group: MadeGroup, post_office: PostOffice) -> Callable[..., Visitor]:
    def arrive(at: MadeGroup | None = None) -> Visitor:
        return Visitor(open_browser(), at or group, post_office, new_address())

    return arrive


@pytest.fixture
def aino(visit: Callable[..., Visitor]) -> Visitor:
    return visit()

"""The provider itself tells the office, over the network, that somebody has signed out."""

import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from msgspec import Struct

from infra.embedded import children, identity, ports
from infra.embedded.children import Program
from infra.embedded.identity import Identity
from infra.embedded.postgres import Postgres
from infra.embedded.valkey import Valkey
from services.api.login import attempts, openid, sessions
from tenants.companies import members, providers
from tenants.companies.model import Role
from tenants.database import walled_session
from tests import make, waiting
from tests.make import MadeGroup


class Served(Struct, frozen=True):
    """An office in a process of its own, with a provider that knows where it is."""

    port: int
    provider: Identity
    group: MadeGroup

    def get(self, url: str, cookies: dict[str, str]) -> tuple[int, str]:
        """The status and the next address. Cookies are carried by hand: this is http, and they are for https only."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        header = "; ".join(f"{name}={value}" for name, value in cookies.items())
        connection.request("GET", url, headers={"Cookie": header})
        answer = connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                kept, _, content = value.split(";")[0].partition("=")
                cookies[kept] = content.strip('"')
        connection.close()
        return answer.status, answer.getheader("location") or ""


@pytest.fixture
def served(tmp_path: Path, database: Postgres, redis_server: Valkey) -> Iterator[Served]:
    port = ports.free()
    base_url = f"http://127.0.0.1:{port}"
    office = Program(
        name="api",
        command=(sys.executable, "-m", "services.cli", "serve"),
        log=tmp_path / "api.log",
        ready=lambda: _answers(port),
        environment={"SELOSTE_BASE_URL": base_url, "SELOSTE_LISTEN_PORT": str(port)},
    )
    with identity.running(tmp_path, base_url=base_url) as provider, children.running(office):
        yield Served(port, provider, _group(provider))


def _answers(port: int) -> bool:
    with closing(HTTPConnection("127.0.0.1", port, timeout=1)) as connection:
        try:
            connection.request("GET", "/health/live")
            return connection.getresponse().status == 200
        except OSError:
            return False


def _group(provider: Identity) -> MadeGroup:
    group = make.group()
    alfa = make.company(group, "alfa")
    with walled_session(group.system()) as session:
        providers.register(session, issuer=provider.issuer, client_id=provider.client_id, secret=provider.client_secret)
        handler = members.add(
            session, issuer=provider.issuer, subject="ideafix-handler", name="Käsittelijä", email="k@alfa.example"
        )
        members.assign(session, handler.member_id, Role.REQUEST_HANDLER, company_id=alfa.company_id)
    return group


def test_signing_out_at_the_provider_ends_the_session_in_the_office(served: Served) -> None:
    cookies: dict[str, str] = {}
    at_provider = identity.Browser()
    _, onwards = served.get(f"/office/login?{urlencode({'group': served.group.slug})}", cookies)
    back = urlsplit(at_provider.sign_in(onwards, "ideafix-handler"))
    assert served.get(f"{back.path}?{back.query}", cookies) == (303, attempts.FRONT)
    token = cookies[sessions.COOKIE]
    assert sessions.find(token) is not None

    with walled_session(served.group.system()) as session:
        out = openid.end_session_url(providers.current(session))
    assert out is not None
    at_provider.sign_out(out.replace("testserver.example", f"127.0.0.1:{served.port}").replace("https", "http"))
    waiting.until(lambda: sessions.find(token) is None)

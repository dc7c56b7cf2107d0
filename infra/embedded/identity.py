"""The test OpenID provider: npm's oidc-provider, from infra/identity."""

import http.client
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path

import msgspec

from infra.embedded import children, node, ports, secret_files
from infra.embedded.children import Program

HOME = Path(__file__).parents[1] / "identity"
STAFF = HOME / "staff.json"
CLIENT_ID = "seloste-office"
TWO_FACTORS = "urn:seloste:mfa"


class Role(msgspec.Struct, frozen=True):
    """A role in one company, or in the whole group when there is no company."""

    role: str
    company: str | None


class Person(msgspec.Struct, frozen=True):
    sub: str
    email: str
    name: str
    group: str
    roles: list[Role]
    second_factor: bool


class Identity(msgspec.Struct, frozen=True):
    """The issuer is 127.0.0.1 while the product is localhost: another site to a browser, as in production."""

    port: int
    client_secret: str
    pid: int
    client_id: str = CLIENT_ID

    @property
    def issuer(self) -> str:
        return issuer(self.port)


def issuer(port: int) -> str:
    return f"http://{ports.HOST}:{port}"


def staff(file: Path = STAFF) -> list[Person]:
    return msgspec.json.decode(file.read_bytes(), type=list[Person])


@contextmanager
def running(data: Path, *, base_url: str, port: int | None = None, staff: Path = STAFF) -> Iterator[Identity]:
    """A provider with one client, the office at `base_url`."""
    port = port or ports.free()
    with children.running(program(data, base_url=base_url, port=port, staff=staff)) as child:
        yield Identity(port, client_secret(data), child.pid)


def program(data: Path, *, base_url: str, port: int, staff: Path = STAFF) -> Program:
    """Installs the provider's packages on first use."""
    node.install(HOME)
    client = {"id": CLIENT_ID, "secret": client_secret(data), "base_url": base_url}
    where = {
        "port": port,
        "issuer": issuer(port),
        "staff": str(staff.resolve()),
        "keys": str((data / "keys.json").resolve()),
    }
    secret_files.write(data / "provider.json", msgspec.json.encode({**where, "client": client}).decode())
    return Program(
        name="identity",
        command=(str(node.binary()), str(HOME / "provider.mjs"), str((data / "provider.json").resolve())),
        log=data / "identity.log",
        ready=lambda: _answers(port),
    )


def client_secret_file(data: Path) -> Path:
    return data / "client-secret"


def client_secret(data: Path) -> str:
    return secret_files.kept(client_secret_file(data))


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=1)
    try:
        connection.request("GET", "/.well-known/openid-configuration")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Redirects are followed by hand, and only at the provider."""

    def redirect_request(self, *_: object) -> None:
        return None


class _Form(HTMLParser):
    """The one form of a provider's page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.hidden: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.action = named["action"]
        elif tag == "input" and named.get("type") == "hidden":
            self.hidden[named["name"]] = named["value"]


class Browser:
    """Walks the provider's pages as a browser would, with its cookies, for tests and for the demo's staff."""

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), _StayHere())

    def sign_in(self, authorization_url: str, sub: str) -> str:
        """Opens the login page, chooses the account; the address that the browser is sent back to, not yet opened."""
        return self._walk(authorization_url, {"sub": sub})

    def sign_out(self, end_session_url: str) -> str:
        """Ends the provider's session, which tells the office by the back channel; where the browser is sent."""
        return self._walk(end_session_url, {"logout": "yes"})

    def _walk(self, url: str, answer: dict[str, str]) -> str:
        provider = urllib.parse.urlsplit(url).netloc
        while urllib.parse.urlsplit(url).netloc == provider:
            location, page = self._open(url)
            form = _Form(page)
            if location is None and form.action is not None:
                location, _ = self._open(urllib.parse.urljoin(url, form.action), {**form.hidden, **answer})
            if location is None:
                return url
            url = urllib.parse.urljoin(url, location)
        return url

    def _open(self, url: str, form: dict[str, str] | None = None) -> tuple[str | None, str]:
        body = urllib.parse.urlencode(form).encode() if form is not None else None
        try:
            with self._opener.open(url, body, timeout=10) as answer:
                return None, answer.read().decode()
        except urllib.error.HTTPError as answer:
            location = answer.headers.get("Location")
            if location is None:
                raise
            return location, ""

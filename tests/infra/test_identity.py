"""The test identity provider, walked as a browser would, and asked as the office will."""

import base64
import hashlib
import secrets
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from typing import ClassVar
from urllib.error import HTTPError

import msgspec
import pytest

from infra.embedded import identity, ports
from infra.embedded.identity import Browser, Identity
from tenants.companies.model import Role

JSON = dict[str, object]


class Office:
    """Stands where the office will: it is sent the browser, and told of sign-outs by the back channel."""

    def __init__(self, port: int) -> None:
        self.url = f"http://localhost:{port}"
        self.callback = f"{self.url}/office/login/callback"
        self.told: Queue[tuple[str, str]] = Queue()


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    port = ports.free()
    office = Office(port)

    class Ear(BaseHTTPRequestHandler):
        heard: ClassVar[Queue[tuple[str, str]]] = office.told

        def do_POST(self) -> None:
            self.heard.put((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing to say."""

    with HTTPServer((ports.HOST, port), Ear) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield office
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def provider(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    with identity.running(tmp_path_factory.mktemp("identity"), base_url=office.url) as server:
        yield server


def fetch(url: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> JSON:
    body = urllib.parse.urlencode(form).encode() if form else None
    with urllib.request.urlopen(urllib.request.Request(url, body, headers or {}), timeout=10) as answer:  # noqa: S310
        return msgspec.json.decode(answer.read(), type=JSON)


def discovered(provider: Identity, name: str) -> str:
    return str(fetch(f"{provider.issuer}/.well-known/openid-configuration")[name])


class Attempt:
    """One sign-in of the code flow with PKCE."""

    def __init__(self, provider: Identity, office: Office, **changes: str) -> None:
        self.provider, self.office, self.verifier = provider, office, secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        parameters = {
            "client_id": provider.client_id,
            "response_type": "code",
            "scope": "openid email profile",
            "redirect_uri": office.callback,
            "state": "a-state",
            "nonce": "a-nonce",
            "acr_values": identity.TWO_FACTORS,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        } | changes
        self.url = f"{discovered(provider, 'authorization_endpoint')}?{urllib.parse.urlencode(parameters)}"

    def id_token(self, came_back_to: str) -> str:
        answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(came_back_to).query))
        assert answer["state"] == "a-state"
        client = base64.b64encode(f"{self.provider.client_id}:{self.provider.client_secret}".encode()).decode()
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": self.office.callback,
            "code_verifier": self.verifier,
        }
        tokens = fetch(discovered(self.provider, "token_endpoint"), form, {"Authorization": f"Basic {client}"})
        return str(tokens["id_token"])


def claims(token: str) -> JSON:
    payload = token.split(".")[1]
    return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=JSON)


def signed_in(provider: Identity, office: Office, sub: str) -> JSON:
    attempt = Attempt(provider, office)
    return claims(attempt.id_token(Browser().sign_in(attempt.url, sub)))


def test_the_demo_staff_have_the_roles_of_the_group() -> None:
    staff = identity.staff()
    held = {role.role for person in staff for role in person.roles}
    assert held == set(Role)
    assert len({person.sub for person in staff}) == len({person.email for person in staff}) == len(staff)


def test_staff_sign_in_with_two_factors(provider: Identity, office: Office) -> None:
    token = signed_in(provider, office, "ideafix-dpo")
    assert token["sub"] == "ideafix-dpo"
    assert token["acr"] == identity.TWO_FACTORS
    assert token["amr"] == ["pwd", "otp"]
    assert (token["iss"], token["aud"], token["nonce"]) == (provider.issuer, provider.client_id, "a-nonce")
    assert token["email"] == "dpo@ideafix.example"
    assert token["sid"]


def test_one_of_them_has_a_password_only_and_the_token_says_so(provider: Identity, office: Office) -> None:
    token = signed_in(provider, office, "ideafix-password-only")
    assert token["acr"] != identity.TWO_FACTORS
    assert token["amr"] == ["pwd"]


def test_a_code_without_its_verifier_is_worth_nothing(provider: Identity, office: Office) -> None:
    attempt = Attempt(provider, office)
    came_back_to = Browser().sign_in(attempt.url, "ideafix-dpo")
    attempt.verifier = secrets.token_urlsafe(48)
    with pytest.raises(HTTPError) as refused:
        attempt.id_token(came_back_to)
    refused.value.close()
    assert refused.value.code == 400


def test_an_address_that_is_not_the_offices_gets_no_code(provider: Identity, office: Office) -> None:
    attempt = Attempt(provider, office, redirect_uri="http://localhost:1/elsewhere")
    with pytest.raises(HTTPError) as refused:
        Browser().sign_in(attempt.url, "ideafix-dpo")
    refused.value.close()
    assert refused.value.code == 400


def test_choosing_nobody_ends_in_a_refusal_at_the_office(provider: Identity, office: Office) -> None:
    came_back_to = Browser().sign_in(Attempt(provider, office).url, "nobody-of-that-name")
    assert "error=access_denied" in came_back_to


def test_signing_out_tells_the_office_by_the_back_channel(provider: Identity, office: Office) -> None:
    browser, attempt = Browser(), Attempt(provider, office)
    token = attempt.id_token(browser.sign_in(attempt.url, "ideafix-dpo"))
    end = {"id_token_hint": token, "post_logout_redirect_uri": f"{office.url}/office"}
    came_to = browser.sign_out(f"{discovered(provider, 'end_session_endpoint')}?{urllib.parse.urlencode(end)}")
    assert came_to == f"{office.url}/office"
    path, body = office.told.get(timeout=10)
    assert path == "/office/login/backchannel-logout"
    told = claims(urllib.parse.parse_qs(body)["logout_token"][0])
    assert (told["sub"], told["sid"]) == ("ideafix-dpo", claims(token)["sid"])


def test_the_login_page_loads_nothing_and_runs_nothing(provider: Identity, office: Office) -> None:
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(Attempt(provider, office).url, timeout=10) as answer:
        page = answer.read().decode()
        policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "<script" not in page
    assert all(person.email in page for person in identity.staff())


def test_its_signing_key_survives_a_restart(office: Office, tmp_path: Path) -> None:
    keys = []
    for _ in range(2):
        with identity.running(tmp_path, base_url=office.url) as server:
            keys.append(fetch(discovered(server, "jwks_uri"))["keys"])
    assert keys[0] == keys[1]

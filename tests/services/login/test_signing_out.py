"""Out again: by oneself, by the provider's word, or because the account is one no longer."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from infra.embedded.identity import Identity
from services.api.login import logout_tokens, sessions, store
from tenants.companies import members
from tenants.companies.model import Role
from tenants.database import walled_session
from tests import make
from tests.services.browsing import Browser
from tests.services.login.conftest import Staffed
from tests.services.login.walking import asked, is_signed_in, sign_in

BACKCHANNEL = "/office/login/backchannel-logout"


def test_signing_out_ends_the_session_and_goes_on_to_the_provider(browser: Browser, staffed: Staffed) -> None:
    sign_in(browser, staffed)
    token = browser.cookies[sessions.COOKIE]
    answer = browser.post("/office/sign-out")
    assert answer.status_code == 200
    assert sessions.find(token) is None
    assert sessions.COOKIE not in browser.cookies
    onwards = answer.headers["refresh"].removeprefix("0; url=")
    assert asked(onwards)["post_logout_redirect_uri"] == "https://testserver.example/office"
    assert "id_token_hint" not in onwards


def test_signing_out_needs_the_form_token(browser: Browser, staffed: Staffed) -> None:
    sign_in(browser, staffed)
    assert browser.send("POST", "/office/sign-out").status_code == 403
    assert is_signed_in(browser)


def test_signing_out_twice_is_no_matter(browser: Browser, staffed: Staffed) -> None:
    sign_in(browser, staffed)
    browser.post("/office/sign-out")
    assert browser.post("/office/sign-out").status_code == 200


def test_a_session_ends_ten_hours_after_the_sign_in(browser: Browser, staffed: Staffed) -> None:
    sign_in(browser, staffed)
    token = browser.cookies[sessions.COOKIE]
    session = sessions.find(token)
    assert session is not None
    old = msgspec.structs.replace(session, signed_in_at=session.signed_in_at - sessions.ABSOLUTE)
    sessions.act_for(token, old, None, None)
    assert not is_signed_in(browser)


def test_each_request_gives_the_session_another_half_hour(browser: Browser, staffed: Staffed) -> None:
    sign_in(browser, staffed)
    key = f"seloste:office:session:{hashlib.sha256(browser.cookies[sessions.COOKIE].encode()).hexdigest()}"
    connection = store.connection()
    connection.expire(key, 5)
    browser.get("/office/tokens")
    assert 1790 < int(connection.ttl(key)) <= 1800


def test_the_cookie_is_not_what_redis_knows(browser: Browser, staffed: Staffed) -> None:
    sign_in(browser, staffed)
    token = browser.cookies[sessions.COOKIE].encode()
    assert not [key for key in store.connection().scan_iter() if token in key]


def test_an_account_that_is_deactivated_opens_nothing_from_the_next_request_on(
    browser: Browser, staffed: Staffed
) -> None:
    leaving = make.staff(staffed.group, (Role.REQUEST_HANDLER, staffed.alfa))
    browser.sit_down(leaving)
    assert is_signed_in(browser)
    with walled_session(staffed.group.system()) as session:
        members.deactivate(session, leaving.member_id)
    assert browser.get("/office/tokens").status_code == 403
    assert sessions.COOKIE not in browser.cookies


# The back channel


def call(browser: Browser, token: str) -> int:
    return browser.send("POST", BACKCHANNEL, data={"logout_token": token}).status_code


def signed(provider: Identity, key: RSAKey, **changed: object) -> str:
    """A logout token as §2.4 wants it, with some of its claims changed or, by None, left out."""
    claims = {
        "iss": provider.issuer,
        "aud": provider.client_id,
        "iat": int(time.time()),
        "exp": int(time.time()) + 120,
        "jti": base64.b32encode(hashlib.sha256(str(time.monotonic_ns()).encode()).digest()).decode(),
        "events": {logout_tokens.EVENT: {}},
        "sub": "ideafix-handler",
    } | changed
    header = {"alg": "RS256", "kid": "first", "typ": "logout+jwt"}
    return jwt.encode(header, {name: value for name, value in claims.items() if value is not None}, key)


def test_a_session_at_the_provider_ends_only_what_it_began(
    open_browser: Callable[[], Browser], staffed: Staffed, provider: Identity, key: RSAKey
) -> None:
    first, second = open_browser(), open_browser()
    sign_in(first, staffed)
    sign_in(second, staffed)
    session = sessions.find(first.cookies[sessions.COOKIE])
    assert session is not None
    assert call(open_browser(), signed(provider, key, sid=session.sid, sub=None)) == 200
    assert not is_signed_in(first)
    assert is_signed_in(second)


def test_a_subject_is_signed_out_everywhere(
    open_browser: Callable[[], Browser], staffed: Staffed, provider: Identity, key: RSAKey
) -> None:
    first, second, officer = open_browser(), open_browser(), open_browser()
    sign_in(first, staffed)
    sign_in(second, staffed)
    sign_in(officer, staffed, "ideafix-dpo")
    assert call(open_browser(), signed(provider, key)) == 200
    assert [is_signed_in(one) for one in (first, second, officer)] == [False, False, True]


def test_a_logout_token_is_taken_once(browser: Browser, staffed: Staffed, provider: Identity, key: RSAKey) -> None:
    token = signed(provider, key)
    assert [call(browser, token), call(browser, token)] == [200, 400]


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://other.example"},
        {"aud": "somebody-else"},
        {"aud": ["somebody-else"]},
        {"iat": None},
        {"iat": 1_500_000_000},
        {"iat": 4_000_000_000},
        {"exp": 1_500_000_000},
        {"jti": None},
        {"events": {}},
        {"events": None},
        {"events": {"http://schemas.openid.net/event/other": {}}},
        {"nonce": "n"},
        {"nonce": ""},
        {"sub": None},
    ],
    ids=str,
)
def test_a_logout_token_that_is_not_right_ends_nothing(
    browser: Browser, staffed: Staffed, provider: Identity, key: RSAKey, changed: dict[str, object]
) -> None:
    sign_in(browser, staffed)
    assert call(browser, signed(provider, key, **changed)) == 400
    assert is_signed_in(browser)


def test_a_logout_token_of_another_key_ends_nothing(browser: Browser, staffed: Staffed, provider: Identity) -> None:
    assert call(browser, signed(provider, RSAKey.generate_key(2048))) == 400


def test_an_unsigned_logout_token_ends_nothing(
    browser: Browser, staffed: Staffed, provider: Identity, key: RSAKey
) -> None:
    _, payload, _ = signed(provider, key).split(".")
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    assert call(browser, f"{header}.{payload}.") == 400


def test_a_logout_token_signed_with_the_secret_ends_nothing(
    browser: Browser, staffed: Staffed, provider: Identity, key: RSAKey
) -> None:
    _, payload, _ = signed(provider, key).split(".")
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"logout+jwt"}').decode().rstrip("=")
    mac = hmac.digest(provider.client_secret.encode(), f"{header}.{payload}".encode(), "sha256")
    assert call(browser, f"{header}.{payload}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}") == 400


def test_an_id_token_is_no_logout_token(browser: Browser, staffed: Staffed, provider: Identity, key: RSAKey) -> None:
    assert call(browser, signed(provider, key, events=None, nonce="n", sid="s")) == 400


NESTED_TOO_DEEP = ".".join(
    base64.urlsafe_b64encode(part).decode() for part in (b'{"alg":"RS256"}', b'{"x":' + b"[" * 30_001, b"xyz")
)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.", ".", pytest.param(NESTED_TOO_DEEP, id="too deep")])
def test_what_is_no_token_is_refused(browser: Browser, staffed: Staffed, token: str) -> None:
    assert call(browser, token) == 400

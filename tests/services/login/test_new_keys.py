"""A provider's new keys are fetched when a token needs them, and not as often as strangers send tokens."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from infra.embedded.postgres import Postgres
from infra.embedded.valkey import Valkey
from services.api.login import logout_tokens, openid, store
from services.api.login.logout_tokens import BadLogoutToken
from tenants.companies import providers
from tenants.database import walled_session
from tests import make

CLIENT = "seloste-office"


class KeyServer:
    """Another organisation's identity provider, as far as its keys; it counts how often it is asked for them."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.issuer = f"http://127.0.0.1:{server.server_port}"
        self.keys: dict[str, RSAKey] = {}
        self.asked = 0

    def add(self, kid: str) -> None:
        self.keys[kid] = RSAKey.generate_key(2048, {"kid": kid})

    def answer(self, path: str) -> dict[str, object]:
        if path.endswith("/openid-configuration"):
            return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks"}
        self.asked += 1
        return {"keys": [key.as_dict(private=False) for key in self.keys.values()]}

    def token(self, kid: str, key: RSAKey | None = None) -> str:
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": int(time.time()),
            "jti": store.new_token(),
            "events": {logout_tokens.EVENT: {}},
            "sub": "somebody",
        }
        return jwt.encode({"alg": "RS256", "kid": kid, "typ": "logout+jwt"}, claims, key or self.keys[kid])


@pytest.fixture
def elsewhere(database: Postgres, redis_server: Valkey) -> Iterator[KeyServer]:
    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(told.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    told = KeyServer(server)
    told.add("old")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with walled_session(make.group().system()) as session:
        providers.register(session, issuer=told.issuer, client_id=CLIENT, secret="x")
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


def refused(elsewhere: KeyServer, kid: str) -> None:
    with pytest.raises(BadLogoutToken):
        logout_tokens.end_sessions(elsewhere.token(kid, RSAKey.generate_key(2048)))


def a_minute_passes(elsewhere: KeyServer) -> None:
    connection = store.connection()
    for key in connection.scan_iter("seloste:office:keys:*"):
        connection.delete(key)


def another_process() -> None:
    """Which has read what the provider said of itself on its own, and shares Redis."""
    openid._discovered.cache_clear()


def test_a_new_key_is_fetched_when_a_token_is_signed_with_it(elsewhere: KeyServer) -> None:
    assert logout_tokens.end_sessions(elsewhere.token("old")) == 0
    elsewhere.add("new")
    assert logout_tokens.end_sessions(elsewhere.token("new")) == 0
    assert elsewhere.asked == 2


def test_however_many_tokens_come_the_keys_are_fetched_once_a_minute(elsewhere: KeyServer) -> None:
    logout_tokens.end_sessions(elsewhere.token("old"))
    for number in range(10):
        refused(elsewhere, f"made-up-{number}")
    assert elsewhere.asked == 2
    a_minute_passes(elsewhere)
    refused(elsewhere, "made-up-again")
    assert elsewhere.asked == 3


def test_other_processes_share_what_one_has_fetched(elsewhere: KeyServer) -> None:
    logout_tokens.end_sessions(elsewhere.token("old"))
    refused(elsewhere, "made-up")
    asked = elsewhere.asked
    another_process()
    logout_tokens.end_sessions(elsewhere.token("old"))  # what it has not read yet, it reads
    for number in range(5):
        refused(elsewhere, f"made-up-{number}")
    assert elsewhere.asked == asked + 1

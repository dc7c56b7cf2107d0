"""A processor's program, written by hand, so that it can also say what no library would let it say."""

import base64
import hashlib
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import msgspec
from httpx import Response
from joserfc import jws
from joserfc.jwk import ECKey, Key
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Struct

from services.api.oauth import addresses
from services.api.oauth.server import ASSERTION_TYPE
from tenants.clients import public_keys, registering
from tenants.clients.model import Method, PublicKey
from tenants.database import walled_session
from tests.make import MadeCompany, MadeMember
from tests.tenants.processors.scene import Scene

Said = Mapping[str, object]


def new_key() -> ECKey:
    return ECKey.generate_key("P-256", auto_kid=True)


def public(key: Key) -> PublicKey:
    return public_keys.key_of(key.as_dict(private=False))


def jwt(key: Key, header: Said, claims: Said) -> str:
    return jws.serialize_compact({**header}, msgspec.json.encode(claims), key, algorithms=["ES256", "PS256", "EdDSA"])


def unsigned(header: Said, claims: Said) -> str:
    parts = [base64.urlsafe_b64encode(msgspec.json.encode(one)).decode().rstrip("=") for one in (header, claims)]
    return ".".join([*parts, ""])


class Program(Struct, frozen=True):
    """`key` signs its assertions, `proving` its proofs of possession."""

    client: TestClient[Litestar]
    slug: str
    client_id: UUID
    key: ECKey
    proving: ECKey

    @property
    def url(self) -> str:
        return f"/oauth/{self.slug}/token"

    def claims(self, **other: object) -> dict[str, object]:
        now = int(time.time())
        name = str(self.client_id)
        said = {"iss": name, "sub": name, "aud": addresses.issuer(self.slug), "iat": now, "exp": now + 120}
        return {one: value for one, value in {**said, "jti": str(uuid4()), **other}.items() if value is not None}

    def assertion(self, header: Said | None = None, key: Key | None = None, **claims: object) -> str:
        head = {"alg": "ES256", "kid": public(self.key).kid, "typ": "client-authentication+jwt", **(header or {})}
        return jwt(key or self.key, head, self.claims(**claims))

    def proof(self, url: str, method: str = "POST", *, key: ECKey | None = None, **other: object) -> str:
        signer = key or self.proving
        claims = {"jti": str(uuid4()), "htm": method, "htu": url, "iat": int(time.time()), **other}
        head = {"alg": "ES256", "typ": "dpop+jwt", "jwk": signer.as_dict(private=False)}
        return jwt(signer, head, {one: value for one, value in claims.items() if value is not None})

    def ask(
        self, assertion: str | None = None, *, headers: Mapping[str, str] | None = None, to: str = "", **form: str
    ) -> Response:
        sent = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or self.assertion(),
            **form,
        }
        return self.client.post(to or self.url, data=sent, headers=dict(headers or {}))

    def nonce(self) -> str:
        refused = self.ask(headers={"DPoP": self.proof(addresses.external(self.url))})
        assert (refused.status_code, refused.json()["error"]) == (400, "use_dpop_nonce")
        return refused.headers["DPoP-Nonce"]

    def bound(self, assertion: str | None = None, *, proof: str | None = None, **form: str) -> Response:
        """With a proof for a nonce of now."""
        made = proof or self.proof(addresses.external(self.url), nonce=self.nonce())
        return self.ask(assertion, headers={"DPoP": made}, **form)

    def token(self) -> str:
        return str(self.bound().json()["access_token"])

    def fetch(
        self,
        token: str,
        *,
        scheme: str = "DPoP",
        proof: str | None = None,
        feed: str = "",
        method: str = "GET",
        said: Said | None = None,
        **asked: str,
    ) -> Response:
        """`said` are headers, `asked` what stands in the address."""
        path = addresses.FEEDS + (f"/{feed}" if feed else "")
        made = proof or self.proof(addresses.external(path), method, ath=ath(token))
        headers = {"Authorization": f"{scheme} {token}"} | ({"DPoP": made} if scheme == "DPoP" else {})
        for name, value in (said or {}).items():
            headers[name] = str(value)
        return self.client.request(method, path, headers=headers, params=asked)


def ath(token: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest())
    return digest.decode().rstrip("=")


def program(client: TestClient[Litestar], house: Scene, **other: Any) -> Program:
    """Of Pilvi, for the data of Alfa."""
    key = new_key()
    with walled_session(house.approver.acting(house.alfa)) as session:
        made = registering.register(
            session, house.pilvi, name="Hakija", method=Method.PRIVATE_KEY_JWT, keys=[public(key)], **other
        )
    return Program(client, house.group.slug, made.client_id, key, new_key())


def with_secret(house: Scene, *, dpop: bool = False) -> tuple[str, str]:
    with walled_session(house.approver.acting(house.alfa)) as session:
        made = registering.register(
            session, house.pilvi, name="Vanha ohjelma", method=Method.CLIENT_SECRET_BASIC, dpop=dpop
        )
    assert made.secret
    return str(made.client_id), made.secret


def disable(house: Scene, of: Program, by: MadeMember | None = None, at: MadeCompany | None = None) -> None:
    with walled_session((by or house.approver).acting(at or house.alfa)) as session:
        registering.disable(session, of.client_id)

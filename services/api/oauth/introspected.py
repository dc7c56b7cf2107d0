"""What is answered about a token as a signed JWT (RFC 9701), and the keys by which anybody checks who signed it."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping

import msgspec
from msgspec import Struct, field
from sqlalchemy.orm import Session

from tenants.vault import signing
from tenants.vault.signing import Use

MEDIA_TYPE = "application/token-introspection+jwt"
TYPE = "token-introspection+jwt"
# RFC 9864: the name of this one signature, where EdDSA may mean several.
ALGORITHM = "Ed25519"


class JsonWebKey(Struct, frozen=True):
    """RFC 8037 §2: `x` is the public key."""

    kid: str
    x: str
    kty: str = "OKP"
    crv: str = "Ed25519"
    use: str = "sig"
    alg: str = ALGORITHM


class JsonWebKeySet(Struct, frozen=True):
    """RFC 7517 §5."""

    keys: list[JsonWebKey] = field(default_factory=list)


def signed(session: Session, told: object, *, issuer: str, client_id: str) -> str:
    """For this client alone."""
    signer = signing.signing_key(session, Use.OAUTH)
    header = {"typ": TYPE, "alg": ALGORITHM, "kid": str(signer.key_id)}
    claims = {"iss": issuer, "aud": client_id, "iat": int(time.time()), "token_introspection": told}
    message = f"{_encoded(header)}.{_encoded(claims)}"
    return f"{message}.{_text(signer.sign(message.encode()))}"


def keys(session: Session) -> JsonWebKeySet:
    """The one that signs, and those of the last day: what they signed may still be on its way."""
    found = signing.public_keys(session, Use.OAUTH, retired_within=signing.STILL_SHOWN)
    return JsonWebKeySet([JsonWebKey(str(one.key_id), _text(one.public)) for one in found])


def _encoded(said: Mapping[str, object]) -> str:
    return _text(msgspec.json.encode(said))


def _text(given: bytes) -> str:
    return urlsafe_b64encode(given).decode().rstrip("=")

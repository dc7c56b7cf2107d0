"""How a processor is shown who asks: a token, a name and a password, or a token fetched with a signed assertion."""

import base64
import time
from urllib.parse import urlencode
from uuid import uuid4

import msgspec
from joserfc import jwt
from joserfc.jwk import ECKey
from msgspec import Struct

from services.outgoing import calling
from tenants.opendsr.discovering import Reached
from tenants.opendsr.model import LetIn

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
LIVES = 120


class NoToken(Exception):
    """The processor's token endpoint gave none."""


class Given(Struct, frozen=True):
    access_token: str

    def __repr__(self) -> str:
        return "Given(…)"


def headers(reached: Reached) -> dict[str, str]:
    """Raises NotReached, NoToken."""
    match reached.let_in:
        case LetIn.BEARER:
            return {"Authorization": f"Bearer {reached.secret.decode()}"}
        case LetIn.BASIC:
            pair = f"{reached.user_name}:".encode() + reached.secret
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        case LetIn.PRIVATE_KEY_JWT:
            return {"Authorization": f"Bearer {_fetched(reached)}"}


def _fetched(reached: Reached) -> str:
    """RFC 7523 §2.2: by a key that never leaves us. `aud` is the token endpoint, which every server takes."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": _assertion(reached),
        "scope": "opendsr",
    }
    answer = calling.send("POST", reached.token_url, headers=FORM, body=urlencode(form).encode())
    try:
        if answer.status != 200:
            raise NoToken
        return msgspec.json.decode(answer.body, type=Given).access_token
    except (msgspec.ValidationError, msgspec.DecodeError):
        raise NoToken from None


def _assertion(reached: Reached) -> str:
    key, now = ECKey.import_key(reached.secret), int(time.time())
    who = reached.user_name
    claims = {"iss": who, "sub": who, "aud": reached.token_url, "iat": now, "exp": now + LIVES, "jti": str(uuid4())}
    header = {"alg": "ES256", "typ": "client-authentication+jwt", "kid": key.thumbprint()}
    return jwt.encode(header, claims, key, algorithms=["ES256"])

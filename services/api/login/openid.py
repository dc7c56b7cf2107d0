"""The relying party's side of OpenID Connect Core 1.0: the code flow with PKCE, by Authlib.

`base_client` is semi-internal to Authlib: its version is pinned, and the tests run against a certified provider.
"""

import time
from functools import lru_cache
from typing import Any

import httpx2
import msgspec
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.base_client.sync_app import OAuth2Mixin  # type: ignore[import-untyped]
from authlib.integrations.base_client.sync_openid import OpenIDMixin  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from services.api.login import store
from services.api.login.attempts import Attempt
from services.api.login.sessions import ABSOLUTE
from tenants import settings
from tenants.companies.providers import Provider
from tenants.errors import Forbidden

CALLBACK = "/office/login/callback"
SIGNED_OUT = "/office"
# Asymmetric only: a provider that signs with the client's secret, or not at all, is not believed.
ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")
LEEWAY = 120
TIMEOUT = 10
METADATA_LIFE = 3600
KEYS_LIFE = 60


class ProviderSilent(Forbidden):
    """The identity provider does not answer just now. Try again in a moment."""


class NotVouchedFor(Forbidden):
    """The answer of the identity provider could not be verified."""


class NobodySignedIn(Forbidden):
    """The identity provider signed nobody in."""


class SecondFactorNeeded(Forbidden):
    """The office asks for a stronger sign-in than this one, with a second factor."""


class SignInTooOld(Forbidden):
    """The sign-in at the identity provider is too old. Sign in there again."""


class Identified(Struct, frozen=True):
    """Whom the provider vouches for, and what its ID token says of them in text."""

    subject: str
    sid: str | None
    claims: dict[str, tuple[str, ...]]


class Answer(Struct, frozen=True):
    """What the browser brings back from the provider."""

    code: str
    issuer: str | None


class Client(OAuth2Mixin, OpenIDMixin):  # type: ignore[misc]
    client_cls = OAuth2Client


def authorization_url(provider: Provider, attempt: Attempt, *, anew: bool) -> str:
    """Where the browser goes. `anew` asks the provider not to use a sign-in that it remembers. Raises Forbidden."""
    extra = {"acr_values": " ".join(provider.acr_values)} if provider.acr_values else {}
    if anew:
        extra["prompt"] = "login"
    made = client(provider).create_authorization_url(
        redirect_uri(),
        state=attempt.state,
        nonce=attempt.nonce,
        code_verifier=attempt.verifier,
        max_age=int(ABSOLUTE.total_seconds()),
        **extra,
    )
    return str(made["url"])


def identify(provider: Provider, attempt: Attempt, answer: Answer) -> Identified:
    """Exchanges the code and checks the ID token. Raises Forbidden."""
    asked = client(provider)
    _check_issuer(asked, provider, answer)
    claims = _id_token(asked, provider, attempt, answer.code)
    if provider.acr_values and claims.get("acr") not in provider.acr_values:
        raise SecondFactorNeeded
    if not set(provider.required_amr) <= set(claims.get("amr") or ()):
        raise SecondFactorNeeded
    # Not every provider heeds the max_age that it was asked for.
    if time.time() - float(claims.get("auth_time") or 0) > ABSOLUTE.total_seconds() + LEEWAY:
        raise SignInTooOld
    return Identified(str(claims["sub"]), str(claims["sid"]) if claims.get("sid") else None, texts(claims))


def texts(claims: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Claims that are text or lists of it, value by value. Nothing is split, joined or looked for deeper down."""
    said = {}
    for name, value in claims.items():
        values = [value] if isinstance(value, str) else value
        if isinstance(values, list) and all(isinstance(one, str) for one in values):
            said[name] = tuple(values)
    return said


def end_session_url(provider: Provider) -> str | None:
    """RP-initiated logout. Without an ID token as hint: it would put a name and an address into a URL."""
    asked = client(provider)
    if not asked.load_server_metadata().get("end_session_endpoint"):
        return None
    home = settings.current().base_url + SIGNED_OUT
    return str(asked.create_logout_url(post_logout_redirect_uri=home, client_id=provider.client_id)["url"])


def keys_of(provider: Provider) -> KeySet:
    """The provider's public keys. Raises ProviderSilent."""
    return KeySet.import_key_set(_key_set(provider))


def newest_keys_of(provider: Provider) -> KeySet | None:
    """As they were at most a minute ago. Strangers can ask for them, so the provider is asked once a minute at most,
    by one of all processes; None while that one still waits for its answer. Raises ProviderSilent.
    """
    place = f"seloste:office:keys:{store.digest(provider.issuer)}"
    if store.connection().set(f"{place}:asked", b"", ex=KEYS_LIFE, nx=True):
        fetched = _key_set(provider, anew=True)
        store.connection().set(place, msgspec.json.encode(fetched), ex=KEYS_LIFE)
        return KeySet.import_key_set(fetched)
    kept = store.read(place)
    return KeySet.import_key_set(msgspec.json.decode(kept)) if kept else None


def client(provider: Provider) -> Client:
    """With the provider's metadata, which is read anew every hour. Raises ProviderSilent, NotVouchedFor."""
    return _discovered(provider, int(time.time()) // METADATA_LIFE)


def redirect_uri() -> str:
    return settings.current().base_url + CALLBACK


def _key_set(provider: Provider, *, anew: bool = False) -> Any:
    try:
        return client(provider).fetch_jwk_set(force=anew)
    except (httpx2.HTTPError, ValueError):
        raise ProviderSilent from None


@lru_cache(maxsize=64)
def _discovered(provider: Provider, _hour: int) -> Client:
    made = Client(
        framework=None,
        client_id=provider.client_id,
        client_secret=provider.secret,
        server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid", "code_challenge_method": "S256", "timeout": TIMEOUT},
    )
    try:
        metadata = made.load_server_metadata()
    except (httpx2.HTTPError, ValueError):
        raise ProviderSilent from None
    # OpenID Connect Discovery 1.0 §4.3: it must speak of the very issuer it was asked of.
    if metadata.get("issuer") != provider.issuer:
        raise NotVouchedFor
    metadata["id_token_signing_alg_values_supported"] = list(ALGORITHMS)
    return made


def _check_issuer(asked: Client, provider: Provider, answer: Answer) -> None:
    """RFC 9207: an answer of one provider is not taken to another."""
    promised = asked.server_metadata.get("authorization_response_iss_parameter_supported")
    if (promised or answer.issuer is not None) and answer.issuer != provider.issuer:
        raise NotVouchedFor


def _id_token(asked: Client, provider: Provider, attempt: Attempt, code: str) -> dict[str, Any]:
    expected = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
        "sub": {"essential": True},
        "auth_time": {"essential": True},
    }
    try:
        token = asked.fetch_access_token(redirect_uri(), code=code, code_verifier=attempt.verifier)
        claims = asked.parse_id_token(token, nonce=attempt.nonce, claims_options=expected, leeway=LEEWAY)
    except httpx2.HTTPError:
        raise ProviderSilent from None
    except (AuthlibBaseError, JoseError, ValueError, KeyError):
        raise NotVouchedFor from None
    if claims is None:
        raise NotVouchedFor
    return dict(claims)

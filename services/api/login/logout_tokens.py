"""OpenID Connect Back-Channel Logout 1.0: the provider tells that a sign-in of its own has ended."""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jws import extract_compact
from msgspec import UNSET, Struct, UnsetType

from services.api.login import openid, sessions, store
from tenants.acting import system
from tenants.companies import providers
from tenants.companies.providers import NoProvider, Provider
from tenants.database import walled_session
from tenants.errors import Invalid
from tenants.groups import directory
from tenants.groups.directory import NoSuchGroup

EVENT = "http://schemas.openid.net/event/backchannel-logout"
# A token is used within this time of being issued; its `jti` is remembered for longer than that, clocks differing.
LIFE = timedelta(minutes=10)
REMEMBERED = 2 * LIFE


class BadLogoutToken(Invalid):
    """The logout token is not valid."""


class Addressed(Struct, frozen=True):
    """Whom an unverified token names: enough to find the keys to verify it with, and nothing more."""

    iss: str
    aud: str | list[str]


class LogoutClaims(Struct, frozen=True):
    """§2.4. `nonce` must not be there, so that an ID token is never taken for this."""

    iss: str
    aud: str | list[str]
    iat: int
    jti: str
    events: dict[str, dict[str, Any]]
    exp: int | UnsetType = UNSET
    sub: str | UnsetType = UNSET
    sid: str | UnsetType = UNSET
    nonce: object = UNSET


def end_sessions(token: str) -> int:
    """How many sessions ended. Raises BadLogoutToken, ProviderSilent."""
    group_id, provider = _addressed(token)
    claims = _verified(token, provider)
    _once(group_id, claims.jti)
    if claims.sid is not UNSET:
        return sessions.end_of_provider_session(group_id, claims.iss, claims.sid)
    if claims.sub is not UNSET:
        return sessions.end_of_subject(group_id, claims.iss, claims.sub)
    raise BadLogoutToken


def _addressed(token: str) -> tuple[UUID, Provider]:
    try:
        named = msgspec.json.decode(extract_compact(token.encode()).payload, type=Addressed)
    except (JoseError, ValueError, RecursionError):  # the last is what a payload nested too deep raises
        raise BadLogoutToken from None
    for client_id in [named.aud] if isinstance(named.aud, str) else named.aud[:5]:
        try:
            key = directory.openid_client_key(named.iss, client_id)
            group_id = directory.find_group(directory.Kind.OPENID_CLIENT, key)
            with walled_session(system(group_id)) as session:
                return group_id, providers.find(session, issuer=named.iss, client_id=client_id)
        except (NoSuchGroup, NoProvider):
            continue
    raise BadLogoutToken


def _verified(token: str, provider: Provider) -> LogoutClaims:
    try:
        decoded = _decoded(token, provider)
        if decoded.header.get("typ", "logout+jwt").lower() not in ("logout+jwt", "jwt"):
            raise BadLogoutToken
        jwt.JWTClaimsRegistry(
            leeway=openid.LEEWAY,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": provider.client_id},
            iat={"essential": True},
        ).validate(decoded.claims)
        claims = msgspec.convert(decoded.claims, LogoutClaims)
    except (JoseError, ValueError):
        raise BadLogoutToken from None
    if time.time() - claims.iat > LIFE.total_seconds() or claims.nonce is not UNSET or EVENT not in claims.events:
        raise BadLogoutToken
    return claims


def _decoded(token: str, provider: Provider) -> jwt.Token:
    try:
        return jwt.decode(token, openid.keys_of(provider), algorithms=list(openid.ALGORITHMS))
    except InvalidKeyIdError:
        newest = openid.newest_keys_of(provider)
        if newest is None:
            raise BadLogoutToken from None
        return jwt.decode(token, newest, algorithms=list(openid.ALGORITHMS))


def _once(group_id: UUID, jti: str) -> None:
    """In Redis with the sessions: whoever loses these has nothing left that a repeated token could end."""
    key = f"seloste:office:{group_id}:logout:{store.digest(jti)}"
    if not store.connection().set(key, b"", ex=REMEMBERED, nx=True):
        raise BadLogoutToken

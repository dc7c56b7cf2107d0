"""Clients as the office makes them: their keys and secrets, and who may use them no more.

A client fetches the data of the company whose administrator registered it, and of no other: whoever registers a key
could fetch with it, so nobody registers one for a sister company's data.
"""

import hashlib
import secrets
from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants import outside
from tenants.audit import trail
from tenants.base import new_id
from tenants.clients import refusals
from tenants.clients.model import AccessToken, ClientKey, ClientSecret, Method, OAuthClient, PublicKey
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import TooLong
from tenants.processors import cataloguing

# For scanners that look for leaked secrets.
PREFIX = "seloste_ocs_"
MOST_SECRETS = 2
LONGEST_NAME = 100


class Registered(Struct, frozen=True):
    """`secret` is shown this once."""

    client_id: UUID
    secret: str | None


def register(
    session: Session,
    processor_id: UUID,
    *,
    name: str,
    method: Method,
    dpop: bool = True,
    keys: Sequence[PublicKey] = (),
    jwks_uri: str = "",
) -> Registered:
    """By the company that is acted for. `jwks_uri` is where the client publishes its keys, in place of `keys`.

    Raises NeedsClientName, NeedsKey, KeysInOnePlace, KnownKeyId, KnownClientKey, what `outside.destination` raises,
    ProcessorOutOfUse, NoSuchProcessor, Forbidden.
    """
    _may(session)
    published = _published(jwks_uri, keys) if method is Method.PRIVATE_KEY_JWT else None
    if cataloguing.get(session, processor_id).retired_at is not None:
        raise refusals.ProcessorOutOfUse
    acting = acting_of(session)
    client = OAuthClient(
        client_id=new_id(),
        company_id=acting.company_id,
        processor_id=processor_id,
        name=_named(name),
        method=method,
        dpop=dpop,
        jwks_uri=published,
        created_by=acting.actor_id,
    )
    session.add(client)
    session.flush()
    trail.record(
        session, "oauth_client.registered", about="oauth_client", ids=[client.client_id], method=method, dpop=int(dpop)
    )
    if method is Method.CLIENT_SECRET_BASIC:
        return Registered(client.client_id, _make_secret(session, client))
    if published is None:
        _add_keys(session, client, keys)
    return Registered(client.client_id, None)


def add_keys(session: Session, client_id: UUID, keys: Sequence[PublicKey]) -> None:
    """Beside those in use.

    Raises UsesNoKeys, PublishesItsKeys, NeedsKey, KnownKeyId, KnownClientKey, NoSuchClient, Forbidden.
    """
    client = _locked(session, client_id)
    if client.method is not Method.PRIVATE_KEY_JWT:
        raise refusals.UsesNoKeys
    if client.jwks_uri is not None:
        raise refusals.PublishesItsKeys
    if not keys:
        raise refusals.NeedsKey(field="keys")
    _add_keys(session, client, keys)


def publish_at(session: Session, client_id: UUID, jwks_uri: str) -> None:
    """From now on its keys are those of another address, and those of the former prove nothing any more.

    Raises PublishesNoKeys, NeedsKey, what `outside.destination` raises, NoSuchClient, Forbidden.
    """
    client = _locked(session, client_id)
    former = client.jwks_uri
    if former is None:
        raise refusals.PublishesNoKeys
    client.jwks_uri, client.jwks_set_at = address_of_keys(jwks_uri), func.now()
    session.flush()
    trail.record(
        session,
        "oauth_client.keys_moved",
        about="oauth_client",
        ids=[client_id],
        before=former,
        after=client.jwks_uri,
    )


def address_of_keys(jwks_uri: str, *, missing: str = "jwks_uri") -> str:
    """As it is kept. Raises NeedsKey, and what `outside.destination` raises."""
    given = jwks_uri.strip()
    if not given:
        raise refusals.NeedsKey(field=missing)
    outside.destination(given, field="jwks_uri")
    return given


def retire_key(session: Session, client_id: UUID, kid: str) -> None:
    """It proves nothing from the next request on. Raises NoSuchKey, NoSuchClient, Forbidden."""
    client = _locked(session, client_id)
    retired = session.execute(
        update(ClientKey)
        .where(ClientKey.client_id == client_id, ClientKey.kid == kid, ClientKey.retired_at.is_(None))
        .values(retired_at=func.now(), retired_by=acting_of(session).actor_id)
        .returning(ClientKey.kid)
    )
    if retired.first() is None:
        raise refusals.NoSuchKey
    _note(session, "oauth_client.key_retired", client)


def make_secret(session: Session, client_id: UUID) -> str:
    """Beside the one in use. Shown this once. Raises UsesNoSecret, TooManySecrets, NoSuchClient, Forbidden."""
    client = _locked(session, client_id)
    if client.method is not Method.CLIENT_SECRET_BASIC:
        raise refusals.UsesNoSecret
    if len(secrets_of(session, [client_id])) >= MOST_SECRETS:
        raise refusals.TooManySecrets
    return _make_secret(session, client)


def retire_secret(session: Session, client_id: UUID, secret_id: UUID) -> None:
    """It proves nothing from the next request on. Raises NoSuchSecret, NoSuchClient, Forbidden."""
    client = _locked(session, client_id)
    retired = session.execute(
        update(ClientSecret)
        .where(
            ClientSecret.client_id == client_id,
            ClientSecret.secret_id == secret_id,
            ClientSecret.retired_at.is_(None),
        )
        .values(retired_at=func.now())
        .returning(ClientSecret.secret_id)
    )
    if retired.first() is None:
        raise refusals.NoSuchSecret
    _note(session, "oauth_client.secret_retired", client)


def disable(session: Session, client_id: UUID) -> None:
    """It gets no tokens, and those it has open nothing any more. Raises NoSuchClient, Forbidden."""
    client = _locked(session, client_id)
    if client.disabled_at is None:
        client.disabled_at, client.disabled_by = func.now(), acting_of(session).actor_id
        revoke_tokens(session, client_id)
        _note(session, "oauth_client.disabled", client)


def enable(session: Session, client_id: UUID) -> None:
    """Raises NoSuchClient, Forbidden."""
    client = _locked(session, client_id)
    if client.disabled_at is not None:
        client.disabled_at = client.disabled_by = None
        _note(session, "oauth_client.enabled", client)


def release(session: Session, client_id: UUID) -> None:
    """After somebody has looked at why it failed. Raises NothingToRelease, NoSuchClient, Forbidden."""
    client = _locked(session, client_id)
    if client.locked_at is None and client.alarmed_at is None:
        raise refusals.NothingToRelease
    client.locked_at = client.alarmed_at = None
    client.failures = 0
    _note(session, "oauth_client.released", client)


def revoke_tokens(session: Session, client_id: UUID) -> None:
    session.execute(
        update(AccessToken)
        .where(AccessToken.client_id == client_id, AccessToken.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )


def get(session: Session, client_id: UUID) -> OAuthClient:
    """Of the company that is acted for. Raises NoSuchClient."""
    found = session.scalar(select(OAuthClient).where(OAuthClient.client_id == client_id))
    if found is None:
        raise refusals.NoSuchClient
    return found


def listed(session: Session, processor_id: UUID) -> Sequence[OAuthClient]:
    """Of the company that is acted for: those in use first, the newest first."""
    return session.scalars(
        select(OAuthClient)
        .where(OAuthClient.processor_id == processor_id)
        .order_by(OAuthClient.disabled_at.is_not(None), OAuthClient.client_id.desc())
    ).all()


def troubled(session: Session) -> Sequence[OAuthClient]:
    """Of the company that is acted for: locked, or failed for by somebody else."""
    return session.scalars(
        select(OAuthClient)
        .where(
            OAuthClient.disabled_at.is_(None),
            OAuthClient.locked_at.is_not(None) | OAuthClient.alarmed_at.is_not(None),
        )
        .order_by(OAuthClient.client_id)
    ).all()


def keys_of(session: Session, client_ids: Sequence[UUID]) -> Sequence[ClientKey]:
    """Retired ones too, after those in use; the newest first."""
    return session.scalars(
        select(ClientKey)
        .where(ClientKey.client_id.in_(client_ids))
        .order_by(ClientKey.retired_at.is_not(None), ClientKey.added_at.desc(), ClientKey.kid)
    ).all()


def secrets_of(session: Session, client_ids: Sequence[UUID]) -> Sequence[ClientSecret]:
    """Those in use, the newest first."""
    return session.scalars(
        select(ClientSecret)
        .where(ClientSecret.client_id.in_(client_ids), ClientSecret.retired_at.is_(None))
        .order_by(ClientSecret.secret_id.desc())
    ).all()


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _may(session: Session) -> None:
    require(session, Permission.MANAGE_PROCESSORS)
    if acting_of(session).company_id is None:
        raise refusals.CompanyOfTheClient


def _locked(session: Session, client_id: UUID) -> OAuthClient:
    _may(session)
    found = session.scalar(select(OAuthClient).where(OAuthClient.client_id == client_id).with_for_update())
    if found is None:
        raise refusals.NoSuchClient
    return found


def _published(jwks_uri: str, keys: Sequence[PublicKey]) -> str | None:
    if jwks_uri.strip() and keys:
        raise refusals.KeysInOnePlace(field="jwks_uri")
    return None if keys else address_of_keys(jwks_uri, missing="keys")


def _named(name: str) -> str:
    said = name.strip()
    if not said:
        raise refusals.NeedsClientName(field="name")
    if len(said) > LONGEST_NAME:
        raise TooLong(field="name", most=LONGEST_NAME)
    return said


def _add_keys(session: Session, client: OAuthClient, keys: Sequence[PublicKey]) -> None:
    """Raises KnownKeyId, KnownClientKey."""
    ids, thumbprints = {one.kid for one in keys}, {one.thumbprint for one in keys}
    if len(thumbprints) < len(keys):
        raise refusals.KnownClientKey(field="keys")
    if len(ids) < len(keys):
        raise refusals.KnownKeyId(field="keys", kid=keys[0].kid)
    known = session.scalars(
        select(ClientKey).where(
            ClientKey.thumbprint.in_(thumbprints) | ((ClientKey.client_id == client.client_id) & ClientKey.kid.in_(ids))
        )
    ).all()
    if any(one.thumbprint in thumbprints for one in known):
        raise refusals.KnownClientKey(field="keys")
    if known:
        raise refusals.KnownKeyId(field="keys", kid=known[0].kid)
    for one in keys:
        session.add(
            ClientKey(
                client_id=client.client_id,
                company_id=client.company_id,
                kid=one.kid,
                jwk=one.jwk,
                thumbprint=one.thumbprint,
                added_by=acting_of(session).actor_id,
            )
        )
    session.flush()
    _note(session, "oauth_client.key_added", client)


def _make_secret(session: Session, client: OAuthClient) -> str:
    secret = PREFIX + secrets.token_urlsafe(32)
    session.add(
        ClientSecret(
            client_id=client.client_id,
            company_id=client.company_id,
            digest=digest(secret),
            made_by=acting_of(session).actor_id,
        )
    )
    session.flush()
    _note(session, "oauth_client.secret_made", client)
    return secret


def _note(session: Session, action: str, client: OAuthClient) -> None:
    trail.record(session, action, about="oauth_client", ids=[client.client_id])

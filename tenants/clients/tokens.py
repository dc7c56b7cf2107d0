"""Access tokens: opaque, short-lived, kept as digests, and worth nothing once what they rest on is gone.

`seloste_oat_<group>_<secret>`: the prefix is for scanners that look for leaked secrets, the group is its id in
hexadecimal, the secret 32 random bytes.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import LiteralString
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants import together
from tenants.audit import trail
from tenants.base import new_id
from tenants.clients import authenticating
from tenants.clients.model import AccessToken, AnyClient, ClientInUse
from tenants.database import acting_of, run
from tenants.errors import Forbidden

PREFIX = "seloste_oat_"
LIFE = timedelta(minutes=10)


class UnknownAccessToken(Forbidden):
    """The access token is unknown, expired or revoked."""


class TokenInUse(Struct, frozen=True):
    token_id: UUID
    scopes: list[str]
    jkt: str | None


class Shown(Struct, frozen=True):
    """A token that somebody brings, and the client that it was given to; both in use at this moment."""

    token: TokenInUse
    client: ClientInUse


_IN_USE: LiteralString = f"""
    SELECT t.token_id, t.scopes, t.jkt, {authenticating.COLUMNS}
      FROM oauth_tokens t
      JOIN ({authenticating.IN_USE}) ON c.group_id = t.group_id AND c.client_id = t.client_id AND c.locked_at IS NULL
     WHERE t.revoked_at IS NULL AND t.expires_at > now()
"""
_BY_DIGEST: LiteralString = f"{_IN_USE} AND t.digest = %(wanted)s"
_BY_ID: LiteralString = f"{_IN_USE} AND t.token_id = %(wanted)s"


def issue(session: Session, client: AnyClient, *, scopes: Sequence[str], jkt: str | None) -> str:
    """For the client's company. Kept as a digest only."""
    token = f"{PREFIX}{acting_of(session).group_id.hex}_{secrets.token_urlsafe(32)}"
    now = datetime.now(UTC)
    row = AccessToken(
        token_id=new_id(),
        client_id=client.client_id,
        company_id=client.company_id,
        digest=_digest(token),
        scopes=list(scopes),
        jkt=jkt,
        issued_at=now,
        expires_at=now + LIFE,
    )
    together.add(session, row)
    authenticating.note_use(session, client)
    trail.record(
        session,
        "oauth_token.issued",
        about="oauth_client",
        ids=[client.client_id],
        scopes=len(scopes),
        bound=int(jkt is not None),
    )
    return token


def group_of(token: str) -> UUID:
    """Raises UnknownAccessToken."""
    group, _, secret = token.removeprefix(PREFIX).partition("_")
    try:
        if token.startswith(PREFIX) and secret:
            return UUID(hex=group)
    except ValueError:
        pass
    raise UnknownAccessToken


def find(session: Session, token: str) -> Shown:
    """The session, which is the system's for no company, goes on for that of the client. Raises UnknownAccessToken."""
    return _in_use(session, _BY_DIGEST, _digest(token))


def find_again(session: Session, token_id: UUID) -> Shown:
    """As `find`, of a token that was brought before. Raises UnknownAccessToken."""
    return _in_use(session, _BY_ID, token_id)


def _in_use(session: Session, statement: LiteralString, wanted: bytes | UUID) -> Shown:
    row = run(session, statement, {"wanted": wanted}).fetchone()
    if row is None:
        raise UnknownAccessToken
    token_id, scopes, jkt, *client = row
    return Shown(TokenInUse(token_id, scopes, jkt), authenticating.going_on(session, *client))


def of_client(session: Session, client: ClientInUse, token: str) -> AccessToken | None:
    """One of its own that is still worth something."""
    return session.scalar(
        select(AccessToken).where(
            AccessToken.digest == _digest(token),
            AccessToken.client_id == client.client_id,
            AccessToken.revoked_at.is_(None),
            AccessToken.expires_at > func.now(),
        )
    )


def revoke(session: Session, row: AccessToken) -> None:
    session.execute(
        update(AccessToken)
        .where(AccessToken.token_id == row.token_id, AccessToken.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )
    trail.record(session, "oauth_token.revoked", about="oauth_client", ids=[row.client_id])


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()

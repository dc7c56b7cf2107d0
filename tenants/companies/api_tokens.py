"""Tokens of members for /api/v1: each acts for one company and purpose, ends by itself, and can be revoked.

`seloste_pat_<group>_<secret>`: the prefix is for scanners that look for leaked secrets, the group is its id in
hexadecimal, the secret 32 random bytes. Only the SHA-256 of the whole is kept.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants.acting import Acting, PurposeKind, member, system
from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.model import ApiToken
from tenants.companies.permissions import NotActingHere, Permission, require
from tenants.database import acting_of, walled_session
from tenants.errors import Forbidden, Invalid, NotFound, TooLong

PREFIX = "seloste_pat_"
LONGEST_DAYS = 365
LONGEST_LABEL = 100


class UnknownToken(Forbidden):
    """The token is unknown, expired or revoked."""


class NoSuchToken(NotFound):
    """There is no such token."""


class BadLifetime(Invalid):
    """A token lives at least one day and at most %(days)s."""


class NeedsLabel(Invalid):
    """A token needs a name by which it is known later."""


class Issued(Struct, frozen=True):
    """`token` is shown this once."""

    token_id: UUID
    token: str
    expires_at: datetime


def issue(session: Session, *, label: str, days: int, company_id: UUID | None, purpose: PurposeKind | None) -> Issued:
    """For the member who acts. Raises BadLifetime, NeedsLabel, TooLong, Forbidden."""
    standing = require(session, Permission.USE_API)
    if not 1 <= days <= LONGEST_DAYS:
        raise BadLifetime(field="days", days=LONGEST_DAYS)
    if not label.strip():
        raise NeedsLabel(field="label")
    if len(label.strip()) > LONGEST_LABEL:
        raise TooLong(field="label", most=LONGEST_LABEL)
    if not standing.covers(company_id, purpose):
        raise NotActingHere
    acting = acting_of(session)
    token = f"{PREFIX}{acting.group_id.hex}_{secrets.token_urlsafe(32)}"
    row = ApiToken(
        token_id=new_id(),
        member_id=acting.actor_id,
        company_id=company_id,
        purpose=purpose,
        label=label.strip(),
        digest=_digest(token),
        expires_at=session.execute(select(func.now())).scalar_one() + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    trail.record(session, "token.issued", about="api_token", ids=[row.token_id], days=days)
    return Issued(row.token_id, token, row.expires_at)


def acting_for(token: str) -> Acting:
    """Who a bearer acts as; in a short transaction of its own, before the request's. Raises UnknownToken."""
    group_id = _group_of(token)
    with walled_session(system(group_id)) as session:
        row = session.scalar(
            select(ApiToken).where(
                ApiToken.digest == _digest(token), ApiToken.revoked_at.is_(None), ApiToken.expires_at > func.now()
            )
        )
    if row is None:
        raise UnknownToken
    return member(group_id, row.member_id, company_id=row.company_id, purpose=row.purpose)


def listed(session: Session) -> list[ApiToken]:
    """Those of the member who acts that still open something, newest first."""
    return list(
        session.scalars(
            select(ApiToken)
            .where(
                ApiToken.member_id == acting_of(session).actor_id,
                ApiToken.revoked_at.is_(None),
                ApiToken.expires_at > func.now(),
            )
            .order_by(ApiToken.token_id.desc())
        )
    )


def revoke(session: Session, token_id: UUID) -> None:
    """One's own only; the token opens nothing from the next request on. Raises NoSuchToken."""
    revoked = session.execute(
        update(ApiToken)
        .where(
            ApiToken.token_id == token_id,
            ApiToken.member_id == acting_of(session).actor_id,
            ApiToken.revoked_at.is_(None),
        )
        .values(revoked_at=func.now())
        .returning(ApiToken.token_id)
    )
    if revoked.first() is None:
        raise NoSuchToken
    trail.record(session, "token.revoked", about="api_token", ids=[token_id])


def _group_of(token: str) -> UUID:
    group, _, secret = token.removeprefix(PREFIX).partition("_")
    try:
        if token.startswith(PREFIX) and secret:
            return UUID(hex=group)
    except ValueError:
        pass
    raise UnknownToken


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()

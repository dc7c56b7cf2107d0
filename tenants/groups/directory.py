"""How whatever a stranger brings (a slug, an OpenID client) finds its group."""

import hashlib
from enum import StrEnum
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from tenants.acting import DatabaseRole
from tenants.database import acting_of, engine
from tenants.errors import NotFound
from tenants.groups.model import DirectoryEntry


class Kind(StrEnum):
    SLUG = "slug"
    OPENID_CLIENT = "openid_client"


class NoSuchGroup(NotFound):
    """There is no such group here."""


def find_group(kind: Kind, key: str, *, role: DatabaseRole = DatabaseRole.PORTAL) -> UUID:
    """Raises NoSuchGroup. Asks outside any group's walls, through the one function that may."""
    with engine(role).connect() as connection:
        found = connection.scalar(text("SELECT find_group(:kind, :digest)"), {"kind": kind, "digest": _digest(key)})
    if found is None:
        raise NoSuchGroup
    return UUID(str(found))


def enter(session: Session, kind: Kind, key: str) -> None:
    """Adds the session's own group under this key."""
    group_id = acting_of(session).group_id
    session.execute(insert(DirectoryEntry).values(kind=kind, key_digest=_digest(key), group_id=group_id))


def openid_client_key(issuer: str, client_id: str) -> str:
    return f"{issuer}\n{client_id}"


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()

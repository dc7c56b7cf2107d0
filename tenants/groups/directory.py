"""How whatever a stranger brings (a slug, an OpenID client) finds its group."""

import hashlib
from enum import StrEnum
from uuid import UUID

from psycopg.sql import SQL, Literal
from sqlalchemy import insert
from sqlalchemy.orm import Session

from tenants.acting import DatabaseRole
from tenants.database import acting_of, answer_to
from tenants.errors import NotFound
from tenants.groups.model import DirectoryEntry


class Kind(StrEnum):
    SLUG = "slug"
    OPENID_CLIENT = "openid_client"


class NoSuchGroup(NotFound):
    """There is no such group here."""


def find_group(kind: Kind, key: str, *, role: DatabaseRole = DatabaseRole.PORTAL) -> UUID:
    """Raises NoSuchGroup. Asks outside any group's walls, through the one function that may."""
    question = SQL("SELECT find_group({}, {})").format(Literal(str(kind)), Literal(_digest(key)))
    found = answer_to(role, question)
    if found is None:
        raise NoSuchGroup
    return UUID(found)


def enter(session: Session, kind: Kind, key: str) -> None:
    """Adds the session's own group under this key."""
    group_id = acting_of(session).group_id
    session.execute(insert(DirectoryEntry).values(kind=kind, key_digest=_digest(key), group_id=group_id))


def openid_client_key(issuer: str, client_id: str) -> str:
    return f"{issuer}\n{client_id}"


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()

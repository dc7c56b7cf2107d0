"""Sessions of processors' people: kept in Redis, found by the SHA-256 of the cookie, of a kind of their own.

A session carries who has shown the code, and as which of them they act; whether they still may is read from the
database at each request. Half an hour without a request ends it, eight hours in any case.
"""

from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

from litestar.datastructures import Cookie
from msgspec import Struct, msgpack, structs

from services.api.login import store
from tenants.acting import Acting, contact

COOKIE = "__Host-seloste-console"
# What the code is entered for; it opens nothing.
SIGN_IN_COOKIE = "__Host-seloste-console-sign-in"
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=8)


class ConsoleSession(Struct, frozen=True, kw_only=True):
    """`contact_ids` are all as which this person may act, `contact_id` the one of them that acts."""

    group_id: UUID
    slug: str
    contact_ids: tuple[UUID, ...]
    contact_id: UUID
    signed_in_at: datetime

    @property
    def acting(self) -> Acting:
        return contact(self.group_id, self.contact_id)


def start(session: ConsoleSession) -> str:
    """The token for the cookie: always a new one, so that nobody can have planted it before the sign-in."""
    token = store.new_token()
    key = _key(token)
    with store.connection().pipeline(transaction=False) as pipe:
        pipe.set(key, msgpack.encode(session), ex=IDLE)
        for contact_id in session.contact_ids:
            pipe.sadd(_index(session.group_id, contact_id), key)
            pipe.expire(_index(session.group_id, contact_id), ABSOLUTE)
        pipe.execute()
    return token


def find(token: str) -> ConsoleSession | None:
    """Keeps the session for another half an hour."""
    content = store.read(_key(token), keep_for=int(IDLE.total_seconds()))
    if content is None:
        return None
    session = msgpack.decode(content, type=ConsoleSession)
    if datetime.now(UTC) - session.signed_in_at > ABSOLUTE:
        end(token)
        return None
    return session


def act_as(token: str, session: ConsoleSession, contact_id: UUID) -> None:
    changed = structs.replace(session, contact_id=contact_id)
    # Only where it still is: a session that was ended meanwhile stays ended.
    store.connection().set(_key(token), msgpack.encode(changed), ex=IDLE, xx=True)


def end(token: str) -> None:
    store.connection().delete(_key(token))


def end_everywhere(session: ConsoleSession) -> None:
    """Of this person, on every device."""
    for contact_id in session.contact_ids:
        _end_indexed(_index(session.group_id, contact_id))


def end_of_group(group_id: UUID) -> None:
    """All sessions of a group that is erased, and what they are found by."""
    for index in store.connection().scan_iter(match=f"seloste:console:{group_id}:*"):
        _end_indexed(index.decode())


def cookie(token: str) -> Cookie:
    return _cookie(COOKIE, token)


def no_cookie() -> Cookie:
    return _cookie(COOKIE, "", 0)


def sign_in_cookie(sign_in_id: UUID | None) -> Cookie:
    return _cookie(SIGN_IN_COOKIE, str(sign_in_id) if sign_in_id else "", None if sign_in_id else 0)


def _cookie(name: str, value: str, life: int | None = None) -> Cookie:
    return Cookie(key=name, value=value, path="/", secure=True, httponly=True, samesite="lax", max_age=life)


def _end_indexed(index: str) -> None:
    connection = store.connection()
    keys = cast(set[bytes], connection.smembers(index))
    connection.delete(index, *keys)


def _index(group_id: UUID, contact_id: UUID) -> str:
    return f"seloste:console:{group_id}:{contact_id}"


def _key(token: str) -> str:
    return f"seloste:console-session:{store.digest(token)}"

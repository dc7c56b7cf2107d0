"""Sessions of the staff: kept in Redis, found by the SHA-256 of the cookie.

A session carries who signed in and what they act for, never what they may do: that is read from the database at each
request, so that a role taken away is gone at once. Half an hour without a request ends it, ten hours in any case.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

from litestar.datastructures import Cookie
from msgspec import Struct, msgpack, structs

from services.api.login import store
from tenants.acting import Acting, PurposeKind, member

COOKIE = "__Host-seloste-office"
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=10)
# How long a sentence about what was done waits for the page that follows it.


class OfficeSession(Struct, frozen=True, kw_only=True):
    """`sid` is the session at the identity provider, where it names one."""

    group_id: UUID
    member_id: UUID
    issuer: str
    client_id: str
    subject: str
    sid: str | None
    signed_in_at: datetime
    company_id: UUID | None = None
    purpose: PurposeKind | None = None

    @property
    def acting(self) -> Acting:
        return member(self.group_id, self.member_id, company_id=self.company_id, purpose=self.purpose)


def start(session: OfficeSession) -> str:
    """The token for the cookie: always a new one, so that nobody can have planted it before the sign-in."""
    token = store.new_token()
    key = _key(token)
    with store.connection().pipeline(transaction=False) as pipe:
        pipe.set(key, msgpack.encode(session), ex=IDLE)
        for index in _indexes(session):
            pipe.sadd(index, key)
            pipe.expire(index, ABSOLUTE)
        pipe.execute()
    return token


def find(token: str) -> OfficeSession | None:
    """Keeps the session for another half an hour."""
    content = store.read(_key(token), keep_for=int(IDLE.total_seconds()))
    if content is None:
        return None
    session = msgpack.decode(content, type=OfficeSession)
    if datetime.now(UTC) - session.signed_in_at > ABSOLUTE:
        end(token)
        return None
    return session


def act_for(token: str, session: OfficeSession, company_id: UUID | None, purpose: PurposeKind | None) -> None:
    changed = structs.replace(session, company_id=company_id, purpose=purpose)
    # Only where it still is: a session that was ended meanwhile stays ended.
    store.connection().set(_key(token), msgpack.encode(changed), ex=IDLE, xx=True)


def end(token: str) -> None:
    store.connection().delete(_key(token))


def end_of_provider_session(group_id: UUID, issuer: str, sid: str) -> int:
    return _end_indexed(_index(group_id, "sid", issuer, sid))


def end_of_subject(group_id: UUID, issuer: str, subject: str) -> int:
    return _end_indexed(_index(group_id, "sub", issuer, subject))


def end_of_group(group_id: UUID) -> int:
    """All sessions of a group that is erased, and what they are found by."""
    connection = store.connection()
    return sum(_end_indexed(index.decode()) for index in connection.scan_iter(match=f"seloste:office:{group_id}:*"))


def cookie(token: str) -> Cookie:
    return Cookie(key=COOKIE, value=token, path="/", secure=True, httponly=True, samesite="lax")


def no_cookie() -> Cookie:
    return Cookie(key=COOKIE, value="", path="/", secure=True, httponly=True, samesite="lax", max_age=0)


def _end_indexed(index: str) -> int:
    connection = store.connection()
    keys = cast(set[bytes], connection.smembers(index))
    connection.delete(index)
    return [connection.delete(key) for key in keys].count(1)


def _indexes(session: OfficeSession) -> Iterable[str]:
    yield _index(session.group_id, "sub", session.issuer, session.subject)
    if session.sid is not None:
        yield _index(session.group_id, "sid", session.issuer, session.sid)


def _index(group_id: UUID, kind: str, issuer: str, value: str) -> str:
    named = store.digest(f"{issuer}\n{value}")
    return f"seloste:office:{group_id}:{kind}:{named}"


def _key(token: str) -> str:
    return f"seloste:office:session:{store.digest(token)}"

"""The connection to Redis, where what may be lost is kept: losing it signs the staff out and nothing more."""

import hashlib
import secrets
from functools import cache
from typing import cast

from redis import Redis

from tenants import settings

# Long enough for a busy server, short enough for a page.
TIMEOUT = 5


@cache
def connection() -> Redis:
    return Redis.from_url(settings.current().redis_url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)


def new_token() -> str:
    """256 random bits, for a cookie."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What keys are made of, so that whoever reads Redis holds no cookie."""
    return hashlib.sha256(secret.encode()).hexdigest()


def read(key: str, *, keep_for: int | None = None) -> bytes | None:
    """`keep_for` starts the key's time anew, in seconds."""
    found = connection().get(key) if keep_for is None else connection().getex(key, ex=keep_for)
    return cast(bytes | None, found)


def take(key: str) -> bytes | None:
    """Reads and removes in one step, so that of two who ask only one gets it."""
    return cast(bytes | None, connection().getdel(key))

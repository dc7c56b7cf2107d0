"""One attempt to sign in, between leaving for the identity provider and coming back.

Bound to the browser by a cookie of its own and used once: an answer that another browser asked for opens nothing.
"""

import re
import secrets
from datetime import timedelta
from uuid import UUID

from litestar.datastructures import Cookie
from msgspec import Struct, msgpack

from services.api.login import store
from tenants.errors import Forbidden

COOKIE = "__Host-seloste-login"
LIFE = timedelta(minutes=10)
FRONT = "/office"
LONGEST_PATH = 500
OFFICE_PATH = re.compile(r"/office(?:/[A-Za-z0-9_-]+)*(?:\?[A-Za-z0-9_=&-]*)?")


class AttemptOver(Forbidden):
    """This sign-in took too long, was used already, or began in another browser. Start again."""


class Attempt(Struct, frozen=True, kw_only=True):
    """`state` carries its group; `slug` is for starting again; the answer goes to the very provider that was asked."""

    group_id: UUID
    slug: str
    provider_id: UUID
    state: str
    nonce: str
    verifier: str
    return_to: str


def begin(group_id: UUID, slug: str, provider_id: UUID, return_to: str) -> tuple[Attempt, Cookie]:
    attempt = Attempt(
        group_id=group_id,
        slug=slug,
        provider_id=provider_id,
        state=f"{group_id.hex}.{store.new_token()}",
        nonce=store.new_token(),
        verifier=store.new_token(),
        return_to=within_office(return_to),
    )
    token = store.new_token()
    store.connection().set(_key(token), msgpack.encode(attempt), ex=LIFE)
    return attempt, _cookie(token, int(LIFE.total_seconds()))


def finish(token: str, state: str) -> Attempt:
    """Raises AttemptOver."""
    content = store.take(_key(token))
    if content is None:
        raise AttemptOver
    attempt = msgpack.decode(content, type=Attempt)
    if not secrets.compare_digest(attempt.state.encode(), state.encode()):
        raise AttemptOver
    return attempt


def no_cookie() -> Cookie:
    return _cookie("", 0)


def within_office(path: str) -> str:
    """The way back after signing in is a page of the office and nothing else."""
    return path if len(path) <= LONGEST_PATH and OFFICE_PATH.fullmatch(path) else FRONT


def _cookie(token: str, life: int) -> Cookie:
    return Cookie(key=COOKIE, value=token, path="/", secure=True, httponly=True, samesite="lax", max_age=life)


def _key(token: str) -> str:
    return f"seloste:office:login:{store.digest(token)}"

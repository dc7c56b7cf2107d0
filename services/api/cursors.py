"""Where a list goes on: opaque to whoever holds it, and of no meaning outside the walls it is used in."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, TypeVar

import msgspec
from litestar.params import QueryParameter
from msgspec import Struct

from tenants.errors import Invalid

T = TypeVar("T")
PAGE = 50
LARGEST_PAGE = 100

GivenCursor = Annotated[
    str | None, QueryParameter(description="`next` of an earlier answer", max_length=500, pattern="^[A-Za-z0-9_-]+$")
]
GivenLimit = Annotated[int, QueryParameter(description="How many at most", ge=1, le=LARGEST_PAGE)]


class BadCursor(Invalid):
    """This is not a place in the list. Begin at its start."""


class Pages(Struct, frozen=True):
    """What stands under a list in the office."""

    words: str
    previous_url: str | None = None
    next_url: str | None = None


def encode(place: object) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).decode().rstrip("=")


def decode(cursor: str, kind: type[T]) -> T:
    """Raises BadCursor."""
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        return msgspec.msgpack.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=kind)
    except (binascii.Error, ValueError):
        raise BadCursor(field="cursor") from None


def cut(found: Sequence[T], size: int = PAGE) -> tuple[Sequence[T], T | None]:
    """Of `size + 1` rows that were asked for, the page and its last row where more follow."""
    return found[:size], found[size - 1] if len(found) > size else None

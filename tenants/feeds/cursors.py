"""Where somebody stands who follows a feed: a string that means nothing to them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from uuid import UUID

import msgspec
from msgspec import Struct

BEGINNING = UUID(int=0)


class Snapshot(Struct, frozen=True, tag="s"):
    """In the midst of all that is in scope, behind this record."""

    person_id: UUID = BEGINNING
    record_id: UUID = BEGINNING


class Changes(Struct, frozen=True, tag="c"):
    """Behind the change with the cursor's number."""


class Narrowed(Struct, frozen=True, tag="n"):
    """In the midst of what the recipient holds, since the scope was narrowed to this version; behind this record."""

    version: int
    person_id: UUID = BEGINNING
    record_id: UUID = BEGINNING


class Cursor(Struct, frozen=True, array_like=True):
    """`version` is that of the scope by which all was told so far; `number` up to where changes were read."""

    feed_id: UUID
    epoch: int
    version: int
    number: int
    place: Snapshot | Changes | Narrowed


def written(cursor: Cursor) -> str:
    return urlsafe_b64encode(msgspec.msgpack.encode(cursor)).decode().rstrip("=")


def read(given: str) -> Cursor | None:
    """None where it is none of ours."""
    try:
        return msgspec.msgpack.decode(urlsafe_b64decode(given + "=" * (-len(given) % 4)), type=Cursor)
    except (NotBase64, ValueError, msgspec.DecodeError):
        return None

"""The twin of a feed, with people who do not exist: the same lines and places, whatever is in the registers.

What it tells follows from the feed's id and its fields alone, so it is the same at every reading: everybody, then what
became of some of them, with a tombstone of every reason. Each full hour, in UTC, a new epoch begins: whoever comes with
a place in the former one is refused as they would be after a restore.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from tenants.feeds.columns import Column
from tenants.feeds.delivering import MOST, Gone, Page, Tombstone, Upsert
from tenants.feeds.refusals import BeginAnew
from tenants.registers.model import FieldType
from tenants.sharing.door import PageTooLong

RECORDS = 2_500
TOLD = 60
EPOCH = timedelta(hours=1)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class Sandbox(Struct, frozen=True):
    """A feed at a version of its scope."""

    feed_id: UUID
    version: int
    fields: tuple[Column, ...]


class Place(Struct, frozen=True, array_like=True, tag="sandbox"):
    """`at` lines were told."""

    feed_id: UUID
    version: int
    epoch: int
    at: int


def page(of: Sandbox, cursor: str | None = None, *, most: int = 1_000, now: datetime | None = None) -> Page:
    """As `delivering.page`. Raises BeginAnew where the cursor is of another feed, scope or epoch, PageTooLong."""
    if not 1 <= most <= MOST:
        raise PageTooLong(field="limit", most=MOST)
    epoch = _epoch(now or datetime.now(UTC))
    begin = Place(of.feed_id, of.version, epoch, 0)
    place = begin if cursor is None else _read(cursor)
    if place is None or msgspec.structs.replace(place, at=0) != begin or not 0 <= place.at <= RECORDS + TOLD:
        raise BeginAnew
    # As in a feed, a page of everybody holds nothing of what became of them.
    end = RECORDS if place.at < RECORDS else RECORDS + TOLD
    until = min(place.at + most, end)
    lines = b"".join(_ENCODER.encode(line(of, number)) + b"\n" for number in range(place.at, until))
    behind = msgspec.structs.replace(place, at=until)
    return Page(lines, _written(behind), epoch, until < RECORDS + TOLD, tuple(one.key for one in of.fields))


def line(of: Sandbox, number: int) -> Upsert | Tombstone:
    """The line with this number: of the first ones each is of somebody else."""
    if number < RECORDS:
        return _upsert(of, number, version=0)
    step = number - RECORDS
    # Twice each of these people: the reasons in turn, and some who come back.
    who, reasons = (step * 7) % RECORDS, tuple(Gone)
    if step % (len(reasons) + 1) == len(reasons):
        return _upsert(of, who, version=1)
    return Tombstone(_record(of, who), _person(of, who), reasons[step % (len(reasons) + 1)])


def _upsert(of: Sandbox, number: int, *, version: int) -> Upsert:
    data = {field.key: _value(field, number + version) for field in of.fields}
    at = BEGAN + timedelta(minutes=number, days=version)
    return Upsert(_record(of, number), _person(of, number), at, msgspec.Raw(msgspec.json.encode(data)))


def _value(field: Column, number: int) -> str | int | bool | None:
    if not field.required and number % 7 == 6:
        return None
    return f"{field.key} {number}" if field.type is FieldType.TEXT else _VALUES[field.type](number)


def _record(of: Sandbox, number: int) -> UUID:
    return uuid5(of.feed_id, f"record {number}")


def _person(of: Sandbox, number: int) -> UUID:
    return uuid5(of.feed_id, f"person {number}")


def _epoch(now: datetime) -> int:
    return (now - BEGAN) // EPOCH + 1


def _written(place: Place) -> str:
    return urlsafe_b64encode(msgspec.msgpack.encode(place)).decode().rstrip("=")


def _read(given: str) -> Place | None:
    try:
        return msgspec.msgpack.decode(urlsafe_b64decode(given + "=" * (-len(given) % 4)), type=Place)
    except (NotBase64, ValueError, msgspec.DecodeError):
        return None


def _identity_code(number: int) -> str:
    """Of the range 900-999, which no person has."""
    day, individual = date(1960, 1, 1) + timedelta(days=number), 900 + number % 100
    digits = f"{day:%d%m%y}{individual}"
    return f"{day:%d%m%y}-{individual}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(digits) % 31]}"


def _account(number: int) -> str:
    """Of a bank that there is not."""
    account = f"000000{number:08}"
    check = 98 - int(f"{account}151800") % 97
    return f"FI{check:02}{account}"


def _business_id(number: int) -> str:
    """Of the first number from this one on that can have a check digit."""
    for digits in (f"{9_900_000 + number * 2 + step}" for step in range(2)):
        left = 11 - sum(int(one) * weight for one, weight in zip(digits, (7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
        if left != 10:
            return f"{digits}-{left % 11}"
    raise AssertionError("Of two numbers after each other at least one has a check digit")


_VALUES: Mapping[FieldType, Callable[[int], str | int | bool]] = {
    FieldType.EMAIL: lambda number: f"person{number}@sandbox.example",
    FieldType.PHONE: lambda number: f"+358000{number:06}",
    FieldType.DATE: lambda number: str(date(1960, 1, 1) + timedelta(days=number)),
    FieldType.NUMBER: lambda number: number,
    FieldType.BOOLEAN: lambda number: number % 2 == 0,
    FieldType.HETU: _identity_code,
    FieldType.IBAN: _account,
    FieldType.BUSINESS_ID: _business_id,
    FieldType.POSTAL_CODE: lambda number: f"{number % 100_000:05}",
}
_ENCODER = msgspec.json.Encoder()

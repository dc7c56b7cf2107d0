"""A feed, page by page: first all that is in scope, then what became of those who changed.

Each page is one transaction of the client, with the ledger and the audit in it, which the door itself writes: it is
committed before its bytes leave.
Whoever asks for a page publishes first (`publishing`), in a transaction of the system's own. What is read goes through
the door, whose functions look at the scope, the agreement and the notice at every page.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import LiteralString, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy.orm import Session

from tenants.base import new_id
from tenants.database import run, run_for_bytes
from tenants.feeds import cursors, tallying
from tenants.feeds.cursors import BEGINNING, Changes, Cursor, Narrowed, Snapshot
from tenants.feeds.refusals import BeginAnew, NothingGivenNow, OnlyByEvent
from tenants.processors import reading as agreements
from tenants.processors import standing
from tenants.registers.model import Cause
from tenants.registers.sealed import RecordSeal
from tenants.sharing.door import PageTooLong
from tenants.vault.keys import keyring

MOST = 20_000


class Gone(StrEnum):
    """Why a record that was given is given no more."""

    RESTRICTED = "restricted"
    OBJECTED = "objected"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    MERGED = "merged"
    SPLIT = "split"
    ERASED = "erased"
    RETENTION = "retention"
    OUT_OF_SCOPE = "out_of_scope"


REASONS: Mapping[str, Gone] = {
    Cause.RESTRICTED: Gone.RESTRICTED,
    Cause.OBJECTED: Gone.OBJECTED,
    Cause.WITHDRAWN: Gone.CONSENT_WITHDRAWN,
    Cause.MERGED: Gone.MERGED,
    Cause.SPLIT: Gone.SPLIT,
    Cause.ERASED: Gone.ERASED,
    Cause.RETENTION: Gone.RETENTION,
}


class Upsert(Struct, frozen=True, tag_field="op", tag="upsert"):
    """A record as it stands now. `data` is JSON by the keys of its fields."""

    record_id: UUID
    person_id: UUID
    updated_at: datetime
    data: msgspec.Raw


class Tombstone(Struct, frozen=True, tag_field="op", tag="tombstone"):
    """A record that was given is to be held no longer."""

    record_id: UUID
    person_id: UUID
    reason: Gone


class Page(Struct, frozen=True):
    """`text` is its lines as they are sent, each an `Upsert` or a `Tombstone` as JSON with a line feed behind it.

    `cursor` is where to go on. Nothing was left when this page was read, where there is no `more`. `keys` are those of
    the fields of its scope, of this `version`; `last` is the number of the last change that was published by then.
    `records` says how many it gives.
    """

    text: bytes
    cursor: str
    epoch: int
    more: bool
    keys: tuple[str, ...] = ()
    version: int = 0
    last: int = 0
    records: int = 0

    @property
    def lines(self) -> tuple[Upsert | Tombstone, ...]:
        return tuple(_LINE.decode(line) for line in self.text.splitlines())


class Standing(Struct, frozen=True):
    """Where a feed stands, and whether there is `more` behind the place that was asked about."""

    epoch: int
    version: int
    last: int
    more: bool


class _Opened(NamedTuple):
    """The feed at this statement. `last` is the number of the company's last published change."""

    company_id: UUID
    version: int
    epoch: int
    in_bulk: bool
    keys: list[str] | None
    ids: list[str] | None
    is_sealed: list[bool] | None
    last: int

    @property
    def sealed(self) -> Mapping[str, str]:
        """The fields that must be opened, their keys by their ids."""
        fields = zip(self.ids or (), self.keys or (), self.is_sealed or (), strict=True)
        return {field_id: key for field_id, key, is_sealed in fields if is_sealed}


class _Looked(NamedTuple):
    """What a function of the door has looked at: how far, of whom, what is there, and what is gone and why."""

    number: int | None
    person_id: UUID | None
    record_id: UUID | None
    upserts: bytes | None
    gone_people: list[UUID] | None
    gone_records: list[UUID] | None
    gone_causes: list[bytes] | None


def page(
    session: Session,
    feed_id: UUID,
    cursor: str | None = None,
    *,
    most: int = 1_000,
    ends: Callable[[str], None] | None = None,
) -> Page:
    """From the start, or behind a cursor. By the client of the feed's agreement.

    `ends` is told the cursor behind a page of a snapshot that is full, as soon as that is known and before anything is
    noted; seldom, the page has another one in the end. Raises NothingGivenNow, OnlyByEvent, BeginAnew where the cursor
    is of another feed or epoch, PageTooLong.
    """
    if not 1 <= most <= MOST:
        raise PageTooLong(field="limit", most=MOST)
    opened = _open(session, feed_id)
    at = _start(feed_id, opened, cursor)
    looked = _look(session, opened, at, most, ends)
    behind = _behind(at, looked)
    tombstones, upserts = list(_tombstones(looked)), _upserts(session, opened, looked)
    records = upserts.count(b"\n")
    tallying.note(
        session,
        feed_id,
        opened.company_id,
        upserts=records,
        tombstones=len(tombstones),
        reached=behind.number if isinstance(behind.place, Changes) else None,
    )
    return Page(
        b"".join((*tombstones, upserts)) if tombstones else upserts,
        cursors.written(behind),
        opened.epoch,
        _is_more(opened, behind),
        keys=tuple(opened.keys or ()),
        version=opened.version,
        last=opened.last,
        records=records,
    )


def glance(session: Session, feed_id: UUID, cursor: str | None = None) -> Standing:
    """Without giving anything. Raises NothingGivenNow, OnlyByEvent, BeginAnew."""
    opened = _open(session, feed_id)
    at = _start(feed_id, opened, cursor)
    return Standing(opened.epoch, opened.version, opened.last, _is_more(opened, at))


def look_open(session: Session, feed_id: UUID) -> None:
    """Whether a page of it would be given now. Raises NothingGivenNow, OnlyByEvent."""
    _open(session, feed_id)


def _open(session: Session, feed_id: UUID) -> _Opened:
    found = run(session, _OPEN, {"feed": feed_id} | _law()).fetchone()
    if found is None:
        raise NothingGivenNow
    opened = _Opened(*found)
    if not opened.in_bulk:
        raise OnlyByEvent
    return opened


def _start(feed_id: UUID, opened: _Opened, cursor: str | None) -> Cursor:
    return _begin(feed_id, opened) if cursor is None else _go_on(feed_id, opened, cursor)


def _begin(feed_id: UUID, opened: _Opened) -> Cursor:
    """What is numbered later is read later; what is read meanwhile may be told once more."""
    return Cursor(feed_id, opened.epoch, opened.version, opened.last, Snapshot())


def _go_on(feed_id: UUID, opened: _Opened, given: str) -> Cursor:
    at = cursors.read(given)
    if at is None or (at.feed_id, at.epoch) != (feed_id, opened.epoch):
        raise BeginAnew
    if not 0 <= at.number <= opened.last or at.version > opened.version:
        raise BeginAnew
    if isinstance(at.place, Snapshot) or at.version == opened.version:
        return at
    if isinstance(at.place, Narrowed) and at.place.version == opened.version:
        return at
    return msgspec.structs.replace(at, place=Narrowed(opened.version))


def _is_more(opened: _Opened, behind: Cursor) -> bool:
    in_the_midst = not isinstance(behind.place, Changes)
    return in_the_midst or behind.version < opened.version or behind.number < opened.last


def _look(session: Session, opened: _Opened, at: Cursor, most: int, ends: Callable[[str], None] | None) -> _Looked:
    """Raises NothingGivenNow where the feed was shut since it was opened."""
    place = at.place if isinstance(at.place, Snapshot | Narrowed) else None
    wanted = {
        "entry": new_id(),
        "feed": at.feed_id,
        "number": at.number,
        "narrowed": isinstance(place, Narrowed),
        "person": place.person_id if place else BEGINNING,
        "record": place.record_id if place else BEGINNING,
        "most": most,
    }
    statement = _SNAPSHOT if isinstance(place, Snapshot) else _TOLD
    hear = partial(_ends_at, at, ends) if ends is not None else None
    found = run_for_bytes(session, statement, wanted | _law(), hear).fetchone()
    if found is None:
        raise NothingGivenNow
    return _Looked(*found)


def _ends_at(at: Cursor, ends: Callable[[str], None], said: str) -> None:
    """What the door says of a page that is full: the ids of its last person and record."""
    person_id, record_id = map(UUID, said.split())
    ends(cursors.written(msgspec.structs.replace(at, place=Snapshot(person_id, record_id))))


def _behind(at: Cursor, looked: _Looked) -> Cursor:
    if isinstance(at.place, Changes):
        return msgspec.structs.replace(at, number=looked.number)
    if looked.person_id is not None and looked.record_id is not None:
        place = msgspec.structs.replace(at.place, person_id=looked.person_id, record_id=looked.record_id)
        return msgspec.structs.replace(at, place=place)
    version = at.place.version if isinstance(at.place, Narrowed) else at.version
    return msgspec.structs.replace(at, version=version, place=Changes())


def _tombstones(looked: _Looked) -> Iterator[bytes]:
    gone = zip(looked.gone_records or (), looked.gone_people or (), looked.gone_causes or (), strict=True)
    for record_id, person_id, cause in gone:
        told = Tombstone(record_id, person_id, REASONS.get(cause.decode(), Gone.OUT_OF_SCOPE))
        yield _ENCODER.encode(told) + b"\n"


def _upserts(session: Session, opened: _Opened, looked: _Looked) -> bytes:
    """As the door has written them; line by line only where something must be opened."""
    sealed = opened.sealed
    if not looked.upserts or not sealed:
        return looked.upserts or b""
    seal = RecordSeal(keyring(session), opened.company_id, frozenset(sealed))
    lines = []
    for kept in looked.upserts.splitlines():
        line = _UPSERT.decode(kept)
        data = msgspec.Raw(_unsealed(seal, sealed, line.record_id, line.data))
        lines.append(_ENCODER.encode(msgspec.structs.replace(line, data=data)) + b"\n")
    return b"".join(lines)


def _unsealed(seal: RecordSeal, sealed: Mapping[str, str], record_id: UUID, data: msgspec.Raw) -> bytes:
    values = seal.raw(bytes(data))
    for field_id, key in sealed.items():
        if (kept := values.get(key)) is not None:
            values[key] = seal.open_value(record_id, field_id, str(kept))
    return _ENCODER.encode(values)


def _law() -> dict[str, object]:
    day = agreements.today()
    return {"day": day, **standing.of_the_law(day)}


_ENCODER = msgspec.json.Encoder(decimal_format="number")
_UPSERT = msgspec.json.Decoder(Upsert)
_LINE: msgspec.json.Decoder[Upsert | Tombstone] = msgspec.json.Decoder(Upsert | Tombstone)
_OPEN: LiteralString = """
    SELECT company_id, version, epoch, in_bulk, keys, ids, sealed, last
    FROM feed_opened(%(feed)s, %(day)s, %(free)s, %(adequate)s, %(partly)s)
"""
_LOOKED: LiteralString = "SELECT seen_number, seen_person, seen_record, lines, gone_people, gone_records, gone_causes"
_SNAPSHOT: LiteralString = f"""{_LOOKED}
    FROM feed_snapshot(%(entry)s, %(feed)s, %(person)s, %(record)s, %(most)s,
                       %(day)s, %(free)s, %(adequate)s, %(partly)s)
"""
_TOLD: LiteralString = f"""{_LOOKED}
    FROM feed_told(%(entry)s, %(feed)s, %(number)s, %(narrowed)s, %(person)s, %(record)s, %(most)s,
                   %(day)s, %(free)s, %(adequate)s, %(partly)s)
"""

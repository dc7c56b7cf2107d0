"""A feed, page by page: first all that is in scope, then what became of those who changed.

Each page is one transaction of the client, with the ledger and the audit in it: it is committed before its bytes leave.
Whoever asks for a page publishes first (`publishing`), in a transaction of the system's own. What is read goes through
the door, whose functions look at the scope, the agreement and the notice at every page.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import Row, TextClause, text
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.feeds import cursors
from tenants.feeds.cursors import BEGINNING, Changes, Cursor, Narrowed, Snapshot
from tenants.feeds.refusals import BeginAnew, NothingGivenNow, OnlyByEvent
from tenants.processors import reading as agreements
from tenants.processors import standing
from tenants.registers.model import Cause
from tenants.registers.sealed import RecordSeal
from tenants.sharing.door import PageTooLong
from tenants.vault.keys import keyring

MOST = 10_000


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
    """`cursor` is where to go on. Nothing was left when this page was read, where there is no `more`."""

    lines: tuple[Upsert | Tombstone, ...]
    cursor: str
    epoch: int
    more: bool


class _Opened(Struct, frozen=True):
    """The feed at this statement. `sealed` are the fields that must be opened, their keys by their ids."""

    feed_id: UUID
    company_id: UUID
    version: int
    epoch: int
    last: int
    sealed: Mapping[str, str]


def page(session: Session, feed_id: UUID, cursor: str | None = None, *, most: int = 1_000) -> Page:
    """From the start, or behind a cursor. By the client of the feed's agreement.

    Raises NothingGivenNow, OnlyByEvent, BeginAnew where the cursor is of another feed or epoch, PageTooLong.
    """
    if not 1 <= most <= MOST:
        raise PageTooLong(field="limit", most=MOST)
    opened = _open(session, feed_id)
    at = _begin(opened) if cursor is None else _go_on(opened, cursor)
    if isinstance(at.place, Snapshot):
        lines, behind = _snapshot(session, opened, at, at.place, most)
    else:
        lines, behind = _told(session, opened, at, most)
    if people := sorted({line.person_id for line in lines}):
        trail.record(
            session,
            "feed.delivered",
            about="person",
            ids=people,
            company_id=opened.company_id,
            feed=str(feed_id),
            version=opened.version,
        )
    return Page(tuple(lines), cursors.written(behind), opened.epoch, _is_more(opened, behind))


def _open(session: Session, feed_id: UUID) -> _Opened:
    found = session.execute(_OPEN, {"feed": feed_id} | _law()).one_or_none()
    if found is None:
        raise NothingGivenNow
    if not found.in_bulk:
        raise OnlyByEvent
    fields = zip(found.ids or (), found.keys or (), found.sealed or (), strict=True)
    sealed = {field_id: key for field_id, key, is_sealed in fields if is_sealed}
    return _Opened(feed_id, found.company_id, found.version, found.epoch, found.last, sealed)


def _begin(opened: _Opened) -> Cursor:
    """What is numbered later is read later; what is read meanwhile may be told once more."""
    return Cursor(opened.feed_id, opened.epoch, opened.version, opened.last, Snapshot())


def _go_on(opened: _Opened, given: str) -> Cursor:
    at = cursors.read(given)
    if at is None or (at.feed_id, at.epoch) != (opened.feed_id, opened.epoch):
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


def _snapshot(
    session: Session, opened: _Opened, at: Cursor, behind: Snapshot, most: int
) -> tuple[list[Upsert | Tombstone], Cursor]:
    wanted = {"feed": opened.feed_id, "person": behind.person_id, "record": behind.record_id, "most": most}
    _, rows = _page_of(session, _SNAPSHOT, wanted)
    lines = list(_lines(session, opened, rows))
    place = Snapshot(lines[-1].person_id, lines[-1].record_id) if len(lines) == most else Changes()
    return lines, msgspec.structs.replace(at, place=place)


def _told(session: Session, opened: _Opened, at: Cursor, most: int) -> tuple[list[Upsert | Tombstone], Cursor]:
    narrowed = at.place if isinstance(at.place, Narrowed) else None
    wanted = {
        "feed": opened.feed_id,
        "number": at.number,
        "narrowed": narrowed is not None,
        "person": narrowed.person_id if narrowed else BEGINNING,
        "record": narrowed.record_id if narrowed else BEGINNING,
        "most": most,
    }
    seen, rows = _page_of(session, _TOLD, wanted)
    lines = list(_lines(session, opened, rows))
    if narrowed is None:
        return lines, msgspec.structs.replace(at, number=seen.number)
    if seen.record_id is not None:
        return lines, msgspec.structs.replace(at, place=Narrowed(narrowed.version, seen.person_id, seen.record_id))
    return lines, msgspec.structs.replace(at, version=narrowed.version, place=Changes())


def _page_of(session: Session, statement: TextClause, wanted: Mapping[str, object]) -> tuple[Row[Any], list[Row[Any]]]:
    """How far it has looked, and what it gives. Raises NothingGivenNow where the feed was shut since it was opened."""
    rows = session.execute(statement, {**wanted, **_law()}).all()
    if not rows:
        raise NothingGivenNow
    return rows[0], list(rows[1:])


def _lines(session: Session, opened: _Opened, rows: Sequence[Row[Any]]) -> Iterator[Upsert | Tombstone]:
    seal = None
    if opened.sealed and any(row.op == "upsert" for row in rows):
        seal = RecordSeal(keyring(session), opened.company_id, frozenset(opened.sealed))
    for row in rows:
        if row.op == "tombstone":
            yield Tombstone(row.record_id, row.person_id, REASONS.get(row.cause, Gone.OUT_OF_SCOPE))
        else:
            data = _unsealed(seal, opened.sealed, row.record_id, row.data) if seal else row.data.encode()
            yield Upsert(row.record_id, row.person_id, row.updated_at, msgspec.Raw(data))


def _unsealed(seal: RecordSeal, sealed: Mapping[str, str], record_id: UUID, data: str) -> bytes:
    values = seal.raw(data)
    for field_id, key in sealed.items():
        if (kept := values.get(key)) is not None:
            values[key] = seal.open_value(record_id, field_id, str(kept))
    return _ENCODER.encode(values)


def _law() -> dict[str, object]:
    day = agreements.today()
    return {"day": day, **standing.of_the_law(day)}


_ENCODER = msgspec.json.Encoder(decimal_format="number")
_LAW = ":day, :free, :adequate, :partly"
_LINE = "op, number, person_id, record_id, cause, CAST(data AS text) AS data, updated_at"
_OPEN = text(f"SELECT version, company_id, epoch, in_bulk, keys, ids, sealed, last FROM feed_opened(:feed, {_LAW})")
_SNAPSHOT = text(f"SELECT {_LINE} FROM feed_snapshot(:feed, :person, :record, :most, {_LAW})")
_TOLD = text(f"SELECT {_LINE} FROM feed_told(:feed, :number, :narrowed, :person, :record, :most, {_LAW})")

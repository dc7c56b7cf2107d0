"""A group's key is made anew while everything runs, and the former one is destroyed when nothing is under it any more.

1. The new version is searched at once, and writes only when nobody works any more with keys read before (SETTLES): so
   whoever looks a person up always knows every version under which that person may have been written.
2. When nobody writes under the former version any more (again SETTLES), all that lies under it is sealed and digested
   anew, in short transactions that also move a cursor. A row is under one version or under the other, never neither.
3. When a look at everything finds nothing more under the former version, and nothing short-lived (codes, sessions of
   people at the portal) can be, its row is deleted. What a backup still has under it is lost with it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from tenants.acting import Acting, PurposeKind, system
from tenants.audit import trail
from tenants.companies.model import Company
from tenants.database import acting_of, walled_session
from tenants.errors import Conflict, NotFound
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import enqueue
from tenants.life import sealed
from tenants.life.model import KeyRotation
from tenants.life.sealed import SealedColumn
from tenants.life.suspending import locked
from tenants.registers import identifiers
from tenants.registers.model import Field
from tenants.vault.keys import create_group_key, keyring
from tenants.vault.model import GroupKey

# Longer than a job or a transaction works with keys that it has read.
SETTLES = timedelta(minutes=15)
# After it has begun to write: longer than a code or a session at the portal lives.
DESTROYED_AFTER = timedelta(hours=1)
AT_ONCE = 500
RECORDS, IDENTIFIERS = "records", "identifiers"
# Without a company in their rows, or seen by the system for none.
OF_GROUP = frozenset({"identity_providers", "requests", "letters", "given_answers"})


class RotationUnderWay(Conflict):
    """The key of this group is being made anew already; wait until that has ended."""


class NoRotation(NotFound):
    """No key of this group is being made anew."""


class RotateKeys(Job, frozen=True):
    """Seals and digests anew what lies under former versions, some at a time."""

    name: ClassVar[str] = "life.rotate_keys"
    queue: ClassVar[Queue] = Queue.BULK


class Cursor(Struct, frozen=True):
    """The number of the place that is being worked on, and the last row of it that was looked at."""

    place: int = 0
    after: UUID | None = None


class Unit(Struct, frozen=True):
    """Rows of one table that one session sees."""

    acting: Acting
    table: str


def rotate(session: Session) -> int:
    """For the system; returns the new version. Raises RotationUnderWay."""
    locked(session)
    if _open(session) is not None:
        raise RotationUnderWay
    row = create_group_key(session, writes_after=SETTLES)
    session.add(KeyRotation(key_version=row.key_version))
    session.flush()
    enqueue(session, RotateKeys(), due_at=datetime.now(UTC) + 2 * SETTLES)
    trail.record(session, "group.key_rotation_begun", about="group", version=row.key_version)
    return row.key_version


def pause(session: Session) -> None:
    """Raises NoRotation."""
    _ongoing(session).paused_at = func.now()


def go_on(session: Session) -> None:
    """Raises NoRotation."""
    _ongoing(session).paused_at = None
    enqueue(session, RotateKeys())


def work(group_id: UUID, *, rest_after: timedelta | None = None) -> datetime | None:
    """When to be called again; None if there is nothing to go on with. Speaks to the database only."""
    rest_at = monotonic() + rest_after.total_seconds() if rest_after else None
    begun = _begun(group_id)
    if begun is None:
        return None
    if begun > datetime.now(UTC):
        return begun
    units = list(_units(group_id))
    while (cursor := _cursor(group_id)) is not None and cursor.place < len(units):
        _step(units[cursor.place], cursor)
        if rest_at is not None and monotonic() >= rest_at:
            return datetime.now(UTC)
    return None if cursor is None else _end(group_id, units)


def _begun(group_id: UUID) -> datetime | None:
    """From when on nothing is written under the former version."""
    with walled_session(system(group_id)) as session:
        row = _open(session)
        if row is None or row.paused_at is not None:
            return None
        writes = select(GroupKey.writes_from).where(GroupKey.key_version == row.key_version)
        return session.scalars(writes).one() + SETTLES


def _units(group_id: UUID) -> Iterator[Unit]:
    tables = sorted({one.table for one in sealed.COLUMNS})
    with walled_session(system(group_id)) as session:
        companies = session.scalars(select(Company.company_id).order_by(Company.company_id)).all()
    for table in tables:
        if table in OF_GROUP:
            yield Unit(system(group_id), table)
    for company_id in companies:
        acting = system(group_id, company_id=company_id, purpose=PurposeKind.STORAGE)
        for table in (RECORDS, IDENTIFIERS, *(table for table in tables if table not in OF_GROUP)):
            yield Unit(acting, table)


def _cursor(group_id: UUID) -> Cursor | None:
    """None where it was paused, or ended, meanwhile."""
    with walled_session(system(group_id)) as session:
        row = _open(session)
        if row is None or row.paused_at is not None:
            return None
        return msgspec.convert(row.cursor or {}, Cursor)


def _step(unit: Unit, cursor: Cursor) -> None:
    """The next rows of a table, and the cursor after them, in one transaction; another one at it is waited for."""
    with walled_session(unit.acting) as session:
        row = session.scalars(
            select(KeyRotation).where(KeyRotation.finished_at.is_(None)).with_for_update()
        ).one_or_none()
        if row is None or msgspec.convert(row.cursor or {}, Cursor) != cursor:
            return
        if unit.table == IDENTIFIERS:
            last, done = _digest_some(session, cursor.after)
            row.people_digested += done
        else:
            last, done = _seal_some(session, unit.table, cursor.after)
            row.values_sealed += done
        following = Cursor(cursor.place, last) if last else Cursor(cursor.place + 1)
        row.cursor = msgspec.to_builtins(following)


def _digest_some(session: Session, after: UUID | None) -> tuple[UUID | None, int]:
    """The last person dealt with, None at the end, and how many were."""
    people = identifiers.under_older_keys(session, after=after, limit=AT_ONCE)
    if people:
        identifiers.digest_anew(session, people)
    return (people[-1] if len(people) == AT_ONCE else None), len(people)


def _seal_some(session: Session, table: str, after: UUID | None) -> tuple[UUID | None, int]:
    columns = sealed.columns_of(table)
    row_id = columns[0].row if columns else "record_id"
    wanted = ", ".join(one.column for one in columns) or "data::text"
    company = "company_id" if acting_of(session).company_id or table == "given_answers" else "NULL::uuid"
    found = session.execute(
        text(
            f"SELECT {row_id}, {company}, {wanted} FROM {table}"
            f" WHERE CAST(:after AS uuid) IS NULL OR {row_id} > :after ORDER BY {row_id} LIMIT {AT_ONCE} FOR UPDATE"
        ),
        {"after": after},
    ).all()
    change = _reseal_record if table == RECORDS else _reseal_row
    fields = {str(one) for one in session.scalars(select(Field.field_id).where(Field.sealed))}
    done = sum(change(session, columns, fields, *row) for row in found)
    return (found[-1][0] if len(found) == AT_ONCE else None), done


def _reseal_row(
    session: Session, columns: list[SealedColumn], _: set[str], row_id: UUID, company_id: UUID | None, *kept: bytes
) -> int:
    done = 0
    for one, value in zip(columns, kept, strict=True):
        anew = sealed.reseal(keyring(session), one.place(row_id, company_id), bytes(value)) if value else None
        if anew is not None:
            changed = text(f"UPDATE {one.table} SET {one.column} = :anew WHERE {one.row} = :row")
            session.execute(changed, {"anew": anew, "row": row_id})
            done += 1
    return done


def _reseal_record(
    session: Session, _: list[SealedColumn], fields: set[str], record_id: UUID, company_id: UUID, data: str
) -> int:
    changed = sealed.reseal_data(keyring(session), company_id, record_id, msgspec.json.decode(data), fields)
    if changed:
        merged = text("UPDATE records SET data = data || CAST(:changed AS jsonb) WHERE record_id = :record")
        session.execute(merged, {"changed": msgspec.json.encode(changed).decode(), "record": record_id})
    return len(changed)


def _end(group_id: UUID, units: list[Unit]) -> datetime | None:
    """Destroys the former versions where a look at everything finds nothing under them; else begins again."""
    with walled_session(system(group_id)) as session:
        row = _ongoing(session)
        newest = select(GroupKey.writes_from).where(GroupKey.key_version == row.key_version)
        at = session.scalars(newest).one() + DESTROYED_AFTER
        if at > datetime.now(UTC):
            return at
    left = sum(_left(unit) for unit in units)
    with walled_session(system(group_id)) as session:
        row = _ongoing(session)
        if left:
            row.cursor = None
            return datetime.now(UTC)
        gone = session.scalars(
            delete(GroupKey).where(GroupKey.key_version < row.key_version).returning(GroupKey.key_version)
        ).all()
        row.finished_at = func.now()
        trail.record(session, "group.key_destroyed", about="group", version=row.key_version, destroyed=len(gone))
    return None


def _left(unit: Unit) -> int:
    """How much of it is still under a former version. Changes nothing."""
    with walled_session(unit.acting) as session:
        if unit.table == IDENTIFIERS:
            return len(identifiers.under_older_keys(session, after=None, limit=1))
        after, left = None, 0
        while True:
            savepoint = session.begin_nested()
            after, found = _seal_some(session, unit.table, after)
            savepoint.rollback()
            left += found
            if after is None or left:
                return left


def _open(session: Session) -> KeyRotation | None:
    return session.scalar(select(KeyRotation).where(KeyRotation.finished_at.is_(None)))


def _ongoing(session: Session) -> KeyRotation:
    row = session.scalar(select(KeyRotation).where(KeyRotation.finished_at.is_(None)).with_for_update())
    if row is None:
        raise NoRotation
    return row

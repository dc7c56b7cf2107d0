"""Writes a planned chunk of rows: copied into a temporary table, for COPY FROM is refused where there are walls,
and inserted from there inside the walls."""

from collections.abc import Iterable, Sequence
from typing import LiteralString, cast
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg import Connection
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from tenants.base import new_id
from tenants.database import acting_of
from tenants.registers import changes, identifiers
from tenants.registers.candidates import Reading
from tenants.registers.merging import Change, provenance_after
from tenants.registers.model import Cause, Provenance
from tenants.registers.planning import Planned
from tenants.registers.records import Kept, record_key
from tenants.registers.sealed import RecordSeal
from tenants.registers.shapes import Shape
from tenants.vault.keys import Keyring


class Target(Struct, frozen=True):
    """Where rows are written, and with what."""

    reading: Reading
    whence: Provenance

    @property
    def shape(self) -> Shape:
        return self.reading.shape

    @property
    def seal(self) -> RecordSeal:
        return self.reading.seal

    @property
    def keyring(self) -> Keyring:
        return self.reading.keyring


Changed = tuple[str, str, bytes | None, UUID]
"""The data, the provenance and the key of a record as they will be, and its id."""


class Written(Struct):
    """What a chunk did. `records` are those that are new or changed, with whose each is."""

    records: list[tuple[UUID, UUID]]
    persons_new: int = 0
    records_new: int = 0
    records_changed: int = 0
    renew: set[UUID] = set()

    @property
    def persons(self) -> set[UUID]:
        """Of whom something is kept that was not kept before."""
        return {person_id for _, person_id in self.records}


def write(session: Session, target: Target, rows: Sequence[Planned]) -> Written:
    """A row that says what is known already changes nothing."""
    done = Written([])
    new, changed = list[bytes](), list[Changed]()
    for row in rows:
        if row.old is None or row.change is None:
            new.append(_new_line(target, row, done))
        elif row.change.fields:
            changed.append(_change(target, row, row.old, row.change, done))
    _insert(session, target, new, [line for row in rows for line in _identifier_lines(target, row)])
    _update(session, changed)
    if done.renew:
        identifiers.renew(session, done.renew)
    _note(session, target, done)
    return done


def _note(session: Session, target: Target, done: Written) -> None:
    changes.note(
        session,
        Cause.WRITTEN,
        [person_id for _, person_id in done.records],
        register_id=target.shape.register_id,
        record_ids=[record_id for record_id, _ in done.records],
    )


def _new_line(target: Target, row: Planned, done: Written) -> bytes:
    r"""In COPY's text format: tabs between, \N for nothing, backslashes doubled. JSON has no bare tab or line end."""
    done.persons_new += row.new_person
    if not row.new_person and any(slot.id in row.candidate.values for slot in target.shape.naming):
        done.renew.add(row.person_id)
    record_id, key = new_id(), row.candidate.key
    done.records_new += 1
    done.records.append((record_id, row.person_id))
    return b"%s\t%s\t%s\t%s\t%s\n" % (
        record_id.hex.encode(),
        row.person_id.hex.encode(),
        rb"\\x" + key.hex().encode() if key else rb"\N",
        target.seal.close(record_id, row.candidate.values).replace(b"\\", b"\\\\"),
        b"t" if row.new_person else b"f",
    )


def _change(target: Target, row: Planned, old: Kept, change: Change, done: Written) -> Changed:
    done.records_changed += 1
    done.records.append((old.record_id, row.person_id))
    if target.shape.finding & change.fields:
        done.renew.add(row.person_id)
    whence = provenance_after(old.provenance, target.whence, changed=change.fields, kept=change.data)
    return (
        target.seal.close(old.record_id, change.data).decode(),
        msgspec.json.encode(whence).decode(),
        record_key(target.shape, change.data),
        old.record_id,
    )


def _identifier_lines(target: Target, row: Planned) -> Iterable[bytes]:
    """Of somebody known before, it is not known here which words of the name are new: they are renewed."""
    named = identifiers.names(target.keyring, target.shape, row.candidate.values) if row.new_person else []
    for one in (*row.new_identities, *named):
        yield b"%s\t%s\t%s\n" % (one.kind.encode(), rb"\\x" + one.digests[0].hex().encode(), row.person_id.hex.encode())


def _insert(session: Session, target: Target, records: list[bytes], found_by: list[bytes]) -> None:
    acting = acting_of(session)
    values = {
        "group": acting.group_id,
        "company": acting.company_id,
        "register": target.shape.register_id,
        "provenance": msgspec.json.encode(target.whence).decode(),
        "key_version": target.keyring.current,
    }
    for incoming, lines in ((_RECORDS, records), (_IDENTIFIERS, found_by)):
        if lines:
            _copy(session, incoming, lines)
            for statement in incoming.statements:
                session.execute(statement, values)


def _copy(session: Session, incoming: "Incoming", lines: list[bytes]) -> None:
    with _driver(session).cursor() as cursor:
        cursor.execute(incoming.definition)
        with cursor.copy(incoming.copy) as copy:
            copy.write(b"".join(lines))


def _update(session: Session, changed: list[Changed]) -> None:
    """Row by row in one pipeline: a join with a table that was just filled may be planned as a product."""
    if changed:
        with _driver(session).cursor() as cursor:
            cursor.executemany(_UPDATE, changed)


def _driver(session: Session) -> Connection:
    connection = session.connection().connection.driver_connection
    return cast(Connection, connection)


class Incoming(Struct, frozen=True):
    """A temporary table, and what is done with its rows."""

    definition: LiteralString
    copy: LiteralString
    statements: tuple[TextClause, ...]


_RECORDS = Incoming(
    "CREATE TEMPORARY TABLE incoming_records"
    " (record_id uuid, person_id uuid, record_key bytea, data jsonb, new_person boolean) ON COMMIT DROP",
    "COPY incoming_records FROM STDIN",
    (
        text(
            "INSERT INTO persons (group_id, company_id, person_id)"
            " SELECT :group, :company, person_id FROM incoming_records WHERE new_person"
        ),
        text(
            "INSERT INTO records"
            " (group_id, company_id, record_id, register_id, person_id, record_key, data, provenance)"
            " SELECT :group, :company, record_id, :register, person_id, record_key, data, CAST(:provenance AS jsonb)"
            " FROM incoming_records"
        ),
        text("DROP TABLE incoming_records"),
    ),
)
_IDENTIFIERS = Incoming(
    "CREATE TEMPORARY TABLE incoming_identifiers (kind text, digest bytea, person_id uuid) ON COMMIT DROP",
    "COPY incoming_identifiers FROM STDIN",
    (
        text(
            "INSERT INTO identifiers (group_id, company_id, kind, digest, person_id, key_version)"
            " SELECT :group, :company, kind, digest, person_id, :key_version FROM incoming_identifiers"
        ),
        text("DROP TABLE incoming_identifiers"),
    ),
)
_UPDATE: LiteralString = (
    "UPDATE records SET data = %s, provenance = %s, record_key = %s, updated_at = now() WHERE record_id = %s"
)

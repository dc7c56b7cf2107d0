"""The second phase of an import: the good rows are written in short transactions, each of which moves the cursor.

Whoever goes on after a crash begins with the first row that was not written. A row that went bad after it was checked
is left out and told, as the others were.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import inf
from time import monotonic
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tenants.acting import Acting
from tenants.audit import trail
from tenants.database import walled_session
from tenants.errors import Conflict
from tenants.registers import copying, imports, mapping
from tenants.registers.candidates import ROWS, Chunk, RowFault, chunks, reading_of
from tenants.registers.copying import Target, Written
from tenants.registers.headers import chosen, rows_of
from tenants.registers.model import FileForm, Import, ImportFault, ImportState, Provenance
from tenants.registers.planning import plan
from tenants.registers.shapes import Shape, shape_of
from tenants.registers.sources import Whence, provenance
from tenants.registers.table_rows import Row, Source
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import Keyring, keyring


class FieldsChanged(Conflict):
    """The fields of the register were changed after the file was checked; check it again."""


class Begun(Struct, frozen=True):
    """An import as it is when writing begins or goes on. `cursor` is the line of the last row dealt with."""

    shape: Shape
    keyring: Keyring
    whence: Provenance
    form: FileForm | None
    header: list[str]
    columns: list[str | None]
    matched_by: tuple[IdentifierKind, ...]
    cursor: int
    bad: frozenset[int]


def write(acting: Acting, import_id: UUID, source: Source, *, rest_after: timedelta | None = None) -> bool:
    """False if it rests before the end of the file, for others to have their turn; then it is to be called again.

    Raises NoSuchImport, NoSuchRegister.
    """
    begun = _begin(acting, import_id)
    if begun is None:
        return True
    columns, faults = chosen(begun.shape, begun.columns, len(begun.columns))
    if faults or begun.form is None:
        _refuse(acting, import_id, FieldsChanged())
        return True
    reading = reading_of(begun.shape, columns, begun.keyring, begun.matched_by)
    target = Target(reading, begun.whence)
    rest_at = monotonic() + rest_after.total_seconds() if rest_after is not None else inf
    cursor, rows, refresh_at = begun.cursor, 0, ROWS
    for chunk in chunks(_remaining(begun, rows_of(begun.form, begun.header, source)), reading):
        if not _write_chunk(acting, import_id, target, chunk, cursor):
            return True
        cursor, rows = chunk.last_line, rows + chunk.rows
        if rows >= refresh_at:
            _refresh_statistics(acting)
            refresh_at = rows * 10
        if monotonic() >= rest_at:
            return False
    _finish(acting, import_id, cursor)
    imports.sweep(acting, import_id)
    return True


def _begin(acting: Acting, import_id: UUID) -> Begun | None:
    with walled_session(acting) as session:
        found = imports.get(session, import_id)
        if found.state is not ImportState.WRITING:
            return None
        bad = session.scalars(select(ImportFault.line).where(ImportFault.import_id == import_id))
        return Begun(
            shape=shape_of(session, found.register_id),
            keyring=keyring(session),
            whence=provenance(
                Whence(found.source, found.declared_source), datetime.now(UTC), notice=found.notice, import_id=import_id
            ),
            form=found.form,
            header=mapping.head_of(session, found).header if found.sealed_head else [],
            columns=found.columns,
            matched_by=tuple(IdentifierKind(kind) for kind in found.matched_by),
            cursor=found.cursor,
            bad=frozenset(bad),
        )


def _remaining(begun: Begun, rows: Iterator[Row]) -> Iterator[Row]:
    return (row for row in rows if row.line > begun.cursor and row.line not in begun.bad)


def _write_chunk(acting: Acting, import_id: UUID, target: Target, chunk: Chunk, cursor: int) -> bool:
    """False if somebody else writes this import now, or it has ended."""
    with walled_session(acting) as session:
        progress = imports.locked(session, import_id)
        if not _ours(progress, cursor):
            return False
        one_import_at_a_time(session, target.shape.company_id)
        planned = plan(session, target.reading, chunk.candidates)
        written = copying.write(session, target, planned.rows)
        progress.cursor = chunk.last_line
        progress.rows_written += len(planned.rows)
        progress.persons_new += written.persons_new
        progress.rows_bad += imports.tell(session, progress, chunk.faults + planned.faults)
        _note(session, import_id, written)
    return True


def _refresh_statistics(acting: Acting) -> None:
    with walled_session(acting) as session:
        session.execute(text("SELECT refresh_statistics()"))


def _ours(progress: Import, cursor: int) -> bool:
    return progress.state is ImportState.WRITING and progress.cursor == cursor


def one_import_at_a_time(session: Session, company_id: UUID) -> None:
    """Two imports that meet the same new person in the same moment would make two persons of one."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"import {company_id}"})


def _finish(acting: Acting, import_id: UUID, cursor: int) -> None:
    with walled_session(acting) as session:
        finished = imports.locked(session, import_id)
        if _ours(finished, cursor):
            imports.end(session, finished, ImportState.DONE)


def _refuse(acting: Acting, import_id: UUID, why: Conflict) -> None:
    with walled_session(acting) as session:
        refused = imports.locked(session, import_id)
        imports.tell(session, refused, [RowFault(0, 0, None, why.sentence)])
        imports.end(session, refused, ImportState.REFUSED)
    imports.sweep(acting, import_id)


def _note(session: Session, import_id: UUID, written: Written) -> None:
    if written.persons:
        trail.record(
            session,
            "records.imported",
            about="person",
            ids=sorted(written.persons),
            import_id=str(import_id),
            records_new=written.records_new,
            records_changed=written.records_changed,
        )

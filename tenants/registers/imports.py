"""A file's way into a register: received, checked without writing anything, and written if somebody says so.

All rows or none, unless the good ones are wanted without the bad. The file itself is destroyed when its way ends.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tenants.acting import Acting, Actor, PurposeKind
from tenants.audit import trail
from tenants.base import new_id
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.database import acting_of, walled_session
from tenants.errors import Conflict, NotFound
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import enqueue
from tenants.registers import staging
from tenants.registers.candidates import RowFault
from tenants.registers.model import Choice, FileKind, Import, ImportFault, ImportState
from tenants.registers.shapes import NoSuchRegister, shape_of
from tenants.registers.sources import Whence, source_of
from tenants.registers.staging import Staged
from tenants.vault import objects
from tenants.vault.digests import IdentifierKind
from tenants.vault.objects import StorageUnavailable

# An import that nobody decides on is no reason to keep the file.
FORGOTTEN_AFTER = timedelta(days=7)
# By then an upload has become an import, or never will.
DROPPED_AFTER = timedelta(hours=1)

# As long as nobody has decided that it is written.
OPEN = frozenset({ImportState.RECEIVED, ImportState.CHECKING, ImportState.UNMAPPED, ImportState.CHECKED})


class CheckImport(Job, frozen=True):
    """Check the file of an import."""

    name: ClassVar[str] = "imports.check"
    queue: ClassVar[Queue] = Queue.BULK
    purpose: ClassVar[PurposeKind | None] = PurposeKind.STORAGE
    import_id: UUID


class WriteImport(Job, frozen=True):
    """Write the rows of a checked import."""

    name: ClassVar[str] = "imports.write"
    queue: ClassVar[Queue] = Queue.BULK
    purpose: ClassVar[PurposeKind | None] = PurposeKind.STORAGE
    import_id: UUID


class ForgetImport(Job, frozen=True):
    """Give an import up that nobody decided on, and destroy what is left of its file."""

    name: ClassVar[str] = "imports.forget"
    queue: ClassVar[Queue] = Queue.BULK
    purpose: ClassVar[PurposeKind | None] = PurposeKind.STORAGE
    import_id: UUID


class DropUpload(Job, frozen=True):
    """Remove the file that was on its way into an import that never came to be."""

    name: ClassVar[str] = "imports.drop_upload"
    queue: ClassVar[Queue] = Queue.BULK
    purpose: ClassVar[PurposeKind | None] = PurposeKind.STORAGE
    import_id: UUID


class NoSuchImport(NotFound):
    """There is no such import here."""


class NotChecked(Conflict):
    """This import is not waiting for a decision."""


class BeingWritten(Conflict):
    """This file is being written already; it is not left halfway."""


class HasBadRows(Conflict):
    """The file has bad rows: mend them, or say that the good rows are kept without them."""


class NotBeingWritten(Conflict):
    """This import is not being written."""


class NotPaused(Conflict):
    """This import is not paused."""


class RunsElsewhere(Conflict):
    """This file is read on the command line, and is stopped there."""


class NoGoodRows(Conflict):
    """The file has no row that could be written."""


def expect(session: Session, register_id: UUID, *, source: str, detail: str = "") -> UUID:
    """The id of an import whose file is staged next. Should none come of it, a due job removes the file.

    Raises NoSuchRegister, Forbidden, NeedsSource, SourceNotDeclared, TooLong.
    """
    _may_receive(session, register_id, source, detail)
    import_id = new_id()
    enqueue(session, DropUpload(import_id), due_at=datetime.now(UTC) + DROPPED_AFTER)
    return import_id


def receive(
    session: Session,
    register_id: UUID,
    *,
    source: str,
    detail: str = "",
    notice: int | None = None,
    named: FileKind | None = None,
    choice: Choice | None = None,
    matched_by: Sequence[IdentifierKind] = (),
    staged: Staged | None = None,
) -> Import:
    """A new import. `source` and `notice` are kept with every value: whence it comes, and what was declared then.

    A staged file is checked by a job; without one, whoever called reads the file to `checking.check`.
    Raises NoSuchRegister, Forbidden, NeedsSource, SourceNotDeclared, TooLong.
    """
    whence = _may_receive(session, register_id, source, detail)
    received = Import(
        import_id=staged.import_id if staged else new_id(),
        register_id=register_id,
        state=ImportState.RECEIVED,
        source=whence.words,
        declared_source=whence.declared,
        notice=notice,
        named=named,
        choice=choice,
        matched_by=[kind.value for kind in matched_by],
        object_key=staging.object_key(acting_of(session).group_id, staged.import_id) if staged else None,
        wrapped_key=staged.wrapped_key if staged else None,
        size=staged.size if staged else 0,
        columns=[],
        created_by=acting_of(session).actor_id,
    )
    session.add(received)
    session.flush()
    if staged:
        enqueue(session, CheckImport(received.import_id))
        enqueue(session, ForgetImport(received.import_id), due_at=datetime.now(UTC) + FORGOTTEN_AFTER)
    note(session, "import.received", received)
    return received


def get(session: Session, import_id: UUID) -> Import:
    """Raises NoSuchImport."""
    found = session.scalar(select(Import).where(Import.import_id == import_id))
    if found is None:
        raise NoSuchImport
    return found


def recent(session: Session, *, limit: int = 50) -> Sequence[Import]:
    """The company's newest imports."""
    return session.scalars(select(Import).order_by(Import.created_at.desc()).limit(limit)).all()


def faults(session: Session, import_id: UUID, *, limit: int | None = None) -> Sequence[ImportFault]:
    """In the order of the file."""
    chosen = select(ImportFault).where(ImportFault.import_id == import_id)
    return session.scalars(chosen.order_by(ImportFault.line, ImportFault.column).limit(limit)).all()


def approve(session: Session, import_id: UUID, *, keep_good: bool = False) -> Import:
    """The rows may be written; from here on the decision stands.

    Raises NoSuchImport, NotChecked, HasBadRows, NoGoodRows, Forbidden.
    """
    may_import(session)
    approved = locked(session, import_id)
    if approved.state is not ImportState.CHECKED:
        raise NotChecked
    if approved.rows_bad and not keep_good:
        raise HasBadRows
    if approved.rows_checked == approved.rows_bad:
        raise NoGoodRows
    approved.state, approved.keep_good = ImportState.WRITING, keep_good
    if approved.object_key:
        enqueue(session, WriteImport(import_id))
    note(session, "import.approved", approved)
    return approved


def pause(session: Session, import_id: UUID) -> Import:
    """The chunk that is being written is written to its end. Raises NoSuchImport, Forbidden, NotBeingWritten."""
    may_import(session)
    paused = locked(session, import_id)
    if paused.state is not ImportState.WRITING:
        raise NotBeingWritten
    if paused.object_key is None:
        raise RunsElsewhere
    paused.state = ImportState.PAUSED
    note(session, "import.paused", paused, rows=paused.rows_written)
    return paused


def resume(session: Session, import_id: UUID) -> Import:
    """At the row after the last one that was written. Raises NoSuchImport, Forbidden, NotPaused."""
    may_import(session)
    resumed = locked(session, import_id)
    if resumed.state is not ImportState.PAUSED:
        raise NotPaused
    resumed.state = ImportState.WRITING
    enqueue(session, WriteImport(import_id))
    note(session, "import.resumed", resumed, rows=resumed.rows_written)
    return resumed


def discard(session: Session, import_id: UUID) -> None:
    """Nothing of the file is written, and it can be read no more. Raises NoSuchImport, BeingWritten, Forbidden."""
    may_import(session)
    discarded = locked(session, import_id)
    if discarded.state in (ImportState.WRITING, ImportState.PAUSED):
        raise BeingWritten
    if discarded.state in OPEN:
        end(session, discarded, ImportState.REFUSED)


def end(session: Session, ended: Import, state: ImportState) -> None:
    """Without its key the file is lost to everybody; `sweep` removes what is left of it."""
    ended.state, ended.finished_at, ended.wrapped_key = state, datetime.now(UTC), None
    ended.sealed_head = ended.sealed_examples = None
    note(session, f"import.{state}", ended, rows=ended.rows_written, bad=ended.rows_bad, persons_new=ended.persons_new)


def sweep(acting: Acting, import_id: UUID) -> None:
    """Removes the object of an import that has ended. If the store is out, `ForgetImport` comes back for it."""
    with walled_session(acting) as session:
        key = get(session, import_id).object_key
    if key is None:
        return
    with suppress(StorageUnavailable):
        objects.delete(key)
        with walled_session(acting) as session:
            get(session, import_id).object_key = None


def forget(acting: Acting, import_id: UUID) -> None:
    """Also of an import whose writing has come to nothing. Raises StorageUnavailable, for the job to be tried again."""
    with walled_session(acting) as session:
        forgotten = locked(session, import_id)
        if forgotten.finished_at is None:
            end(session, forgotten, ImportState.REFUSED)
        key = forgotten.object_key
    if key is not None:
        objects.delete(key)
        with walled_session(acting) as session:
            get(session, import_id).object_key = None


def drop_upload(acting: Acting, import_id: UUID) -> None:
    """Raises StorageUnavailable, for the job to be tried again."""
    with walled_session(acting) as session:
        became_one = session.scalar(select(Import.import_id).where(Import.import_id == import_id)) is not None
    if not became_one:
        objects.delete(staging.object_key(acting.group_id, import_id))


def locked(session: Session, import_id: UUID) -> Import:
    """Raises NoSuchImport."""
    found = session.scalar(select(Import).where(Import.import_id == import_id).with_for_update())
    if found is None:
        raise NoSuchImport
    return found


def tell(session: Session, to: Import, found: Sequence[RowFault]) -> int:
    """Keeps why rows were refused; returns how many rows they are."""
    rows = [
        {
            "group_id": to.group_id,
            "company_id": to.company_id,
            "import_id": to.import_id,
            "line": fault.line,
            "column": fault.column,
            "field": fault.field,
            "reason": fault.reason,
            "said": fault.said,
        }
        for fault in found
    ]
    if rows:
        session.execute(insert(ImportFault), rows)
    return len({fault.line for fault in found})


def _may_receive(session: Session, register_id: UUID, source: str, detail: str) -> Whence:
    may_import(session)
    if shape_of(session, register_id).company_id != acting_of(session).company_id:
        raise NoSuchRegister
    return source_of(session, register_id, source, detail)


def may_import(session: Session) -> None:
    if acting_of(session).actor is Actor.MEMBER:
        permissions.require(session, Permission.IMPORT_RECORDS)


def note(session: Session, action: str, about: Import, *, rows: int = 0, bad: int = 0, persons_new: int = 0) -> None:
    trail.record(
        session,
        action,
        about="import",
        ids=[about.import_id],
        register=str(about.register_id),
        rows=rows,
        bad=bad,
        persons_new=persons_new,
    )

"""The first phase of an import: every row is read, matched and judged; nothing is written but what was found."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete

from tenants.acting import Acting
from tenants.database import walled_session
from tenants.errors import Invalid
from tenants.registers import imports
from tenants.registers.candidates import Chunk, Reading, RowFault, chunks, reading_of
from tenants.registers.csv_rows import Source
from tenants.registers.headers import Layout, layout_of
from tenants.registers.model import Import, ImportFault, ImportState
from tenants.registers.planning import plan
from tenants.registers.seen import Seen
from tenants.registers.shapes import Shape, shape_of
from tenants.vault.keys import Keyring, keyring

# A file with more bad rows than this is not worth a list of them.
MOST_FAULTS = 10_000
# A check is not divided; this many rows take minutes.
MOST_ROWS = 2_000_000


class TooManyBadRows(Invalid):
    """The file has more than ten thousand bad rows; only the first are told."""


class TooManyRows(Invalid):
    """The file has more than two million rows; divide it."""


class Superseded(Exception):
    """Somebody else checks this import now, or gave it up."""


class Check(Struct, frozen=True):
    """One check of one import."""

    acting: Acting
    import_id: UUID
    source: Source
    shape: Shape
    keyring: Keyring


def check(acting: Acting, import_id: UUID, source: Source) -> None:
    """From the beginning, also when a check of it was broken off. Raises NoSuchImport, NoSuchRegister."""
    begun = _begin(acting, import_id, source)
    if begun is None:
        return
    try:
        layout, faults = layout_of(begun.shape, source)
        if faults:
            _refuse(begun, [RowFault(1, fault.column, fault.field, fault.refusal.sentence) for fault in faults])
        else:
            _check_rows(begun, layout)
    except Invalid as unusable:
        _refuse(begun, [RowFault(0, 0, None, unusable.sentence)])
    except Superseded:
        return


def _begin(acting: Acting, import_id: UUID, source: Source) -> Check | None:
    with walled_session(acting) as session:
        begun = imports.locked(session, import_id)
        if begun.state not in {ImportState.RECEIVED, ImportState.CHECKING}:
            return None
        begun.state, begun.rows_checked, begun.rows_bad = ImportState.CHECKING, 0, 0
        session.execute(delete(ImportFault).where(ImportFault.import_id == import_id))
        return Check(acting, import_id, source, shape_of(session, begun.register_id), keyring(session))


def _check_rows(check: Check, layout: Layout) -> None:
    reading = reading_of(check.shape, layout.columns, check.keyring)
    rows, bad = 0, 0
    with Seen() as seen:
        for chunk in chunks(layout.rows(check.source), reading):
            bad += _check_chunk(check, reading, chunk, seen, rows)
            rows += chunk.rows
            if bad > MOST_FAULTS:
                raise TooManyBadRows
            if rows > MOST_ROWS:
                raise TooManyRows
    with walled_session(check.acting) as session:
        checked = _ours(imports.locked(session, check.import_id), rows)
        checked.state, checked.columns = ImportState.CHECKED, layout.columns.keys
        imports.note(session, "import.checked", checked, rows=rows, bad=checked.rows_bad)


def _check_chunk(check: Check, reading: Reading, chunk: Chunk, seen: Seen, rows_before: int) -> int:
    """Returns how many faults there were."""
    with walled_session(check.acting) as session:
        faults = chunk.faults + plan(session, reading, chunk.candidates, seen=seen).faults
        progress = _ours(imports.locked(session, check.import_id), rows_before)
        progress.rows_checked += chunk.rows
        progress.rows_bad += imports.tell(session, progress, faults)
    return len(faults)


def _ours(found: Import, rows: int) -> Import:
    if found.state is not ImportState.CHECKING or found.rows_checked != rows:
        raise Superseded
    return found


def _refuse(check: Check, faults: Sequence[RowFault]) -> None:
    with walled_session(check.acting) as session:
        refused = imports.locked(session, check.import_id)
        if refused.state is not ImportState.CHECKING:
            return
        imports.tell(session, refused, faults)
        imports.end(session, refused, ImportState.REFUSED)
    imports.sweep(check.acting, check.import_id)

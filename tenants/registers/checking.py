"""The first phase of an import: every row is read, matched and judged; nothing is written but what was found."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete
from sqlalchemy.orm import Session

from tenants.acting import Acting
from tenants.database import walled_session
from tenants.errors import Invalid
from tenants.registers import imports, mapping, previewing
from tenants.registers.candidates import Chunk, Reading, RowFault, chunks, reading_of
from tenants.registers.headers import HeaderFault, Layout, OtherKind, again, layout_of, rows_of
from tenants.registers.model import Choice, FileKind, Import, ImportFault, ImportState
from tenants.registers.planning import plan
from tenants.registers.previewing import Preview
from tenants.registers.seen import Seen
from tenants.registers.shapes import Shape, shape_of
from tenants.registers.table_rows import Source
from tenants.vault.digests import IdentifierKind
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
    choice: Choice | None
    matched_by: tuple[IdentifierKind, ...]
    named: FileKind | None
    staged: bool


def check(acting: Acting, import_id: UUID, source: Source) -> None:
    """From the beginning, also when a check of it was broken off. Raises NoSuchImport, NoSuchRegister."""
    begun = _begin(acting, import_id, source)
    if begun is None:
        return
    try:
        layout, faults = _laid_out(begun)
        if not faults:
            _check_rows(begun, layout)
        elif begun.staged:
            _leave_to_somebody(begun, layout, faults)
        else:
            _refuse(begun, _told(faults))
    except Invalid as unusable:
        _refuse(begun, [RowFault(0, 0, None, unusable.sentence, unusable.values)])
    except Superseded:
        return


def _begin(acting: Acting, import_id: UUID, source: Source) -> Check | None:
    with walled_session(acting) as session:
        begun = imports.locked(session, import_id)
        if begun.state not in {ImportState.RECEIVED, ImportState.CHECKING}:
            return None
        begun.state, begun.rows_checked, begun.rows_bad = ImportState.CHECKING, 0, 0
        session.execute(delete(ImportFault).where(ImportFault.import_id == import_id))
        return Check(
            acting=acting,
            import_id=import_id,
            source=source,
            shape=shape_of(session, begun.register_id),
            keyring=keyring(session),
            choice=begun.choice,
            matched_by=tuple(IdentifierKind(kind) for kind in begun.matched_by),
            named=begun.named,
            staged=begun.object_key is not None,
        )


def _laid_out(check: Check) -> tuple[Layout, list[HeaderFault]]:
    """As somebody said, else as was said of such a file before, else by the names of the columns."""
    layout, faults = layout_of(check.shape, check.source, choice=check.choice)
    if check.named not in {None, layout.form.kind}:
        raise OtherKind(kind=layout.form.kind.upper())
    if not faults or (check.choice is not None and check.choice.columns is not None):
        return layout, faults
    with walled_session(check.acting) as session:
        before = mapping.remembered(session, check.shape.register_id, layout.head.header)
    return again(check.shape, layout, before) if before else (layout, faults)


def _check_rows(check: Check, layout: Layout) -> None:
    reading = reading_of(check.shape, layout.columns, check.keyring, check.matched_by)
    rows, bad, preview = 0, 0, Preview()
    with Seen() as seen:
        for chunk in chunks(rows_of(layout.form, layout.head.header, check.source), reading):
            bad += _check_chunk(check, reading, chunk, seen, rows_before=rows, preview=preview)
            rows += chunk.rows
            if bad > MOST_FAULTS:
                raise TooManyBadRows
            if rows > MOST_ROWS:
                raise TooManyRows
    with walled_session(check.acting) as session:
        checked = _ours(imports.locked(session, check.import_id), rows)
        checked.state = ImportState.CHECKED
        _keep_layout(session, checked, layout)
        previewing.keep(session, checked, preview)
        imports.note(session, "import.checked", checked, rows=rows, bad=checked.rows_bad)


def _check_chunk(
    check: Check, reading: Reading, chunk: Chunk, seen: Seen, *, rows_before: int, preview: Preview
) -> int:
    """Returns how many faults there were."""
    with walled_session(check.acting) as session:
        planned = plan(session, reading, chunk.candidates, seen=seen)
        faults = chunk.faults + planned.faults
        progress = _ours(imports.locked(session, check.import_id), rows_before)
        progress.rows_checked += chunk.rows
        progress.rows_bad += imports.tell(session, progress, faults)
    preview.see(check.shape, planned.rows)
    return len(faults)


def _leave_to_somebody(check: Check, layout: Layout, faults: Sequence[HeaderFault]) -> None:
    """Which column is which field is not clear from their names."""
    with walled_session(check.acting) as session:
        unmapped = imports.locked(session, check.import_id)
        if unmapped.state is not ImportState.CHECKING:
            return
        unmapped.state = ImportState.UNMAPPED
        _keep_layout(session, unmapped, layout)
        imports.tell(session, unmapped, _told(faults))
        imports.note(session, "import.unmapped", unmapped)


def _keep_layout(session: Session, of: Import, layout: Layout) -> None:
    of.form, of.columns = layout.form, layout.columns.keys
    mapping.keep_head(session, of, layout.head)


def _told(faults: Sequence[HeaderFault]) -> list[RowFault]:
    return [
        RowFault(1, fault.column, fault.field, fault.refusal.sentence, dict(fault.refusal.values)) for fault in faults
    ]


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

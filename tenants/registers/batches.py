"""Rows from a program into a register: all of one transaction, as files are written chunk by chunk."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.errors import Invalid, SeveralInvalid
from tenants.registers import binding, copying, json_rows, writing
from tenants.registers.candidates import Chunk, RowFault, reading_of, take
from tenants.registers.copying import Target, Written
from tenants.registers.headers import Columns
from tenants.registers.json_rows import LONGEST_NAME, Given
from tenants.registers.planning import Planned, plan
from tenants.registers.shapes import UnknownField, shape_of
from tenants.registers.sources import provenance, source_of
from tenants.registers.table_rows import bounded
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import keyring

MOST_ROWS = 1_000


class TooManyInBatch(Invalid):
    """A batch has at most %(most)s rows; divide it, or send a file to be imported."""


class NothingInBatch(Invalid):
    """The batch has no rows."""


class RowRefused(Invalid):
    """This row was refused."""

    def __init__(self, fault: RowFault) -> None:
        super().__init__(field=".".join(str(one) for one in (fault.line, fault.field) if one), **fault.said)
        self.reason = fault.reason

    @property
    def sentence(self) -> str:
        return self.reason


class Became(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Result(Struct, frozen=True):
    """What became of one row, counted from 1; the person it is about, or why it was refused."""

    row: int
    became: Became
    person_id: UUID | None
    faults: list[RowFault]


def write(
    session: Session,
    register_id: UUID,
    rows: Sequence[Given],
    *,
    source: str,
    detail: str = "",
    notice: int | None = None,
    keep_good: bool = False,
    matched_by: Sequence[IdentifierKind] = (),
) -> list[Result]:
    """Values by field key, or why a row is none. A key that is not there leaves the value as it is.

    All of them, unless the good ones are wanted without the bad. Raises Forbidden, NoSuchRegister, SourceNotDeclared,
    NeedsSource, NothingInBatch, TooManyInBatch, SeveralInvalid.
    """
    permissions.require(session, Permission.IMPORT_RECORDS)
    binding.must_be_open(session, register_id)
    _refuse_size(rows)
    shape = shape_of(session, register_id)
    whence = source_of(session, register_id, source, detail)
    names = bounded(list(dict.fromkeys(name for row in rows for name in _names(row) if name in shape.by_key)))
    reading = reading_of(shape, Columns(tuple(shape.by_key[name] for name in names)), keyring(session), matched_by)
    chunk = Chunk()
    for line, row in enumerate(rows, start=1):
        if unknown := [name for name in _names(row) if name not in shape.by_key]:
            chunk.faults += [RowFault(line, 0, name[:LONGEST_NAME], UnknownField().sentence) for name in unknown]
        else:
            take(chunk, json_rows.row(line, row, names), reading)
    writing.one_import_at_a_time(session, shape.company_id)
    planned = plan(session, reading, chunk.candidates)
    faults = chunk.faults + planned.faults
    if faults and not keep_good:
        raise SeveralInvalid([RowRefused(fault) for fault in faults])
    now = datetime.now(UTC)
    written = copying.write(session, Target(reading, provenance(whence, now, notice=notice)), planned.rows)
    _note(session, register_id, written)
    return _results(len(rows), planned.rows, faults)


def _names(row: Given) -> Iterable[str]:
    return row if isinstance(row, dict) else ()


def _refuse_size(rows: Sequence[Given]) -> None:
    if not rows:
        raise NothingInBatch
    if len(rows) > MOST_ROWS:
        raise TooManyInBatch(most=MOST_ROWS)


def _note(session: Session, register_id: UUID, written: Written) -> None:
    if written.persons:
        trail.record(
            session,
            "records.received",
            about="person",
            ids=sorted(written.persons),
            register=str(register_id),
            records_new=written.records_new,
            records_changed=written.records_changed,
        )


def _results(count: int, written: Sequence[Planned], faults: Sequence[RowFault]) -> list[Result]:
    of = {row.candidate.line: row for row in written}
    why: dict[int, list[RowFault]] = {}
    for fault in faults:
        why.setdefault(fault.line, []).append(fault)
    return [
        Result(line, _became(of[line]), of[line].person_id, [])
        if line in of
        else Result(line, Became.REFUSED, None, why.get(line, []))
        for line in range(1, count + 1)
    ]


def _became(row: Planned) -> Became:
    if row.change is None:
        return Became.CREATED
    return Became.CHANGED if row.change.fields else Became.UNCHANGED

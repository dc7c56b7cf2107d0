"""The rows of a file that an import refused, as a file in the same columns, with the line and the reason before them.

They are read from the upload, which is there no longer than the import is open; nothing more of them is kept. Only who
brought the file gets them: it may hold what is sealed in the register. Mended, it can be sent as it is: our columns are
left out when it comes back.
"""

import csv
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from io import StringIO
from uuid import UUID

import msgspec
from msgspec import Struct

from tenants.acting import Acting
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.database import acting_of, walled_session
from tenants.errors import Conflict, Forbidden
from tenants.exports.formulas import harmless, in_csv
from tenants.languages.speaking import Language, translate
from tenants.registers import imports, mapping, staging
from tenants.registers.headers import rows_of
from tenants.registers.model import FileKind, ImportFault
from tenants.registers.registers import fields
from tenants.registers.staging import FileGone
from tenants.registers.table_rows import Cell, Row

LINE, WHY = "_line", "_why"
# What the spreadsheet programs of these countries take a comma for is the fraction.
SEPARATOR = ";"
PIECE = 64 * 1024


class NoRefusedRows(Conflict):
    """No row of this file was refused, or none has been checked yet."""


class BroughtByAnother(Forbidden):
    """Whoever brought the file can take its refused rows along, and nobody else."""


class RefusedRows(Struct, frozen=True):
    """On their way out. Whoever takes `pieces` closes them if not all are taken."""

    kind: FileKind
    pieces: Generator[bytes]

    @property
    def file_name(self) -> str:
        return f"refused-rows.{self.kind}"


def open_refused(acting: Acting, import_id: UUID, language: Language) -> RefusedRows:
    """Raises Forbidden, NoSuchImport, NoRefusedRows, FileGone, StorageUnavailable, ObjectMissing."""
    with walled_session(acting) as session:
        permissions.require(session, Permission.IMPORT_RECORDS)
        found = imports.get(session, import_id)
        if found.created_by != acting_of(session).actor_id:
            raise BroughtByAnother
        labels = {one.key: one.label.in_(language) for one in fields(session, found.register_id)}
        why = _reasons(imports.faults(session, import_id), labels, language)
        if found.form is None or not why:
            raise NoRefusedRows
        if found.wrapped_key is None or found.object_key is None:
            raise FileGone
        header = mapping.head_of(session, found).header
        imports.note(session, "import.refused_rows_taken", found, bad=len(why))
    read = rows_of(found.form, header, partial(staging.open_staged, found))
    rows = ((row, why[row.line]) for row in read if row.line in why)
    if found.form.kind is FileKind.NDJSON:
        return RefusedRows(FileKind.NDJSON, _ndjson(header, rows))
    return RefusedRows(FileKind.CSV, _csv(header, rows, found.form.separator or SEPARATOR))


def _reasons(faults: Sequence[ImportFault], labels: Mapping[str, str], language: Language) -> Mapping[int, str]:
    """In words, by line; the header and the file as a whole are no rows. A field is told with its key, too."""
    told: dict[int, list[str]] = {}
    for one in faults:
        if one.line > 0:
            reason = translate(language, one.reason, **one.said)
            told.setdefault(one.line, []).append(f"{_called(one.field, labels)}: {reason}" if one.field else reason)
    return {line: " ".join(reasons) for line, reasons in told.items()}


def _called(field: str, labels: Mapping[str, str]) -> str:
    return f"{labels[field]} ({field})" if field in labels else field


def _csv(header: Sequence[str], rows: Iterable[tuple[Row, str]], separator: str) -> Generator[bytes]:
    """As wide as the row is: what has too many cells is seen to have them."""
    text = StringIO()
    lines = csv.writer(text, delimiter=separator)
    text.write("\ufeff")
    lines.writerow([LINE, WHY, *map(harmless, header)])
    for row, why in rows:
        lines.writerow([row.line, harmless(why), *map(in_csv, row.cells or ())])
        if text.tell() > PIECE:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _ndjson(header: Sequence[str], rows: Iterable[tuple[Row, str]]) -> Generator[bytes]:
    """A key that the row did not have is not in it; of a line that is no object, only its number and the reason."""
    for row, why in rows:
        given = dict(_given(header, row.cells or ()))
        yield _ENCODER.encode({LINE: row.line, WHY: why, **given}) + b"\n"


def _given(header: Sequence[str], cells: Sequence[Cell]) -> Iterator[tuple[str, Cell]]:
    return ((name, cell) for name, cell in zip(header, cells, strict=False) if cell is not None)


_ENCODER = msgspec.json.Encoder(decimal_format="number")

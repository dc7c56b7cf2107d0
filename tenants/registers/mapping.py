"""Which column of a file is which field: what somebody said of it, and what was said of such a file before."""

import hashlib
import re
from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.database import acting_of
from tenants.errors import Conflict, Invalid, SeveralInvalid
from tenants.jobs.outbox import enqueue
from tenants.registers import csv_rows, imports, text_lines
from tenants.registers.headers import LEFT_OUT, NothingIdentifies, UnknownColumn, chosen, folded, is_ours
from tenants.registers.imports import CheckImport, NoSuchImport
from tenants.registers.model import Choice, FileForm, FileKind, Import, ImportMapping, ImportState
from tenants.registers.shapes import shape_of
from tenants.registers.table_rows import Head
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place, seal, unseal

LONGEST_SAMPLE = 80
LONGEST_NAME = 200
_SECRET = re.compile(r"\b\d{6}[-+A-FU-Ya-fu-y]\d{3}[0-9A-Ya-y]\b|\b[A-Z]{2}\d{2}(?: ?[0-9A-Z]){11,30}\b")
MAPPABLE = frozenset({ImportState.UNMAPPED, ImportState.CHECKED})


class NotMappable(Conflict):
    """The columns of this file are not to be chosen now."""


class NoSuchEncoding(Invalid):
    """The character encodings that are read: UTF-8, Windows-1252 and ISO 8859-1."""


class NotAnIdentifier(Invalid):
    """A row is not told by this, or the file has no column for it."""


def choose(session: Session, import_id: UUID, choice: Choice, *, matched_by: Sequence[IdentifierKind] = ()) -> Import:
    """The file is checked anew as it was said. Remembered for files with the same columns.

    Raises NoSuchImport, Forbidden, NotMappable, NoSuchEncoding, NoSeparator, SeveralInvalid.
    """
    imports.may_import(session)
    chosen_for = imports.locked(session, import_id)
    if chosen_for.state not in MAPPABLE or chosen_for.object_key is None:
        raise NotMappable
    head = head_of(session, chosen_for)
    _refuse_nonsense(session, chosen_for, choice, head, matched_by)
    # Read otherwise than it was, the file has other columns; what was said of the old ones means nothing then.
    other_form = _other_form(chosen_for.form, choice)
    if other_form:
        choice = msgspec.structs.replace(choice, columns=None)
    elif choice.columns is not None:
        _remember(session, chosen_for.register_id, head.header, choice.columns)
    chosen_for.choice, chosen_for.matched_by = choice, [kind.value for kind in matched_by]
    chosen_for.state = ImportState.RECEIVED
    enqueue(session, CheckImport(import_id))
    imports.note(session, "import.mapped", chosen_for)
    return chosen_for


def remembered(session: Session, register_id: UUID, header: Sequence[str]) -> dict[str, str]:
    """The fields by the folded names of the columns; empty where no such file was mapped before."""
    found = session.scalar(
        select(ImportMapping.fields).where(
            ImportMapping.register_id == register_id, ImportMapping.header_digest == _digest_of(header)
        )
    )
    names = {_digest(folded(name)).hex(): folded(name) for name in header}
    return {names[digest]: key for digest, key in (found or {}).items() if digest in names}


def keep_head(session: Session, of: Import, head: Head) -> None:
    """Without whatever might be an identity code or an account: those are shown nowhere."""
    masked = [["••••••" if _SECRET.search(cell) else cell[:LONGEST_SAMPLE] for cell in row] for row in head.samples]
    head = Head([name[:LONGEST_NAME] for name in head.header], masked)
    of.sealed_head = seal(keyring(session), _place(of.import_id), msgspec.json.encode(head))


def head_of(session: Session, of: Import) -> Head:
    """Raises NoSuchImport for one that has ended, or was not looked into yet."""
    if of.sealed_head is None:
        raise NoSuchImport
    return msgspec.json.decode(unseal(keyring(session), _place(of.import_id), of.sealed_head), type=Head)


def _refuse_nonsense(
    session: Session, of: Import, choice: Choice, head: Head, matched_by: Sequence[IdentifierKind]
) -> None:
    if choice.encoding is not None and choice.encoding not in text_lines.ENCODINGS:
        raise NoSuchEncoding(field="encoding")
    if choice.separator is not None:
        csv_rows.separating(choice.separator)
    if choice.columns is None or _other_form(of.form, choice):
        return
    shape = shape_of(session, of.register_id)
    columns, faults = chosen(shape, choice.columns, len(head.header))
    refusals = [fault.refusal for fault in faults]
    for fault in faults:
        fault.refusal.field = f"column-{fault.column}" if fault.column <= len(head.header) else fault.field
        if isinstance(fault.refusal, NothingIdentifies | UnknownColumn) and not fault.column:
            fault.refusal.field = None
    kinds = {slot.identifier for slot in columns.slots if slot}
    refusals += [NotAnIdentifier(field="matched_by") for kind in matched_by if kind not in kinds]
    if refusals:
        raise SeveralInvalid(refusals)


def _other_form(form: FileForm | None, choice: Choice) -> bool:
    if form is None or form.kind is not FileKind.CSV:
        return False
    return (choice.encoding or form.encoding, choice.separator or form.separator) != (form.encoding, form.separator)


def _remember(session: Session, register_id: UUID, header: Sequence[str], columns: Sequence[str | None]) -> None:
    fields = {
        _digest(folded(name)).hex(): LEFT_OUT if key is None else key
        for name, key in zip(header, columns, strict=False)
        if folded(name)
    }
    acting = acting_of(session)
    values = {"group_id": acting.group_id, "company_id": acting.company_id, "register_id": register_id}
    statement = insert(ImportMapping).values(**values, header_digest=_digest_of(header), fields=fields)
    keys = ["group_id", "company_id", "register_id", "header_digest"]
    session.execute(
        statement.on_conflict_do_update(index_elements=keys, set_={"fields": fields, "used_at": func.now()})
    )


def _digest_of(header: Sequence[str]) -> bytes:
    """Of the set of names: their order is another matter, and so is what we wrote beside them in refused rows."""
    return _digest("\n".join(sorted({folded(name) for name in header if not is_ours(name)})))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _place(import_id: UUID) -> Place:
    return Place("import", import_id, "head")

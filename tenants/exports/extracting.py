"""The file of a register is built, kept for a day and given to whoever ordered it, decrypted as it leaves.

It is read as the member who ordered it, page by page, so what they may no longer open is in no further page; and it is
encrypted before it reaches the store. Each attempt has a key and an object of its own.
"""

from collections.abc import Generator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tenants.acting import Acting, PurposeKind, member
from tenants.base import new_id
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.database import acting_of, walled_session
from tenants.exports import extracts, register_file
from tenants.exports.archive import Measured
from tenants.exports.downloading import OpenArchive
from tenants.exports.expiring import RemoveObject
from tenants.exports.extracts import ExpireExtract, ExtractEnded, NoSuchExtract
from tenants.exports.model import Extract, ExtractState
from tenants.jobs.outbox import enqueue
from tenants.registers.model import FileKind, Record, Register, Restriction
from tenants.vault import objects, sealing, streams
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place

LIVES = timedelta(days=1)


class BuiltExtract(Struct, frozen=True):
    """A file that lies in the store, and is not kept yet."""

    extract_id: UUID
    object_key: str
    key: bytes
    size: int
    sha256: str


def begin(session: Session, extract_id: UUID) -> Extract | None:
    """Also when an attempt at it was broken off. None if it was built or given up meanwhile."""
    wanted = select(Extract).where(
        Extract.extract_id == extract_id, Extract.state.in_([ExtractState.QUEUED, ExtractState.BUILDING])
    )
    begun = session.scalar(wanted.with_for_update())
    if begun is None:
        return None
    begun.state, begun.records_done = ExtractState.BUILDING, 0
    begun.records = extracts.count(session, begun.register_id)
    session.flush()
    return begun


def store(extract: Extract) -> BuiltExtract:
    """Speaks to the store. Raises StorageUnavailable, and a Refusal where it may not be taken along any more."""
    acting = member(extract.group_id, extract.ordered_by, company_id=extract.company_id, purpose=PurposeKind.STORAGE)
    with walled_session(acting) as session:
        opened = register_file.open_register(
            session, extract.register_id, fields=extract.field_ids, spreadsheet=extract.kind is FileKind.XLSX
        )
    opened = structs.replace(opened, told=lambda session, records: _count(session, extract.extract_id, records))
    key, object_key = streams.new_key(), f"{extract.group_id}/extracts/{extract.extract_id}/{new_id()}"
    with closing(register_file.pieces(opened, extract.kind)) as pieces:
        clear = Measured(pieces)
        objects.put(object_key, streams.encrypt(key, clear, context=_context(extract)))
    return BuiltExtract(extract.extract_id, object_key, key, clear.size, clear.sha256)


def keep(session: Session, built: BuiltExtract) -> None:
    """Given up meanwhile, it is removed."""
    wanted = select(Extract).where(Extract.extract_id == built.extract_id, Extract.state == ExtractState.BUILDING)
    extract = session.scalar(wanted.with_for_update())
    if extract is None:
        enqueue(session, RemoveObject(built.object_key))
        return
    extract.state, extract.object_key = ExtractState.READY, built.object_key
    extract.wrapped_key = sealing.seal(keyring(session), _place(extract), built.key)
    extract.size, extract.sha256 = built.size, built.sha256
    extract.built_at = datetime.now(UTC)
    extract.expires_at = extract.built_at + LIVES
    enqueue(session, ExpireExtract(extract.extract_id), due_at=extract.expires_at)
    extracts.note(session, "extract.ready", extract)


def open_file(acting: Acting, extract_id: UUID) -> OpenArchive:
    """For whoever ordered it. Raises Forbidden, NoSuchExtract, ExtractEnded, StorageUnavailable, ObjectMissing."""
    with walled_session(acting) as session:
        extract = _ready(session, extract_id)
        name = session.scalars(select(Register.key).where(Register.register_id == extract.register_id)).one()
        key = sealing.unseal(keyring(session), _place(extract), extract.wrapped_key or b"")
    sealed = objects.get(extract.object_key or "")
    try:
        with walled_session(acting) as session:
            extract = _ready(session, extract_id)
            extract.downloads += 1
            extracts.note(session, "extract.downloaded", extract)
    except BaseException:
        sealed.close()
        raise
    return OpenArchive(
        f"{name}.{extract.kind}", extract.size or 0, extract.sha256 or "", _decrypted(key, extract, sealed)
    )


def _ready(session: Session, extract_id: UUID) -> Extract:
    permissions.require(session, Permission.EXPORT_RECORDS)
    wanted = select(Extract).where(Extract.extract_id == extract_id, Extract.ordered_by == acting_of(session).actor_id)
    found = session.scalar(wanted.with_for_update())
    if found is None or found.state in (ExtractState.QUEUED, ExtractState.BUILDING):
        raise NoSuchExtract
    if found.state is not ExtractState.READY or found.expires_at is None or found.expires_at <= datetime.now(UTC):
        raise ExtractEnded
    if _restricted_since(session, found):
        raise ExtractEnded
    return found


def _restricted_since(session: Session, extract: Extract) -> bool:
    """Whether the file may hold what is only stored by now (Art. 18): it is ordered anew then."""
    restricted = (
        select(Record.record_id)
        .join(Restriction, Restriction.person_id == Record.person_id)
        .where(Record.register_id == extract.register_id, Record.restricted, Restriction.placed_at > extract.created_at)
    )
    return session.scalar(restricted.limit(1)) is not None


def _decrypted(key: bytes, extract: Extract, sealed: Generator[bytes]) -> Generator[bytes]:
    with closing(sealed):
        yield from streams.decrypt(key, sealed, context=_context(extract))


def _count(session: Session, extract_id: UUID, records: int) -> None:
    """How far it is, with the page that was read."""
    done = update(Extract).where(Extract.extract_id == extract_id)
    session.execute(done.values(records_done=Extract.records_done + records))


def _context(extract: Extract) -> bytes:
    return b"extract" + extract.group_id.bytes + extract.extract_id.bytes


def _place(extract: Extract) -> Place:
    return Place("extract", extract.extract_id, "wrapped_key", extract.company_id)

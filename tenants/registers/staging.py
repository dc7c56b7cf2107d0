"""A file on its way into a register, encrypted under a key of its own from the moment it arrives."""

from collections.abc import Iterable, Iterator
from functools import partial
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import Acting
from tenants.database import walled_session
from tenants.errors import Conflict, Invalid
from tenants.registers.model import Import
from tenants.registers.table_rows import Source
from tenants.vault import objects, streams, wrapping

LARGEST = 2 * 1024**3 - 1


class FileTooLarge(Invalid):
    """The file is larger than 2 GB; divide it."""


class FileGone(Conflict):
    """The file was destroyed when its import ended."""


class Staged(Struct, frozen=True):
    """A stored file that no import has taken yet."""

    import_id: UUID
    wrapped_key: bytes
    size: int


def stage(group_id: UUID, import_id: UUID, pieces: Iterable[bytes]) -> Staged:
    """Of an import that is expected (imports.expect). Speaks to the object store: no transaction may be open.

    Raises StorageUnavailable, FileTooLarge.
    """
    key = streams.new_key()
    counted = _Counted(pieces)
    objects.put(object_key(group_id, import_id), streams.encrypt(key, counted, context=_context(import_id)))
    wrapped = wrapping.wrap(key, group_id=group_id, name=_name(import_id))
    return Staged(import_id, wrapped, counted.size)


def open_staged(staged: Import) -> Iterator[bytes]:
    """Raises FileGone, StorageUnavailable, ObjectMissing; Tampered while it is read."""
    if staged.wrapped_key is None or staged.object_key is None:
        raise FileGone
    key = wrapping.unwrap(staged.wrapped_key, group_id=staged.group_id, name=_name(staged.import_id))
    return streams.decrypt(key, objects.get(staged.object_key), context=_context(staged.import_id))


def source_of(acting: Acting, import_id: UUID) -> Source:
    """The staged file, for `checking.check` and `writing.write`."""
    with walled_session(acting) as session:
        staged = session.scalars(select(Import).where(Import.import_id == import_id)).one()
    return partial(open_staged, staged)


def rewrap(session: Session) -> int:
    """The keys of the acting company's files under the master key of today; how many were not. Raises NotUnwrapped."""
    count = 0
    for row in session.scalars(select(Import).where(Import.wrapped_key.is_not(None)).with_for_update()).all():
        anew = wrapping.wrap_anew(row.wrapped_key or b"", group_id=row.group_id, name=_name(row.import_id))
        if anew is not None:
            row.wrapped_key, count = anew, count + 1
    return count


def object_key(group_id: UUID, import_id: UUID) -> str:
    return f"{group_id}/imports/{import_id}"


class _Counted:
    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.size += len(piece)
            if self.size > LARGEST:
                raise FileTooLarge
            yield piece


def _name(import_id: UUID) -> str:
    return f"import {import_id}"


def _context(import_id: UUID) -> bytes:
    return b"import " + import_id.bytes

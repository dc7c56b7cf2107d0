"""Taking a register along: ordered with its columns, its form and its purpose, and destroyed a day after it was built.

Whoever orders it gets it, and nobody else: it is read as them, inside what they may open. Who took what along, and for
what, stays.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.acting import Actor, PurposeKind
from tenants.audit import trail
from tenants.base import new_id
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.database import acting_of
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.exports import register_file
from tenants.exports.expiring import RemoveObject
from tenants.exports.model import Extract, ExtractState
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import Text as Words
from tenants.registers.model import Field, FileKind, Purpose

SHOWN = 50
OPEN = frozenset({ExtractState.QUEUED, ExtractState.BUILDING, ExtractState.READY})


class BuildExtract(Job, frozen=True):
    """Reads all of a register, and speaks to the store."""

    name: ClassVar[str] = "exports.build_extract"
    queue: ClassVar[Queue] = Queue.BULK
    purpose: ClassVar[PurposeKind | None] = PurposeKind.STORAGE

    extract_id: UUID


class ExpireExtract(Job, frozen=True):
    """Due when the file's day is over."""

    name: ClassVar[str] = "exports.expire_extract"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.STORAGE

    extract_id: UUID


class NoSuchExtract(NotFound):
    """There is no such file of a register here."""


class NothingChosen(Invalid):
    """Choose at least one column."""


class NoPurposeOfRegister(Invalid):
    """Choose for which of the register's purposes its data is taken along."""


class OnlyMembersExtract(Forbidden):
    """A member of staff takes a register along, in their own name."""


class ExtractEnded(Conflict):
    """The file is no longer there: it was discarded, its day is over, or what it holds may be handed out no more."""


def order(
    session: Session, register_id: UUID, *, fields: Collection[UUID], kind: FileKind, purpose_id: UUID | None
) -> Extract:
    """Raises Forbidden, NoSuchRegister, Invalid."""
    acting = acting_of(session)
    if acting.actor is not Actor.MEMBER or acting.actor_id is None:
        raise OnlyMembersExtract
    opened = register_file.open_register(session, register_id, fields=fields, spreadsheet=kind is FileKind.XLSX)
    if not opened.columns:
        raise NothingChosen(field="fields")
    extract = Extract(
        extract_id=new_id(),
        register_id=register_id,
        purpose_id=_purpose(session, register_id, purpose_id),
        kind=kind,
        field_ids=[UUID(field) for field in opened.fields],
        state=ExtractState.QUEUED,
        ordered_by=acting.actor_id,
    )
    session.add(extract)
    session.flush()
    enqueue(session, BuildExtract(extract.extract_id))
    note(session, "extract.ordered", extract)
    return extract


def recent(session: Session) -> Sequence[Extract]:
    """The company's newest, whoever ordered them. Raises Forbidden."""
    permissions.require(session, Permission.EXPORT_RECORDS)
    return session.scalars(select(Extract).order_by(Extract.extract_id.desc()).limit(SHOWN)).all()


def get(session: Session, extract_id: UUID) -> Extract:
    """Raises Forbidden, NoSuchExtract."""
    permissions.require(session, Permission.EXPORT_RECORDS)
    found = session.scalar(select(Extract).where(Extract.extract_id == extract_id))
    if found is None:
        raise NoSuchExtract
    return found


def is_own(session: Session, extract: Extract) -> bool:
    return extract.ordered_by == acting_of(session).actor_id


def discard(session: Session, extract_id: UUID) -> None:
    """By anybody who may take the register along. Raises Forbidden, NoSuchExtract, ExtractEnded."""
    get(session, extract_id)
    if not _end(session, extract_id, ExtractState.CANCELLED):
        raise ExtractEnded


def expire(session: Session, extract_id: UUID) -> None:
    _end(session, extract_id, ExtractState.EXPIRED)


def fail(session: Session, extract_id: UUID, failure: str) -> None:
    """`failure` is the sentence of a refusal."""
    _end(session, extract_id, ExtractState.FAILED, failure=failure)


def _end(session: Session, extract_id: UUID, state: ExtractState, *, failure: str | None = None) -> bool:
    """Without its key the file is lost to everybody; a job removes what is left of it."""
    wanted = select(Extract).where(Extract.extract_id == extract_id, Extract.state.in_(OPEN))
    ended = session.scalar(wanted.with_for_update())
    if ended is None:
        return False
    if ended.object_key is not None:
        enqueue(session, RemoveObject(ended.object_key))
    ended.state, ended.failure, ended.ended_at = state, failure, datetime.now(UTC)
    ended.wrapped_key = ended.object_key = None
    note(session, f"extract.{state}", ended)
    return True


def _purpose(session: Session, register_id: UUID, purpose_id: UUID | None) -> UUID:
    found = session.scalar(
        select(Purpose.purpose_id).where(
            Purpose.purpose_id == purpose_id, Purpose.register_id == register_id, Purpose.retired_at.is_(None)
        )
    )
    if found is None:
        raise NoPurposeOfRegister(field="purpose")
    return found


def purposes(session: Session, register_id: UUID) -> Sequence[Purpose]:
    """Those for which data of the register may be taken along."""
    in_force = select(Purpose).where(Purpose.register_id == register_id, Purpose.retired_at.is_(None))
    return session.scalars(in_force.order_by(Purpose.position, Purpose.key)).all()


def labels(session: Session, field_ids: Collection[UUID]) -> Mapping[UUID, Words]:
    """Also of fields that are retired by now."""
    return {one.field_id: one.label for one in session.scalars(select(Field).where(Field.field_id.in_(field_ids)))}


def purposes_named(session: Session, purpose_ids: Collection[UUID]) -> Mapping[UUID, Words]:
    found = session.scalars(select(Purpose).where(Purpose.purpose_id.in_(purpose_ids)))
    return {one.purpose_id: one.label for one in found}


def count(session: Session, register_id: UUID) -> int:
    """How many records the file of a register has."""
    return session.scalars(select(func.count()).select_from(register_file.taken_along(register_id).subquery())).one()


def note(session: Session, action: str, about: Extract) -> None:
    """With how large it is, and how often it was downloaded, by now."""
    trail.record(
        session,
        action,
        about="extract",
        ids=[about.extract_id],
        register=str(about.register_id),
        purpose_id=str(about.purpose_id),
        fields=len(about.field_ids),
        records=about.records_done,
        size=about.size or 0,
        downloads=about.downloads,
    )

"""The end of an archive: its key is destroyed with the row's change, its object right after; the evidence stays."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.exports.model import Export, ExportState
from tenants.jobs.model import Job
from tenants.jobs.outbox import enqueue


class ExpireExport(Job, frozen=True):
    """Due when the archive's days are over."""

    name: ClassVar[str] = "exports.expire"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST

    export_id: UUID


class RemoveObject(Job, frozen=True):
    """Speaks to the store. Nobody has the object's key any more."""

    name: ClassVar[str] = "exports.remove_object"

    object_key: str


def expire(session: Session, export_id: UUID) -> Export | None:
    """The archive, if this ended it; None if it had ended before."""
    return _end(session, export_id, ExportState.EXPIRED)


def cancel(session: Session, export_id: UUID) -> Export | None:
    """For a request that was withdrawn: ends the archive, built or not. None if it had ended before."""
    return _end(session, export_id, ExportState.CANCELLED)


def _end(session: Session, export_id: UUID, state: ExportState) -> Export | None:
    export = session.scalar(
        select(Export)
        .where(Export.export_id == export_id, Export.state.in_([ExportState.QUEUED, ExportState.READY]))
        .with_for_update()
    )
    if export is None:
        return None
    if export.object_key is not None:
        enqueue(session, RemoveObject(export.object_key))
    export.state, export.wrapped_key, export.object_key, export.ended_at = state, None, None, func.now()
    trail.record(session, f"export.{state}", about="export", ids=[export_id])
    return export

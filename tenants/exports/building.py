"""Building an archive: read, then send, then keep; no transaction is open while the store is spoken to.

Each attempt has a key and an object of its own. Only the attempt whose key is kept can ever be opened; what an attempt
that died left in the store is noise under a key that nobody has, and the bucket's lifecycle sweeps it.
"""

from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.exports.archive import Archive, Measured
from tenants.exports.dossier import Dossier, collect
from tenants.exports.expiring import ExpireExport, RemoveObject
from tenants.exports.model import Evidence, Export, ExportState
from tenants.exports.sealed import seal_key, stream_context
from tenants.jobs.outbox import enqueue
from tenants.vault import objects, streams


class Built(Struct, frozen=True):
    """An archive that lies in the store, and is not kept yet."""

    dossier: Dossier
    object_key: str
    wrapped_key: bytes
    size: int
    sha256: str
    evidence: Evidence


# Made once: to make a statement takes longer than to send it.
_QUEUED = select(Export).where(Export.export_id == bindparam("export_id"), Export.state == ExportState.QUEUED)
_EXPORTS = cast("Table", Export.__table__)
_KEEP = (
    update(_EXPORTS)
    .where(_EXPORTS.c.export_id == bindparam("kept"), _EXPORTS.c.state == ExportState.QUEUED)
    .values(
        state=ExportState.READY,
        **{
            name: bindparam(name)
            for name in ("wrapped_key", "object_key", "size", "sha256", "evidence", "built_at", "expires_at")
        },
    )
    .returning(_EXPORTS.c.export_id)
)


def read(session: Session, export_id: UUID) -> Dossier | None:
    """What the archive is made of. None if it was built or given up meanwhile."""
    export = session.scalar(_QUEUED, {"export_id": export_id})
    if export is None:
        return None
    dossier = collect(session, export)
    trail.record(
        session,
        "export.collected",
        about="person",
        ids=[export.person_id],
        export=str(export_id),
        records=sum(held.records for held in dossier.registers),
    )
    return dossier


def store(dossier: Dossier) -> Built:
    """To be kept by `keep` in the transaction that ends the job. Raises StorageUnavailable."""
    export, key = dossier.export, streams.new_key()
    object_key = f"{export.group_id}/exports/{export.export_id}/{new_id()}"
    archive = Archive(dossier)
    clear = Measured(archive.pieces())
    objects.put(object_key, streams.encrypt(key, clear, context=stream_context(export)))
    return Built(
        dossier=dossier,
        object_key=object_key,
        wrapped_key=seal_key(dossier.keyring, export, key),
        size=clear.size,
        sha256=clear.sha256,
        evidence=archive.evidence(),
    )


def keep(session: Session, built: Built) -> datetime | None:
    """Makes the archive ready, until when; None if it was given up, or built by another, while this was being built."""
    export, now = built.dossier.export, datetime.now(UTC)
    expires_at = now + timedelta(days=built.dossier.company.archive_days)
    new = {
        "kept": export.export_id,
        "wrapped_key": built.wrapped_key,
        "object_key": built.object_key,
        "size": built.size,
        "sha256": built.sha256,
        "evidence": built.evidence,
        "built_at": now,
        "expires_at": expires_at,
    }
    kept = session.connection().execute(_KEEP, new).scalar_one_or_none()
    if kept is None:
        enqueue(session, RemoveObject(built.object_key))
        return None
    enqueue(session, ExpireExport(kept), due_at=expires_at)
    trail.record(session, "export.ready", about="export", ids=[kept], size=built.size, sha256=built.sha256)
    return expires_at

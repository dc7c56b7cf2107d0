"""What remains of an archive is that it was, not what was in it."""

import pytest
from sqlalchemy import select

from tenants.audit.model import AuditEntry
from tenants.database import walled_session
from tenants.exports import expiring
from tenants.exports.expiring import RemoveObject
from tenants.exports.model import Export, ExportState
from tenants.jobs.model import QueuedJob
from tenants.vault import objects
from tests.tenants.exports.people import Customer, built, ordered


def expired(whose: Customer, export: Export) -> Export:
    with walled_session(whose.worker) as session:
        ended = expiring.expire(session, export.export_id)
        assert ended is not None
    with walled_session(whose.worker) as session:
        return session.scalars(select(Export).where(Export.export_id == export.export_id)).one()


def test_expiry_destroys_the_key_and_keeps_the_evidence(aino: Customer) -> None:
    before = built(aino)
    after = expired(aino, before)
    assert (after.state, after.wrapped_key, after.object_key) == (ExportState.EXPIRED, None, None)
    assert after.ended_at is not None
    assert (after.size, after.sha256, after.evidence) == (before.size, before.sha256, before.evidence)
    assert (after.built_at, after.expires_at) == (before.built_at, before.expires_at)


def test_the_object_leaves_the_store_by_a_job(aino: Customer) -> None:
    before = built(aino)
    expired(aino, before)
    assert before.object_key is not None
    with walled_session(aino.worker) as session:
        (job,) = session.scalars(select(QueuedJob).where(QueuedJob.name == RemoveObject.name))
    assert job.arguments == {"object_key": before.object_key}
    objects.delete(before.object_key)
    with pytest.raises(objects.ObjectMissing):
        objects.get(before.object_key)


def test_an_archive_ends_once(aino: Customer) -> None:
    before = built(aino)
    expired(aino, before)
    with walled_session(aino.worker) as session:
        assert expiring.expire(session, before.export_id) is None
        assert expiring.cancel(session, before.export_id) is None


def test_an_archive_that_was_never_built_has_nothing_to_remove(aino: Customer) -> None:
    export_id = ordered(aino)
    with walled_session(aino.worker) as session:
        ended = expiring.cancel(session, export_id)
        assert ended is not None
        assert ended.state is ExportState.CANCELLED
    with walled_session(aino.worker) as session:
        assert session.scalars(select(QueuedJob).where(QueuedJob.name == RemoveObject.name)).all() == []


def test_the_end_is_in_the_audit(aino: Customer) -> None:
    export = built(aino)
    expired(aino, export)
    with walled_session(aino.worker) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "export.expired")).one()
    assert entry.about_ids == [export.export_id]

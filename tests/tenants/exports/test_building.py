"""Building is done once, whatever happens on the way."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tenants import database
from tenants.acting import DatabaseRole
from tenants.audit.model import AuditEntry
from tenants.database import walled_session
from tenants.exports import building, dossier, expiring, paging
from tenants.exports.archive import Archive
from tenants.exports.dossier import Part
from tenants.exports.expiring import ExpireExport, RemoveObject
from tenants.exports.model import Export, ExportState
from tenants.exports.ordering import BuildExport
from tenants.jobs.model import Job, QueuedJob
from tenants.registers.model import Cardinality
from tenants.vault import objects
from tests import make, stores
from tests.make import MadeCompany
from tests.tenants.exports.people import (
    BEATA,
    Customer,
    build,
    built,
    export_of,
    link_to,
    new_customer,
    opened,
    ordered,
    unpacked,
    write_many,
)


def jobs(whose: Customer, kind: type[Job]) -> list[QueuedJob]:
    with walled_session(whose.worker) as session:
        return list(session.scalars(select(QueuedJob).where(QueuedJob.name == kind.name)))


def test_an_order_queues_the_job_that_builds_it(aino: Customer) -> None:
    export_id = ordered(aino)
    (job,) = jobs(aino, BuildExport)
    assert job.arguments == {"export_id": str(export_id)}
    assert job.company_id == aino.company.company_id
    assert export_of(aino, export_id).state is ExportState.QUEUED


def test_a_built_archive_is_ready_until_its_days_are_over(aino: Customer) -> None:
    export = built(aino)
    assert export.state is ExportState.READY
    assert export.built_at is not None
    assert export.expires_at == export.built_at + timedelta(days=14)
    (job,) = jobs(aino, ExpireExport)
    assert (job.arguments, job.due_at) == ({"export_id": str(export.export_id)}, export.expires_at)


def test_reading_aino_s_data_and_finishing_her_archive_are_in_the_audit(aino: Customer) -> None:
    export = built(aino)
    with walled_session(aino.worker) as session:
        entries = {entry.action: entry for entry in session.scalars(select(AuditEntry))}
    read = entries["export.collected"]
    assert (read.about, read.about_ids, read.purpose) == ("person", [aino.person_id], "rights_request")
    assert entries["export.ready"].about_ids == [export.export_id]
    assert entries["export.ready"].figures["sha256"] == export.sha256


def test_a_second_message_builds_nothing(aino: Customer) -> None:
    export = built(aino)
    assert build(aino.worker, export.export_id) is None


def test_of_two_attempts_the_first_to_finish_is_kept_and_opens(aino: Customer) -> None:
    export_id = ordered(aino)
    fast, slow = build(aino.worker, export_id), build(aino.worker, export_id)
    assert fast is not None
    assert slow is not None
    with walled_session(aino.worker) as session:
        assert building.keep(session, fast)
    with walled_session(aino.worker) as session:
        assert not building.keep(session, slow)
    (job,) = jobs(aino, RemoveObject)
    assert job.arguments == {"object_key": slow.object_key}
    assert "data/alfa/customers.json" in unpacked(aino, export_of(aino, export_id))


def test_a_request_withdrawn_before_the_worker_came_is_not_built(aino: Customer) -> None:
    export_id = ordered(aino)
    with walled_session(aino.worker) as session:
        assert expiring.cancel(session, export_id) is not None
    assert build(aino.worker, export_id) is None


def test_a_request_withdrawn_while_it_was_built_leaves_no_archive(aino: Customer) -> None:
    export_id = ordered(aino)
    archive = build(aino.worker, export_id)
    assert archive is not None
    with walled_session(aino.worker) as session:
        expiring.cancel(session, export_id)
    with walled_session(aino.worker) as session:
        assert not building.keep(session, archive)
    export = export_of(aino, export_id)
    assert (export.state, export.wrapped_key, export.object_key) == (ExportState.CANCELLED, None, None)
    (job,) = jobs(aino, RemoveObject)
    assert job.arguments == {"object_key": archive.object_key}


def test_while_the_store_is_out_the_archive_waits_and_is_built_later(aino: Customer) -> None:
    export_id = ordered(aino)
    with stores.outage(), pytest.raises(objects.StorageUnavailable):
        build(aino.worker, export_id)
    assert export_of(aino, export_id).state is ExportState.QUEUED
    archive = build(aino.worker, export_id)
    assert archive is not None
    with walled_session(aino.worker) as session:
        assert building.keep(session, archive)
    assert b"".join(opened(aino, link_to(aino, export_of(aino, export_id))).pieces)


def test_the_worker_of_another_company_finds_no_such_archive(aino: Customer) -> None:
    export_id = ordered(aino)
    beeta = new_customer(make.company(aino.company.group, "beeta"))
    assert build(beeta.worker, export_id) is None
    assert export_of(aino, export_id).state is ExportState.QUEUED


def test_no_transaction_is_open_while_an_archive_leaves(alfa: MadeCompany, monkeypatch: pytest.MonkeyPatch) -> None:
    beata = new_customer(alfa)
    orders = make.register(alfa, "orders", cardinality=Cardinality.MANY)
    write_many(beata, orders, [{**BEATA, "customer_number": f"T-{number}"} for number in range(5)])
    export_id = ordered(beata, Part.ACCESS)
    monkeypatch.setattr(paging, "PAGE", 2)
    with walled_session(beata.worker) as session:
        collected = dossier.collect(session, session.scalars(select(Export).where(Export.export_id == export_id)).one())
    pool = database.engine(DatabaseRole.APP).pool
    lent = {pool.checkedout() for _ in Archive(collected).pieces()}  # type: ignore[attr-defined]
    assert collected.records.large
    assert lent == {0}

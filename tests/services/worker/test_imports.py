"""An upload goes its way by jobs, from the sealed object to the register, and leaves no file behind."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from services.worker import handling
from services.worker import imports as actors
from tenants.database import walled_session
from tenants.jobs.model import QueuedJob
from tenants.registers import candidates, imports, staging
from tenants.registers.imports import CheckImport, DropUpload, ForgetImport, WriteImport
from tenants.registers.model import Import, ImportState
from tenants.vault import objects
from tenants.vault.objects import ObjectMissing
from tests import make
from tests.make import MadeRegister

pytestmark = pytest.mark.usefixtures("database", "storage")

FILE = "customer_number;name\n" + "".join(f"K-{number};Nimi {number}\n" for number in range(7))


@pytest.fixture
def customers(database: object) -> MadeRegister:
    return make.register(make.company(make.group()))


@pytest.fixture
def upload(customers: MadeRegister) -> UUID:
    with walled_session(customers.company.system()) as session:
        import_id = imports.expect(session, customers.register_id, source="Lataus")
    staged = staging.stage(customers.company.group.group_id, import_id, iter([FILE.encode()]))
    with walled_session(customers.company.system()) as session:
        return imports.receive(session, customers.register_id, source="Lataus", staged=staged).import_id


def do(of: MadeRegister, kind: type[CheckImport | WriteImport | ForgetImport | DropUpload]) -> int:
    """Runs the jobs of this kind that are not done, due or not; says how many."""
    with walled_session(of.company.group.system()) as session:
        waiting = select(QueuedJob).where(QueuedJob.name == kind.name, QueuedJob.done_at.is_(None))
        jobs = session.scalars(waiting).all()
        for job in jobs:
            job.due_at = text("now()")  # type: ignore[assignment]
    for job in jobs:
        handling.run(str(of.company.group.group_id), str(job.job_id))
    return len(jobs)


def state(of: MadeRegister, import_id: UUID) -> Import:
    with walled_session(of.company.system()) as session:
        return imports.get(session, import_id)


def test_an_upload_is_checked_and_written_by_jobs(customers: MadeRegister, upload: UUID) -> None:
    assert do(customers, CheckImport) == 1
    assert state(customers, upload).state is ImportState.CHECKED
    with walled_session(customers.company.system()) as session:
        imports.approve(session, upload)
    assert do(customers, WriteImport) == 1
    done = state(customers, upload)
    assert (done.state, done.rows_written, done.object_key) == (ImportState.DONE, 7, None)


def test_a_long_file_is_written_by_several_jobs_in_turn(
    customers: MadeRegister, upload: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "ROWS", 3)
    monkeypatch.setattr(actors, "WRITES_AT_MOST", timedelta(0))
    do(customers, CheckImport)
    with walled_session(customers.company.system()) as session:
        imports.approve(session, upload)
    turns = 0
    while state(customers, upload).state is ImportState.WRITING:
        turns += do(customers, WriteImport)
    assert turns > 2
    assert state(customers, upload).rows_written == 7


def test_a_forgotten_upload_is_gone(customers: MadeRegister, upload: UUID) -> None:
    assert do(customers, ForgetImport) == 1
    forgotten = state(customers, upload)
    assert (forgotten.state, forgotten.wrapped_key, forgotten.object_key) == (ImportState.REFUSED, None, None)
    assert do(customers, CheckImport) == 1
    assert state(customers, upload).state is ImportState.REFUSED


def test_whatever_became_an_import_is_not_dropped(customers: MadeRegister, upload: UUID) -> None:
    assert do(customers, DropUpload) == 1
    assert do(customers, CheckImport) == 1
    assert state(customers, upload).state is ImportState.CHECKED


def test_a_crash_between_storing_and_receiving_leaves_no_file_for_long(customers: MadeRegister) -> None:
    """Nothing ran after the file was stored: the row that was there before it does the rest."""
    with walled_session(customers.company.system()) as session:
        import_id = imports.expect(session, customers.register_id, source="Lataus")
    group_id = customers.company.group.group_id
    staging.stage(group_id, import_id, iter([FILE.encode()]))
    assert do(customers, DropUpload) == 1
    with pytest.raises(ObjectMissing):
        objects.get(staging.object_key(group_id, import_id))

"""A worker that is killed while it writes an import leaves neither a row too many nor one too few."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from infra.embedded.postgres import Postgres
from tenants.audit.model import AuditEntry
from tenants.database import walled_session
from tenants.jobs.model import QueuedJob
from tenants.registers import checking, imports, staging
from tenants.registers.candidates import ROWS
from tenants.registers.imports import WriteImport
from tenants.registers.model import Import, ImportState, Person, Record
from tenants.vault import objects
from tenants.vault.objects import ObjectMissing
from tests import make
from tests.faults import processes
from tests.faults.holding import held, somebody_waits
from tests.make import MadeRegister
from tests.waiting import until

CUSTOMERS = 5 * ROWS
BAD = 7  # a row without the number that it must have
HEADER = "customer_number;name;email\n"


def content() -> Iterator[bytes]:
    yield HEADER.encode()
    for number in range(CUSTOMERS):
        given = "" if number == BAD else str(number)
        yield f"{given};Asiakas {number};asiakas{number}@esimerkki.example\n".encode()


@pytest.fixture
def customers(storage: object) -> MadeRegister:
    return make.register(make.company(make.group()))


@pytest.fixture
def approved(customers: MadeRegister) -> UUID:
    """Checked already; its rows wait for a worker."""
    acting = customers.company.system()
    with walled_session(acting) as session:
        import_id = imports.expect(session, customers.register_id, source="kassa")
    staged = staging.stage(customers.company.group.group_id, import_id, content())
    with walled_session(acting) as session:
        imports.receive(session, customers.register_id, source="kassa", staged=staged)
    checking.check(acting, import_id, staging.source_of(acting, import_id))
    with walled_session(acting) as session:
        imports.approve(session, import_id, keep_good=True)
    return import_id


def state(of: MadeRegister, import_id: UUID) -> Import:
    with walled_session(of.company.system()) as session:
        return imports.get(session, import_id)


def test_of_a_worker_killed_with_rows_in_hand_another_takes_over(
    tmp_path: Path, database: Postgres, customers: MadeRegister, approved: UUID
) -> None:
    with processes.relay(tmp_path):
        with processes.worker(tmp_path) as victim:
            until(lambda: state(customers, approved).rows_written > 0, 30)
            # The audit is closed: whoever writes rows gets as far as the last statement of a transaction.
            with held(database, "audit_entries", "SHARE"):
                until(lambda: somebody_waits(database, "audit_entries"), 9)
                os.kill(victim.pid, signal.SIGKILL)
                victim.process.wait(10)
        halfway = state(customers, approved)
        assert (halfway.state, 0 < halfway.rows_written < CUSTOMERS - 1) == (ImportState.WRITING, True)
        assert records(customers) == halfway.rows_written
        with processes.worker(tmp_path):
            until(lambda: state(customers, approved).state is not ImportState.WRITING, 60)
    done = state(customers, approved)
    assert (done.state, done.rows_written, done.rows_bad) == (ImportState.DONE, CUSTOMERS - 1, 1)
    assert done.persons_new == CUSTOMERS - 1
    assert each_row_once(customers)
    assert told_once(customers, approved)
    assert jobs(customers) == [(True, True)]
    with pytest.raises(ObjectMissing):
        objects.get(staging.object_key(customers.company.group.group_id, approved))


def records(of: MadeRegister) -> int:
    with walled_session(of.company.system()) as session:
        return session.scalars(select(func.count()).select_from(Record)).one()


def each_row_once(of: MadeRegister) -> bool:
    """By the customer number that is in each."""
    number = Record.data[str(of.fields["customer_number"])].astext
    with walled_session(of.company.system()) as session:
        written = sorted(map(int, session.scalars(select(number))))
        persons = session.scalars(select(func.count()).select_from(Person)).one()
    return written == [one for one in range(CUSTOMERS) if one != BAD] and persons == CUSTOMERS - 1


def told_once(of: MadeRegister, import_id: UUID) -> bool:
    """The audit names each person once, in entries for as many as were written together, and each step once."""
    with walled_session(of.company.system()) as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.entry_id)).all()
        persons = set(session.scalars(select(Person.person_id)))
    named = [one for entry in entries if entry.action == "records.imported" for one in entry.about_ids]
    steps = [entry.action for entry in entries if entry.about == "import" and entry.about_ids == [import_id]]
    assert len(named) == len(set(named))
    assert steps == ["import.received", "import.checked", "import.approved", "import.done"]
    return set(named) == persons


def jobs(of: MadeRegister) -> list[tuple[bool, bool]]:
    """Of the jobs that write: whether they are done, and whether they were begun more than once."""
    with walled_session(of.company.group.system()) as session:
        rows = session.scalars(select(QueuedJob).where(QueuedJob.name == WriteImport.name)).all()
    return [(row.done_at is not None, row.attempts > 1) for row in rows]

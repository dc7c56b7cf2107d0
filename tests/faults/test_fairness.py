"""A group that wants much does not keep another one waiting."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from tenants.acting import PurposeKind
from tenants.base import new_id
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.exports import ordering
from tenants.jobs import outbox
from tenants.jobs.model import Queue, QueuedJob
from tenants.registers.model import Cardinality
from tenants.requests import workflow
from tenants.requests.model import Case, CaseState
from tests import make
from tests.faults import kinds, processes
from tests.faults.kinds import notes_in_order, times
from tests.make import MadeGroup, MadeRegister
from tests.queue import run_jobs
from tests.services import stage
from tests.tenants.exports import people
from tests.tenants.exports.people import Customer
from tests.waiting import until


def undone(group: MadeGroup) -> int:
    with walled_session(group.system()) as session:
        return session.scalar(select(func.count()).where(QueuedJob.done_at.is_(None))) or 0


def test_one_job_of_a_group_overtakes_a_thousand_of_another(tmp_path: Path) -> None:
    busy, modest = make.group(), make.group()
    notes, only = [new_id() for _ in range(1000)], new_id()
    with walled_session(busy.system()) as session:
        for note in notes:
            outbox.enqueue(session, kinds.Remember(note))
    with processes.relay(tmp_path), processes.worker(tmp_path):
        until(lambda: undone(busy) < 990, 20)
        with walled_session(modest.system()) as session:
            outbox.enqueue(session, kinds.Remember(only))
        until(lambda: times(modest, only) == 1, 20)
        left = undone(busy)
        until(lambda: undone(busy) == 0, 60)
    assert left > 700, left
    assert notes_in_order(busy) == notes


def test_a_large_archive_delays_no_small_one(tmp_path: Path, storage: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "MANY_RECORDS", 3)
    register = make.register(make.company(make.group()), cardinality=Cardinality.MANY)
    large, small = approved(register, "paljon@esimerkki.example", 4), approved(register, "vahan@esimerkki.example", 3)
    assert queues(register.company.group) == [Queue.BULK, Queue.DEFAULT]
    with processes.relay(tmp_path):
        with processes.worker(tmp_path, queues=[Queue.DEFAULT]):
            until(lambda: state(register, small) is CaseState.ANSWERED, 30)
        assert state(register, large) is CaseState.BUILDING
        with processes.worker(tmp_path, queues=[Queue.BULK]):
            until(lambda: state(register, large) is CaseState.ANSWERED, 30)


def approved(register: MadeRegister, email: str, records: int) -> UUID:
    """The case of somebody of whom there are so many records; its archive is ordered."""
    company = register.company
    person_id = stage.customer(register, email, email)
    more: Iterator[dict[str, str]] = ({"customer_number": f"{email} {number}"} for number in range(1, records))
    people.write_many(Customer(company, person_id, new_id()), register, more)
    staff = make.staff(company.group, (Role.COMPANY_ADMIN, company))
    case_id, _ = stage.enter(staff, company, email)
    run_jobs(company.group, only="requests.open")
    with walled_session(staff.acting(company, PurposeKind.RIGHTS_REQUEST)) as session:
        workflow.approve(session, case_id)
    return case_id


def state(register: MadeRegister, case_id: UUID) -> CaseState:
    with walled_session(register.company.system(PurposeKind.RIGHTS_REQUEST)) as session:
        return session.scalars(select(Case.state).where(Case.case_id == case_id)).one()


def queues(group: MadeGroup) -> list[Queue]:
    """Of the archives, in the order in which they were ordered."""
    with walled_session(group.system()) as session:
        wanted = select(QueuedJob.queue).where(QueuedJob.name == ordering.BuildExport.name)
        return list(session.scalars(wanted.order_by(QueuedJob.job_id)))

"""A suspended group stands still at once, loses nothing, and goes on where it was."""

import pytest
from sqlalchemy import func, select

from services.worker import handling, schedule
from tenants.acting import auditor, relay
from tenants.audit.model import AuditEntry
from tenants.database import open_session, run, walled_session
from tenants.errors import GroupSuspended
from tenants.groups.model import Group, SuspensionReason
from tenants.jobs.claiming import claim_due
from tenants.jobs.model import Queue, QueuedJob
from tenants.jobs.outbox import PruneQueue, enqueue
from tenants.life import suspending
from tenants.life.suspending import AlreadySuspended, NotSuspended
from tenants.registers.model import Person
from tests import make
from tests.make import MadeGroup
from tests.queue import run_jobs, settle_everything
from tests.services.stage import customer

pytestmark = pytest.mark.usefixtures("database")


def suspend(group: MadeGroup) -> None:
    with walled_session(group.system()) as session:
        suspending.suspend(session, SuspensionReason.AT_REQUEST)


def resume(group: MadeGroup) -> None:
    with walled_session(group.system()) as session:
        suspending.resume(session)


def job(group: MadeGroup, job_id: object) -> QueuedJob:
    with walled_session(group.system()) as session:
        return session.scalars(select(QueuedJob).where(QueuedJob.job_id == job_id)).one()


def test_an_open_transaction_is_refused_at_its_next_statement_and_keeps_nothing() -> None:
    register = make.register(make.company(make.group()))
    customer(register, "aino@esimerkki.example", "1")
    with open_session(register.company.system()) as session:
        session.add(Person())
        session.flush()
        assert session.scalar(select(func.count()).select_from(Person)) == 2
        suspend(register.company.group)
        with pytest.raises(GroupSuspended):
            session.scalar(select(func.count()).select_from(Person))
        session.rollback()
    resume(register.company.group)
    with walled_session(register.company.system()) as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 1


def test_the_statements_that_go_straight_to_the_driver_are_refused_too() -> None:
    group = make.group()
    suspend(group)
    with pytest.raises(GroupSuspended), walled_session(group.system()) as session:
        run(session, "SELECT 1 FROM group_keys", {})


def test_nothing_new_gets_in_either() -> None:
    group = make.group()
    suspend(group)
    with pytest.raises(GroupSuspended), walled_session(group.system()) as session:
        enqueue(session, PruneQueue())


def test_other_groups_and_the_auditor_go_on() -> None:
    group, other = make.group(), make.group()
    suspend(group)
    with walled_session(other.system()) as session:
        assert enqueue(session, PruneQueue()) is not None
    with walled_session(auditor(group.group_id)) as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.figures) == ("group.suspended", {"reason": "at_request"})


def test_a_job_that_a_worker_holds_waits_and_is_done_after_the_group_goes_on() -> None:
    settle_everything()
    group = make.group()
    with walled_session(group.system()) as session:
        job_id = enqueue(session, PruneQueue())
    with walled_session(relay()) as session:
        assert job_id in {claimed.job_id for claimed in claim_due(session, {Queue.DEFAULT: 5}).jobs}
    suspend(group)
    handling.run(str(group.group_id), str(job_id))
    resume(group)
    waiting = job(group, job_id)
    assert (waiting.done_at, waiting.sent_at, waiting.attempts) == (None, None, 0)
    assert run_jobs(group) == ["jobs.prune"]


def test_the_schedule_goes_round_a_suspended_group() -> None:
    group, other = make.group(), make.group()
    suspend(group)
    line = schedule.PERIODIC[0]
    schedule.fill([line], schedule.EPOCH)
    with walled_session(other.system()) as session:
        assert session.scalars(select(QueuedJob.name)).all() == ["jobs.prune"]


def test_it_is_suspended_once_and_resumed_once_and_the_audit_tells_both() -> None:
    group = make.group()
    with pytest.raises(NotSuspended):
        resume(group)
    suspend(group)
    with pytest.raises(AlreadySuspended):
        suspend(group)
    resume(group)
    with walled_session(group.system()) as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.at)).all()
        row = session.scalars(select(Group)).one()
    assert actions == ["group.suspended", "group.resumed"]
    assert (row.suspended_at, row.suspended_for) == (None, None)


def test_whoever_writes_for_the_group_does_not_hold_up_its_suspension() -> None:
    """A row that refers to the group locks its key until its transaction ends."""
    group = make.group()
    with open_session(group.system()) as session:
        enqueue(session, PruneQueue())
        session.flush()
        session.scalars(select(Group)).one()
        suspend(group)
        with pytest.raises(GroupSuspended):
            session.commit()

"""Each job takes effect once, or says visibly that it did not."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import ProgrammingError

from services.worker import handling, jobs
from tenants.acting import DatabaseRole, PurposeKind, relay, visitor
from tenants.audit.model import AuditEntry
from tenants.base import new_id
from tenants.database import engine, walled_session
from tenants.jobs import claiming, outbox
from tenants.jobs.model import DismissalReason, Job, Queue, QueuedJob
from tenants.jobs.settling import PATIENCE
from tests import make
from tests.faults import kinds
from tests.faults.kinds import times
from tests.make import MadeGroup
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def group() -> MadeGroup:
    return make.group()


@pytest.fixture
def note() -> UUID:
    return new_id()


def queue(group: MadeGroup, job: Job, *, due_at: datetime | None = None) -> UUID:
    with walled_session(group.system()) as session:
        job_id = outbox.enqueue(session, job, due_at=due_at)
    assert job_id is not None
    return job_id


def run(group: MadeGroup, job_id: UUID) -> None:
    handling.run(str(group.group_id), str(job_id))


def row(group: MadeGroup, job_id: UUID) -> QueuedJob:
    with walled_session(group.system()) as session:
        return session.scalars(select(QueuedJob).where(QueuedJob.job_id == job_id)).one()


def bring_due(group: MadeGroup, job_id: UUID) -> None:
    with walled_session(group.system()) as session:
        session.execute(update(QueuedJob).where(QueuedJob.job_id == job_id).values(due_at=func.now()))


def at_once(number: int, what: Callable[[], None]) -> None:
    barrier = threading.Barrier(number)

    def together() -> None:
        barrier.wait()
        what()

    threads = [threading.Thread(target=together) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_work_that_is_rolled_back_leaves_no_job(group: MadeGroup, note: UUID) -> None:
    with pytest.raises(kinds.Broken):
        want_and_break(group, kinds.Remember(note))
    with walled_session(group.system()) as session:
        assert session.scalars(select(QueuedJob)).all() == []


def want_and_break(group: MadeGroup, job: Job) -> None:
    with walled_session(group.system()) as session:
        outbox.enqueue(session, job)
        raise kinds.Broken


def test_a_job_is_done_together_with_its_effects(group: MadeGroup, note: UUID) -> None:
    job_id = queue(group, kinds.Remember(note))
    run(group, job_id)
    assert times(group, note) == 1
    assert row(group, job_id).done_at is not None


def test_a_second_message_for_a_job_does_nothing(group: MadeGroup, note: UUID) -> None:
    job_id = queue(group, kinds.Remember(note))
    for _ in range(5):
        run(group, job_id)
    assert times(group, note) == 1


def test_five_messages_at_once_do_a_job_once(group: MadeGroup, note: UUID) -> None:
    job_id = queue(group, kinds.Remember(note))
    at_once(5, lambda: run(group, job_id))
    assert times(group, note) == 1
    assert row(group, job_id).attempts == 0


def test_an_outside_job_is_not_run_twice_at_the_same_time(group: MadeGroup, note: UUID, tmp_path: Path) -> None:
    job_id = queue(group, kinds.WaitForSignOutside(note, str(tmp_path)))
    first = threading.Thread(target=run, args=(group, job_id))
    first.start()
    until(lambda: kinds.has_begun(tmp_path, note))
    run(group, job_id)  # comes back at once: the other one is at work
    assert times(group, note) == 0
    kinds.give_sign(tmp_path)
    first.join(30)
    assert times(group, note) == 1
    assert row(group, job_id).attempts == 1


@pytest.mark.parametrize("attempts", [0, len(PATIENCE) - 1])
def test_what_an_attempt_says_that_lost_its_connection_takes_nothing_from_the_one_at_work(
    group: MadeGroup, note: UUID, tmp_path: Path, attempts: int
) -> None:
    lost, next_one = tmp_path / "lost", tmp_path / "next"
    job_id = queue(group, waiting_in(lost, note))
    with walled_session(group.system()) as session:
        session.execute(update(QueuedJob).values(attempts=attempts))
    first = begin(group, job_id, lost, note)
    cut_off_whoever_holds_a_job()
    with walled_session(group.system()) as session:
        session.execute(update(QueuedJob).values(arguments=msgspec.to_builtins(waiting_in(next_one, note))))
    second = begin(group, job_id, next_one, note)
    kinds.give_sign(lost)
    first.join(30)
    assert (times(group, note), row(group, job_id).failure) == (0, "OperationalError")
    kinds.give_sign(next_one)
    second.join(30)
    done = row(group, job_id)
    assert (times(group, note), done.done_at is not None, done.failed_at) == (1, True, None)


def test_work_that_was_dismissed_meanwhile_has_no_effect(group: MadeGroup, note: UUID, tmp_path: Path) -> None:
    job_id = queue(group, waiting_in(tmp_path, note))
    at_work = begin(group, job_id, tmp_path, note)
    with walled_session(group.system()) as session:
        session.execute(update(QueuedJob).values(failed_at=func.now()))
        outbox.dismiss(session, job_id, DismissalReason.NOT_NEEDED)
    kinds.give_sign(tmp_path)
    at_work.join(30)
    assert (times(group, note), row(group, job_id).done_at) == (0, None)


def waiting_in(folder: Path, note: UUID) -> kinds.WaitForSignOutside:
    folder.mkdir(exist_ok=True)
    return kinds.WaitForSignOutside(note, str(folder))


def begin(group: MadeGroup, job_id: UUID, folder: Path, note: UUID) -> threading.Thread:
    worker = threading.Thread(target=run, args=(group, job_id))
    worker.start()
    until(lambda: kinds.has_begun(folder, note))
    return worker


def cut_off_whoever_holds_a_job() -> None:
    holders = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_locks WHERE locktype = 'advisory'"
    with engine(DatabaseRole.APP).connect() as connection:
        assert connection.scalar(text(holders)) == 1


def test_a_message_waits_for_the_relay_that_has_not_committed_yet(group: MadeGroup, note: UUID) -> None:
    job_id = queue(group, kinds.Remember(note))
    early = threading.Thread(target=run, args=(group, job_id))
    with walled_session(relay()) as session:
        claiming.claim_due(session, dict.fromkeys(Queue, 1000))
        early.start()
        until(somebody_waits_for_a_row)
    early.join(30)
    assert times(group, note) == 1


def somebody_waits_for_a_row() -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND wait_event_type = 'Lock'"
    with engine(DatabaseRole.APP).connect() as connection:
        return bool(connection.scalar(text(waiting)))


def test_a_job_that_fails_twice_succeeds_the_third_time_with_its_effects_once(group: MadeGroup, note: UUID) -> None:
    job_id = queue(group, kinds.FailTwice(note))
    for attempt in (1, 2):
        run(group, job_id)
        assert (times(group, note), row(group, job_id).attempts) == (0, attempt)
        bring_due(group, job_id)
    run(group, job_id)
    assert times(group, note) == 1
    assert row(group, job_id).done_at is not None


def test_a_job_that_always_fails_is_tried_with_growing_patience_and_then_gives_up(group: MadeGroup, note: UUID) -> None:
    job_id = queue(group, kinds.FailAlways(note))
    waited = []
    for _ in PATIENCE:
        run(group, job_id)
        waited.append(row(group, job_id).due_at - datetime.now(UTC))
        bring_due(group, job_id)
    run(group, job_id)
    assert [round(period / timedelta(seconds=5)) for period in waited] == [3, 12, 120, 720, 4320]
    failed = row(group, job_id)
    assert (failed.failure, failed.attempts, failed.failed_at is not None) == ("Broken", 6, True)
    assert times(group, note) == 0


def test_a_failed_job_is_seen_and_can_be_replayed(group: MadeGroup, note: UUID) -> None:
    job_id = queue(group, kinds.AskTooMuch(note))
    run(group, job_id)
    with walled_session(group.system()) as session:
        assert [job.job_id for job in outbox.list_failed(session)] == [job_id]
        outbox.replay(session, job_id)
    again = row(group, job_id)
    assert (again.failed_at, again.failure, again.attempts, again.sent_at) == (None, None, 0, None)
    with walled_session(group.system()) as session, pytest.raises(outbox.NoSuchFailedJob):
        outbox.replay(session, job_id)


def test_a_refusal_is_not_tried_again(group: MadeGroup, note: UUID) -> None:
    job_id = queue(group, kinds.AskTooMuch(note))
    run(group, job_id)
    assert (row(group, job_id).failure, row(group, job_id).failed_at is not None) == ("AlreadyAnswered", True)


def test_a_job_of_an_unknown_kind_fails_visibly(group: MadeGroup) -> None:
    job_id = queue(group, kinds.NobodysJob())
    run(group, job_id)
    assert (row(group, job_id).failure, row(group, job_id).failed_at is not None) == ("UnknownKind", True)


@pytest.mark.parametrize("kind", [kinds.Remember, kinds.LookAround])
def test_a_job_with_arguments_of_another_kind_fails_visibly(group: MadeGroup, note: UUID, kind: type[Job]) -> None:
    job_id = queue(group, kinds.Remember(note))
    with walled_session(group.system()) as session:
        session.execute(update(QueuedJob).values(name=kind.name, arguments={"note": "not an id"}))
    run(group, job_id)
    assert (row(group, job_id).failure, row(group, job_id).failed_at is not None) == ("UnreadableArguments", True)


def test_a_job_acts_for_the_company_of_its_row_and_the_purpose_of_its_kind(group: MadeGroup, note: UUID) -> None:
    company = make.company(group)
    with walled_session(company.system()) as session:
        job_id = outbox.enqueue(session, kinds.RememberForCare(note))
    assert job_id is not None
    run(group, job_id)
    with walled_session(company.system()) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.about_ids.contains([note]))).one()
    assert (entry.company_id, entry.purpose) == (company.company_id, PurposeKind.CUSTOMER_CARE)


def test_an_outside_job_runs_with_no_transaction_open(group: MadeGroup, note: UUID) -> None:
    run(group, queue(group, kinds.LookAround(note)))
    with walled_session(group.system()) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.about_ids.contains([note]))).one()
    assert entry.figures["transactions"] == 0


def test_the_last_step_of_an_outside_job_counts_with_its_end_or_not_at_all(group: MadeGroup, note: UUID) -> None:
    job_id = queue(group, kinds.FailAtTheEnd(note))
    run(group, job_id)
    assert (times(group, note), row(group, job_id).done_at, row(group, job_id).attempts) == (0, None, 1)
    bring_due(group, job_id)
    run(group, job_id)
    assert times(group, note) == 1
    assert row(group, job_id).done_at is not None


def test_an_outside_job_that_always_takes_its_process_down_gives_up(group: MadeGroup, note: UUID) -> None:
    job_id = queue(group, kinds.FailAtTheEnd(note))
    with walled_session(group.system()) as session:
        session.execute(update(QueuedJob).values(attempts=6))
    run(group, job_id)
    assert (row(group, job_id).failure, row(group, job_id).failed_at is not None) == ("WorkerLost", True)
    assert times(group, note) == 0


def test_a_database_job_that_was_sent_long_ago_is_counted_before_it_is_done(
    group: MadeGroup, note: UUID, tmp_path: Path
) -> None:
    job_id = queue(group, kinds.WaitForSign(note, str(tmp_path)))
    sent_long_ago(group, attempts=2)
    thread = threading.Thread(target=run, args=(group, job_id))
    thread.start()
    until(lambda: kinds.has_begun(tmp_path, note), 20)
    assert (row(group, job_id).attempts, row(group, job_id).done_at) == (3, None)
    kinds.give_sign(tmp_path)
    thread.join(30)
    assert row(group, job_id).done_at is not None
    assert times(group, note) == 1


def test_a_database_job_that_always_takes_its_process_down_gives_up(group: MadeGroup, note: UUID) -> None:
    job_id = queue(group, kinds.Remember(note))
    sent_long_ago(group, attempts=6)
    run(group, job_id)
    assert (row(group, job_id).failure, times(group, note)) == ("WorkerLost", 0)


def test_a_database_job_that_fails_after_a_long_wait_is_counted_once(group: MadeGroup, note: UUID) -> None:
    job_id = queue(group, kinds.FailAlways(note))
    sent_long_ago(group, attempts=0)
    run(group, job_id)
    assert (row(group, job_id).failure, row(group, job_id).attempts) == ("Broken", 1)


def sent_long_ago(group: MadeGroup, *, attempts: int) -> None:
    with walled_session(group.system()) as session:
        session.execute(update(QueuedJob).values(attempts=attempts, sent_at=func.now() - timedelta(minutes=3)))


def test_a_message_that_comes_before_its_job_is_due_does_nothing(group: MadeGroup, note: UUID) -> None:
    job_id = queue(group, kinds.Remember(note), due_at=datetime.now(UTC) + timedelta(days=1))
    run(group, job_id)
    assert times(group, note) == 0
    assert row(group, job_id).done_at is None


def test_a_message_that_names_another_groups_job_does_nothing(group: MadeGroup, note: UUID) -> None:
    job_id = queue(group, kinds.Remember(note))
    other = make.group()
    run(other, job_id)
    run(group, new_id())
    assert (times(group, note), times(other, note)) == (0, 0)
    assert (row(group, job_id).done_at, row(group, job_id).attempts) == (None, 0)


def test_a_visitor_queues_work_for_the_group_and_cannot_read_the_queue(group: MadeGroup, note: UUID) -> None:
    with walled_session(visitor(group.group_id)) as session:
        assert outbox.enqueue(session, kinds.Remember(note), once="visit") is not None
        assert outbox.enqueue(session, kinds.Remember(note), once="visit") is None
    with walled_session(visitor(group.group_id)) as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.scalars(select(QueuedJob)).all()


def test_a_member_cannot_queue_work_for_a_sister_company(group: MadeGroup, note: UUID) -> None:
    alfa, beta = make.company(group, "alfa"), make.company(group, "beta")
    staff = make.staff(group)
    with pytest.raises(ProgrammingError, match="row-level security"), walled_session(staff.acting(alfa)) as session:
        outbox.enqueue(session, kinds.Remember(note), company_id=beta.company_id)


def test_work_wanted_once_is_queued_once_even_by_two_at_the_same_time(group: MadeGroup, note: UUID) -> None:
    def want() -> None:
        with walled_session(group.system()) as session:
            outbox.enqueue(session, kinds.Remember(note), once="2026-04-22")

    at_once(4, want)
    with walled_session(group.system()) as session:
        assert session.scalar(select(func.count()).select_from(QueuedJob)) == 1


def test_what_was_done_long_ago_is_forgotten_and_nothing_else(group: MadeGroup, note: UUID) -> None:
    old, recent, failed = (queue(group, kinds.Remember(note)) for _ in range(3))
    long_ago = func.now() - timedelta(days=8)
    with walled_session(group.system()) as session:
        session.execute(update(QueuedJob).where(QueuedJob.job_id == old).values(done_at=long_ago))
        session.execute(update(QueuedJob).where(QueuedJob.job_id == recent).values(done_at=func.now()))
        session.execute(update(QueuedJob).where(QueuedJob.job_id == failed).values(failed_at=long_ago))
    with walled_session(group.system()) as session:
        jobs.prune_queue(session, outbox.PruneQueue())
    with walled_session(group.system()) as session:
        left = set(session.scalars(select(QueuedJob.job_id).where(QueuedJob.name == kinds.Remember.name)))
    assert left == {recent, failed}

"""The relay takes jobs first in, first out within a group, and from each group in turn."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import ProgrammingError

from tenants.acting import DatabaseRole, relay
from tenants.base import new_id
from tenants.database import engine, walled_session
from tenants.jobs import figures, outbox
from tenants.jobs.claiming import claim_due, send_again
from tenants.jobs.model import Queue, QueuedJob
from tests import make
from tests.faults import kinds
from tests.make import MadeGroup

pytestmark = pytest.mark.usefixtures("empty_queue")

MANY = dict.fromkeys(Queue, 1000)


def queue(group: MadeGroup, number: int, *, due_at: datetime | None = None) -> list[UUID | None]:
    with walled_session(group.system()) as session:
        return [outbox.enqueue(session, kinds.Remember(new_id()), due_at=due_at) for _ in range(number)]


def claim(most: int = 1000) -> list[UUID | None]:
    with walled_session(relay()) as session:
        return [job.job_id for job in claim_due(session, dict.fromkeys(Queue, most)).jobs]


def settle(group: MadeGroup, job_ids: Sequence[UUID | None]) -> None:
    with walled_session(group.system()) as session:
        session.execute(update(QueuedJob).where(QueuedJob.job_id.in_(job_ids)).values(done_at=func.now()))


def test_within_a_group_what_came_first_goes_first() -> None:
    group = make.group()
    first, second, third = queue(group, 4), queue(group, 4), queue(group, 4)
    assert claim() == first + second + third


def test_what_became_due_first_goes_first() -> None:
    group, now = make.group(), datetime.now(UTC)
    later, sooner = (queue(group, 1, due_at=now - timedelta(minutes=minutes)) for minutes in (1, 2))
    assert claim() == sooner + later


def test_groups_take_turns_however_much_one_of_them_wants() -> None:
    busy, modest = make.group(), make.group()
    much, little = queue(busy, 100), queue(modest, 2)
    claimed = claim()
    assert [claimed.index(job_id) for job_id in little] <= [1, 3]
    assert [job_id for job_id in claimed if job_id in much] == much


def test_no_more_of_a_group_is_out_than_may_be_and_the_relay_knows_that_something_is_left() -> None:
    group = make.group()
    jobs = queue(group, 7)
    with walled_session(relay()) as session:
        first = claim_due(session, dict.fromkeys(Queue, 5))
    assert ([job.job_id for job in first.jobs], first.left_behind) == (jobs[:5], True)
    assert claim(5) == []
    settle(group, jobs[:2])
    with walled_session(relay()) as session:
        second = claim_due(session, dict.fromkeys(Queue, 5))
    assert ([job.job_id for job in second.jobs], second.left_behind) == (jobs[5:], False)


def test_another_group_is_served_while_one_has_all_out_that_it_may() -> None:
    busy, modest = make.group(), make.group()
    queue(busy, 10)
    claim(5)
    assert claim(5) == []
    little = queue(modest, 1)
    assert claim(5) == little


def test_what_is_due_tomorrow_waits_until_then() -> None:
    group = make.group()
    job_ids = queue(group, 1, due_at=datetime.now(UTC) + timedelta(days=1))
    assert claim() == []
    with walled_session(group.system()) as session:
        session.execute(update(QueuedJob).where(QueuedJob.job_id.in_(job_ids)).values(due_at=func.now()))
    assert claim() == job_ids


def test_nothing_is_claimed_twice() -> None:
    group = make.group()
    jobs = queue(group, 3)
    assert claim() == jobs
    assert claim() == []


def test_two_relays_at_once_claim_every_job_once() -> None:
    groups = [make.group() for _ in range(4)]
    wanted = [job_id for group in groups for job_id in queue(group, 25)]
    claimed: list[UUID | None] = []
    barrier = threading.Barrier(2)

    def work() -> None:
        barrier.wait()
        while len(claimed) < len(wanted):
            taken = claim(5)
            claimed.extend(taken)
            for group in groups:
                settle(group, taken)

    relays = [threading.Thread(target=work) for _ in range(2)]
    for thread in relays:
        thread.start()
    for thread in relays:
        thread.join(60)
    assert sorted(map(str, claimed)) == sorted(map(str, wanted))


def test_a_claim_that_could_not_be_handed_over_is_no_claim() -> None:
    jobs = queue(make.group(), 3)
    with pytest.raises(ConnectionError):
        claim_and_break()
    assert claim() == jobs


def claim_and_break() -> None:
    with walled_session(relay()) as session:
        claim_due(session, MANY)
        raise ConnectionError


def test_what_was_sent_and_not_done_for_too_long_is_sent_again() -> None:
    group = make.group()
    jobs = queue(group, 3)
    claim()
    settle(group, jobs[:1])
    with walled_session(relay()) as session:
        assert send_again(session, sent_before=timedelta(minutes=10)) == 0
    with walled_session(group.system()) as session:
        session.execute(update(QueuedJob).values(sent_at=func.now() - timedelta(minutes=11)))
    with walled_session(relay()) as session:
        assert send_again(session, sent_before=timedelta(minutes=10)) == 2
    assert claim() == jobs[1:]


def test_the_figures_tell_what_waits_is_out_and_failed() -> None:
    group, now = make.group(), datetime.now(UTC)
    queue(group, 2, due_at=now - timedelta(minutes=5))
    claim()
    queue(group, 3, due_at=now - timedelta(minutes=3))
    queue(group, 1, due_at=now + timedelta(days=1))
    with walled_session(relay()) as session:
        measured = {found.queue: found for found in figures.measure(session)}
    default = measured[Queue.DEFAULT]
    assert (default.waiting, default.sent) == (3, 2)
    assert default.oldest_waiting == pytest.approx(180, abs=30)
    assert default.oldest_sent == pytest.approx(300, abs=30)
    assert default.failed >= 0
    assert measured[Queue.DOCUMENTS] == figures.QueueFigures(queue=Queue.DOCUMENTS)


def test_the_relay_reads_nothing_but_the_queue() -> None:
    with engine(DatabaseRole.RELAY).connect() as connection:
        readable = connection.scalars(
            text("""
                SELECT relname FROM pg_class
                 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'p')
                   AND (has_table_privilege(oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
                        OR has_any_column_privilege(oid, 'SELECT, INSERT, UPDATE'))
            """)
        ).all()
    assert readable == ["queued_jobs"]


@pytest.mark.parametrize("column", ["company_id", "name", "arguments", "due_at", "done_at", "failed_at", "attempts"])
def test_the_relay_changes_nothing_but_when_a_job_was_sent(column: str) -> None:
    queue(make.group(), 1)
    with walled_session(relay()) as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text(f"UPDATE queued_jobs SET {column} = {column}"))


def test_a_group_sees_its_own_jobs_only() -> None:
    ours, theirs = make.group(), make.group()
    jobs = queue(ours, 2)
    queue(theirs, 3)
    with walled_session(ours.system()) as session:
        assert set(session.scalars(select(QueuedJob.job_id))) == set(jobs)

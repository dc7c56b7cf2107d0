"""The queue is as fast after 100,000 finished jobs as after none: it touches no more pages of the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from infra.embedded.postgres import Postgres
from tenants.acting import relay
from tenants.base import new_id
from tenants.database import walled_session
from tenants.jobs import claiming, figures, outbox, settling
from tenants.jobs.model import Queue, QueuedJob
from tests import make
from tests.faults import kinds
from tests.make import MadeGroup

FINISHED = 100_000
WAITING = 20
# One level more of a B-tree for each index and row that is touched, and a page that is not full any more.
SLACK = 1.75


QUEUE_MANY = """
    INSERT INTO queued_jobs (group_id, job_id, name, queue, arguments)
    SELECT :group, uuidv7(), 'test.remember', 'default', '{}' FROM generate_series(1, :number)
"""


@pytest.fixture
def group(empty_queue: None) -> MadeGroup:
    return make.group()


@pytest.fixture
def vacuum(database: Postgres) -> Iterator[Callable[[], None]]:
    """Does at once what the server's autovacuum does for this table after some thousand jobs."""
    with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste"), autocommit=True) as connection:

        def run() -> None:
            connection.execute("VACUUM queued_jobs")

        yield run


def finish(group: MadeGroup, number: int) -> None:
    """Jobs that went all the way: queued, sent, done."""
    steps = (
        QUEUE_MANY,
        "UPDATE queued_jobs SET sent_at = clock_timestamp() WHERE sent_at IS NULL",
        "UPDATE queued_jobs SET done_at = clock_timestamp() WHERE done_at IS NULL",
    )
    for step in steps:
        with walled_session(group.system()) as session:
            session.execute(text(step), {"group": group.group_id, "number": number})


def queue(group: MadeGroup) -> None:
    with walled_session(group.system()) as session:
        for _ in range(WAITING):
            outbox.enqueue(session, kinds.Remember(new_id()))


@contextmanager
def counting_pages(session: Session) -> Iterator[list[int]]:
    """Appends how many pages of the queue and its indexes were touched in the block."""
    touched: list[int] = []
    before = _pages(session)
    yield touched
    touched.append(_pages(session) - before)


def _pages(session: Session) -> int:
    of_the_queue = text("""
        SELECT sum(pg_stat_get_xact_blocks_fetched(oid)) FROM pg_class
         WHERE oid = 'queued_jobs'::regclass
            OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'queued_jobs'::regclass)
    """)
    return int(session.scalar(of_the_queue) or 0)


def pages_to_claim() -> int:
    with walled_session(relay()) as session:
        with counting_pages(session) as touched:
            claimed = claiming.claim_due(session, dict.fromkeys(Queue, WAITING))
        assert len(claimed.jobs) == WAITING
        session.rollback()
    return touched[0]


def pages_to_look_for_lost_ones() -> int:
    with walled_session(relay()) as session, counting_pages(session) as touched:
        claiming.send_again(session)
    return touched[0]


def pages_to_measure() -> int:
    with walled_session(relay()) as session, counting_pages(session) as touched:
        figures.measure(session)
    return touched[0]


def pages_to_do_one(group: MadeGroup) -> int:
    with walled_session(group.system()) as session:
        job_id = session.scalars(select(QueuedJob.job_id).where(QueuedJob.done_at.is_(None)).limit(1)).one()
    with walled_session(group.system()) as session, counting_pages(session) as touched:
        job = settling.take(session, job_id)
        assert job is not None
        settling.done(session, job)
    return touched[0]


def test_a_hundred_thousand_finished_jobs_cost_the_next_ones_nothing(
    group: MadeGroup, vacuum: Callable[[], None]
) -> None:
    queue(group)
    before = [pages_to_claim(), pages_to_look_for_lost_ones(), pages_to_measure(), pages_to_do_one(group)]
    finish(group, FINISHED)
    vacuum()
    queue(group)
    after = [pages_to_claim(), pages_to_look_for_lost_ones(), pages_to_measure(), pages_to_do_one(group)]
    assert all(late <= early * SLACK + 10 for early, late in zip(before, after, strict=True)), (before, after)


def test_a_long_row_of_waiting_jobs_costs_the_first_of_them_nothing(group: MadeGroup) -> None:
    queue(group)
    before = pages_to_claim()
    with walled_session(group.system()) as session:
        session.execute(text(QUEUE_MANY), {"group": group.group_id, "number": FINISHED})
    assert pages_to_claim() <= before * SLACK + 10

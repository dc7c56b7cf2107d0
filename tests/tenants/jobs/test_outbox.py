"""What a person may ask of the queue, and what it forgets."""

from datetime import timedelta

from sqlalchemy import func, select, update

from tenants.acting import relay
from tenants.base import new_id
from tenants.database import walled_session
from tenants.jobs import claiming, figures, outbox
from tenants.jobs.model import DismissalReason, Queue, QueuedJob
from tests import make
from tests.faults import kinds
from tests.make import MadeGroup

LONG = timedelta(days=8)


def jobs(group: MadeGroup, number: int = 1, **state: object) -> None:
    with walled_session(group.system()) as session:
        made = [outbox.enqueue(session, kinds.Remember(new_id())) for _ in range(number)]
    with walled_session(group.system()) as session:
        session.execute(update(QueuedJob).where(QueuedJob.job_id.in_(made)).values(state))


def kept(group: MadeGroup) -> int:
    with walled_session(group.system()) as session:
        return session.scalars(select(func.count()).select_from(QueuedJob)).one()


def failed_everywhere() -> int:
    with walled_session(relay()) as session:
        return sum(one.failed for one in figures.measure(session))


def test_jobs_done_or_dismissed_long_ago_are_forgotten_and_failed_ones_kept(database: object) -> None:
    group = make.group()
    jobs(group, done_at=func.now() - LONG)
    jobs(group, failed_at=func.now() - 2 * LONG, dismissed_at=func.now() - LONG)
    jobs(group, failed_at=func.now() - 2 * LONG, dismissed_at=func.now())
    jobs(group, failed_at=func.now() - LONG)
    jobs(group, done_at=func.now())
    with walled_session(group.system()) as session:
        assert outbox.prune(session) == 2
    assert kept(group) == 3


def test_so_many_are_forgotten_at_once_and_no_more(database: object) -> None:
    group = make.group()
    jobs(group, 2, done_at=func.now() - LONG)
    jobs(group, 2, failed_at=func.now() - LONG, dismissed_at=func.now() - LONG)
    for left in (1, 0):
        with walled_session(group.system()) as session:
            outbox.prune(session, limit=3)
        assert kept(group) == left


def test_a_dismissed_job_is_neither_counted_nor_carried_nor_done(empty_queue: None) -> None:
    group = make.group()
    jobs(group, failed_at=func.now())
    counted = failed_everywhere()
    with walled_session(group.system()) as session:
        [failed] = outbox.list_failed(session)
        assert session.scalar(outbox.counted_failed(session)) == 1
        outbox.dismiss(session, failed.job_id, DismissalReason.NOT_NEEDED)
    with walled_session(group.system()) as session:
        assert (session.scalar(outbox.counted_failed(session)), outbox.list_failed(session)) == (0, [])
    assert failed_everywhere() == counted - 1
    with walled_session(relay()) as session:
        assert claiming.claim_due(session, dict.fromkeys(Queue, 10)).jobs == []

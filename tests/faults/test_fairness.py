"""A group that wants much does not keep another one waiting."""

from pathlib import Path

from sqlalchemy import func, select

from tenants.base import new_id
from tenants.database import walled_session
from tenants.jobs import outbox
from tenants.jobs.model import QueuedJob
from tests import make
from tests.faults import kinds, processes
from tests.faults.kinds import notes_in_order, times
from tests.make import MadeGroup
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

"""Whatever dies or is emptied, no job is lost and none takes effect twice."""

import os
import signal
from pathlib import Path

import psycopg
import redis
from sqlalchemy import func, select

from infra.embedded.postgres import Postgres
from tenants.base import new_id
from tenants.database import walled_session
from tenants.jobs import outbox
from tenants.jobs.model import Job, QueuedJob
from tests import make
from tests.faults import kinds, processes
from tests.faults.kinds import times
from tests.make import MadeGroup
from tests.waiting import until


def queue(group: MadeGroup, *jobs: Job) -> None:
    with walled_session(group.system()) as session:
        for job in jobs:
            outbox.enqueue(session, job)


def sent(group: MadeGroup) -> int:
    return count(group, QueuedJob.sent_at.is_not(None))


def done(group: MadeGroup) -> int:
    return count(group, QueuedJob.done_at.is_not(None))


def count(group: MadeGroup, which: object) -> int:
    with walled_session(group.system()) as session:
        return session.scalar(select(func.count()).select_from(QueuedJob).where(which)) or 0  # type: ignore[arg-type]


def test_a_worker_killed_in_the_middle_of_its_jobs_loses_none(tmp_path: Path) -> None:
    group = make.group()
    inside, outside, behind = new_id(), new_id(), [new_id() for _ in range(5)]
    queue(group, kinds.WaitForSign(inside, str(tmp_path)), kinds.WaitForSignOutside(outside, str(tmp_path)))
    with processes.relay(tmp_path):
        with processes.worker(tmp_path, threads=2) as victim:
            until(lambda: kinds.has_begun(tmp_path, inside) and kinds.has_begun(tmp_path, outside), 20)
            queue(group, *(kinds.Remember(note) for note in behind))
            until(lambda: sent(group) == 7)
            os.kill(victim.pid, signal.SIGKILL)
            victim.process.wait(10)
        assert done(group) == 0
        kinds.give_sign(tmp_path)
        with processes.worker(tmp_path, threads=2):
            until(lambda: done(group) == 7, 45)
    assert [times(group, note) for note in (inside, outside, *behind)] == [1] * 7


def test_a_redis_that_is_emptied_loses_no_job(tmp_path: Path, redis_client: redis.Redis) -> None:
    group = make.group()
    notes = [new_id() for _ in range(50)]
    queue(group, *(kinds.Remember(note) for note in notes))
    with processes.relay(tmp_path):
        until(lambda: sent(group) > 0)
        redis_client.flushall()
        with processes.worker(tmp_path):
            until(lambda: done(group) == 50, 30)
    assert {times(group, note) for note in notes} == {1}


def test_a_redis_that_is_emptied_while_a_job_runs_does_not_have_it_done_twice(
    tmp_path: Path, redis_client: redis.Redis
) -> None:
    group, running, after = make.group(), new_id(), new_id()
    queue(group, kinds.WaitForSign(running, str(tmp_path)), kinds.Remember(after))
    with processes.relay(tmp_path), processes.worker(tmp_path):
        until(lambda: kinds.has_begun(tmp_path, running), 20)
        redis_client.flushall()
        kinds.give_sign(tmp_path)
        until(lambda: done(group) == 2, 30)
    assert (times(group, running), times(group, after)) == (1, 1)


def test_a_worker_that_is_asked_to_stop_finishes_what_it_does(tmp_path: Path) -> None:
    group, running, behind = make.group(), new_id(), new_id()
    queue(group, kinds.WaitForSign(running, str(tmp_path)), kinds.Remember(behind))
    with processes.relay(tmp_path):
        with processes.worker(tmp_path) as child:
            until(lambda: kinds.has_begun(tmp_path, running), 20)
            child.ask_to_stop()
            kinds.give_sign(tmp_path)
            assert child.process.wait(20) == 0
        assert times(group, running) == 1
        with processes.worker(tmp_path):
            until(lambda: done(group) == 2, 20)
    assert times(group, behind) == 1


def test_what_is_queued_while_the_relay_is_down_is_done_when_it_is_back(tmp_path: Path) -> None:
    group, before, during = make.group(), new_id(), new_id()
    with processes.worker(tmp_path):
        with processes.relay(tmp_path) as victim:
            queue(group, kinds.Remember(before))
            until(lambda: done(group) == 1, 20)
            os.kill(victim.pid, signal.SIGKILL)
            victim.process.wait(10)
        queue(group, kinds.Remember(during))
        with processes.relay(tmp_path):
            until(lambda: done(group) == 2, 20)
    assert (times(group, before), times(group, during)) == (1, 1)


def test_connections_to_the_database_that_break_are_made_again(tmp_path: Path, database: Postgres) -> None:
    group, before, after = make.group(), new_id(), new_id()
    with processes.worker(tmp_path), processes.relay(tmp_path):
        queue(group, kinds.Remember(before))
        until(lambda: done(group) == 1, 20)
        with psycopg.connect(database.admin_url, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename LIKE 'seloste%'")
        queue(group, kinds.Remember(after))
        until(lambda: done(group) == 2, 30)
    assert (times(group, before), times(group, after)) == (1, 1)


def test_the_logs_of_failing_jobs_tell_no_values(tmp_path: Path) -> None:
    group = make.group()
    queue(group, kinds.FailAlways(new_id()))
    with processes.relay(tmp_path), processes.worker(tmp_path):
        until(lambda: count(group, QueuedJob.failure == "Broken") == 1, 20)
    lines = (tmp_path / "worker.log").read_text()
    assert "error=Broken" in lines
    assert "131052" not in lines

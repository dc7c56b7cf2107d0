"""Does a group's jobs in the test's own process, by the worker's own code, until none is due."""

from datetime import datetime

from sqlalchemy import func, select, update

from services.worker import handling, main
from tenants.acting import relay, system
from tenants.database import walled_session
from tenants.groups.model import Group
from tenants.jobs.model import QueuedJob
from tests.make import MadeGroup

# Importing the areas registers their actors.
AREAS = main.AREAS


UNSETTLED = (QueuedJob.done_at.is_(None), QueuedJob.failed_at.is_(None))


class JobFailed(AssertionError):
    pass


def run_jobs(
    group: MadeGroup, *, only: str | None = None, but: str | tuple[str, ...] | None = None, failing: bool = False
) -> list[str]:
    """The names of the jobs that were done, in order. `only` and `but` are beginnings of names.

    A job that fails fails the test, unless `failing`: then it waits for its next attempt as it would in production.
    """
    done: list[str] = []
    tried: set[object] = set()
    while True:
        with walled_session(group.system()) as session:
            wanted = select(QueuedJob).where(
                QueuedJob.done_at.is_(None), QueuedJob.failed_at.is_(None), QueuedJob.due_at <= func.now()
            )
            due = [
                job
                for job in session.scalars(wanted.order_by(QueuedJob.due_at, QueuedJob.job_id))
                if job.job_id not in tried
                and (only is None or job.name.startswith(only))
                and (but is None or not job.name.startswith(but))
            ]
        if not due:
            return done
        for job in due:
            handling.run(str(group.group_id), str(job.job_id))
            tried.add(job.job_id)
            done.append(job.name)
            if not failing:
                _must_be_done(group, job)


def bring_due(group: MadeGroup, name: str, *, by: datetime | None = None) -> int:
    """Makes the jobs of this name that wait for a later day due now; says how many."""
    with walled_session(group.system()) as session:
        rows = session.scalars(select(QueuedJob).where(QueuedJob.name == name, QueuedJob.done_at.is_(None))).all()
        for row in rows:
            row.due_at = by or func.now()
        return len(rows)


def settle_everything() -> None:
    """Takes out of the way of relay and workers what the tests of other groups left behind."""
    with walled_session(relay()) as session:
        groups = session.scalars(select(QueuedJob.group_id).where(*UNSETTLED).distinct()).all()
    for group_id in groups:
        with walled_session(system(group_id)) as session:
            session.execute(update(Group).values(suspended_at=None, suspended_for=None))
            session.execute(update(QueuedJob).where(*UNSETTLED).values(failed_at=func.now(), failure="LeftBehind"))


def _must_be_done(group: MadeGroup, job: QueuedJob) -> None:
    with walled_session(group.system()) as session:
        row = session.scalars(select(QueuedJob).where(QueuedJob.job_id == job.job_id)).one()
        if row.done_at is None:
            raise JobFailed(f"{row.name}: {row.failure}")

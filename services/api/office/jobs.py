"""Work that failed for good and waits for somebody to look at it."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.office.desk import Desk
from tenants.audit import trail
from tenants.companies.permissions import Permission
from tenants.jobs import outbox
from tenants.jobs.model import QueuedJob
from tenants.languages.speaking import Language, translate_plural

JOBS = "/office/jobs"


class ShownQueue(Struct, frozen=True):
    name: str
    waiting: int
    oldest: str | None


class ShownJob(Struct, frozen=True):
    id: str
    name: str
    queue: str
    attempts: int
    failed_at: datetime | None
    failure: str
    company: str | None
    replay_url: str | None


@get("/jobs", sync_to_thread=True)
def list_jobs(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.SEE_JOBS)
    return desk.page(
        "office/jobs/list.html",
        queues=[
            ShownQueue(one.queue, one.jobs, _waited(desk.language, one.oldest_seconds) if one.jobs else None)
            for one in outbox.waiting(session)
        ],
        jobs=[_shown(desk, row) for row in outbox.list_failed(session)],
        pages=None,
    )


@post("/jobs/{job_id:uuid}/replay", sync_to_thread=True)
def replay(session: NamedDependency[Session], desk: NamedDependency[Desk], job_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.REPLAY_JOBS)
    outbox.replay(session, job_id)
    trail.record(session, "job.replayed", about="job", ids=[job_id])
    return desk.done(JOBS, "replayed")


def _shown(desk: Desk, row: QueuedJob) -> ShownJob:
    may = desk.here.may(Permission.REPLAY_JOBS)
    return ShownJob(
        id=str(row.job_id),
        name=row.name,
        queue=row.queue,
        attempts=row.attempts,
        failed_at=row.failed_at,
        failure=row.failure or "",
        company=desk.viewer.acting_for,
        replay_url=f"{JOBS}/{row.job_id}/replay" if may else None,
    )


def _waited(language: Language, seconds: float) -> str:
    if seconds < 90:
        return translate_plural(language, "%(count)s second", "%(count)s seconds", int(seconds))
    if seconds < 5400:
        return translate_plural(language, "%(count)s minute", "%(count)s minutes", round(seconds / 60))
    return translate_plural(language, "%(count)s hour", "%(count)s hours", round(seconds / 3600))

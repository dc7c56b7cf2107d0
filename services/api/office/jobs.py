"""Work that failed for good and waits for somebody to look at it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api import wording
from services.api.office.desk import Desk
from tenants.audit import trail
from tenants.companies.permissions import Permission
from tenants.jobs import outbox
from tenants.jobs.model import DismissalReason, QueuedJob
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
    dismiss_url: str | None


class Dismissal(Struct, frozen=True):
    reason: DismissalReason


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
        reasons=[(one.value, wording.said(desk.language, one)) for one in DismissalReason],
        pages=None,
    )


@post("/jobs/{job_id:uuid}/replay", sync_to_thread=True)
def replay(session: NamedDependency[Session], desk: NamedDependency[Desk], job_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.REPLAY_JOBS)
    outbox.replay(session, job_id)
    trail.record(session, "job.replayed", about="job", ids=[job_id])
    return desk.done(JOBS, "replayed")


@post("/jobs/{job_id:uuid}/dismissal", sync_to_thread=True)
def dismiss(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    job_id: FromPath[UUID],
    data: Annotated[Dismissal, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    desk.require(Permission.DISMISS_JOBS)
    outbox.dismiss(session, job_id, data.reason)
    trail.record(session, "job.dismissed", about="job", ids=[job_id], reason=data.reason)
    return desk.done(JOBS, "dismissed")


def _shown(desk: Desk, row: QueuedJob) -> ShownJob:
    return ShownJob(
        id=str(row.job_id),
        name=row.name,
        queue=row.queue,
        attempts=row.attempts,
        failed_at=row.failed_at,
        failure=row.failure or "",
        company=desk.viewer.acting_for,
        replay_url=f"{JOBS}/{row.job_id}/replay" if desk.here.may(Permission.REPLAY_JOBS) else None,
        dismiss_url=f"{JOBS}/{row.job_id}/dismissal" if desk.here.may(Permission.DISMISS_JOBS) else None,
    )


def _waited(language: Language, seconds: float) -> str:
    if seconds < 90:
        return translate_plural(language, "%(count)s second", "%(count)s seconds", int(seconds))
    if seconds < 5400:
        return translate_plural(language, "%(count)s minute", "%(count)s minutes", round(seconds / 60))
    return translate_plural(language, "%(count)s hour", "%(count)s hours", round(seconds / 3600))

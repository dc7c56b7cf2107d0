"""Work of the key's company, or of the group, that failed for good."""

from datetime import datetime
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.audit import trail
from tenants.companies.permissions import Permission, Standing
from tenants.jobs import outbox
from tenants.jobs.model import Queue, QueuedJob


class FailedJob(Struct, frozen=True):
    """`failure` is a code: never a message, which might quote data."""

    job_id: UUID
    name: str
    queue: Queue
    attempts: int
    created_at: datetime
    failed_at: datetime | None
    failure: str | None


@get("/jobs/failed", sync_to_thread=True, summary="List failed jobs", tags=["jobs"], responses=problems())
def list_failed_jobs(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[FailedJob]:
    """The hundred newest."""
    standing.require(Permission.SEE_JOBS)
    return [_job(one) for one in outbox.list_failed(session)]


@changing(
    "/jobs/{job_id:uuid}/replay",
    status_code=204,
    summary="Try a failed job again",
    tags=["jobs"],
    responses=problems(404),
)
def replay_job(session: NamedDependency[Session], standing: NamedDependency[Standing], job_id: FromPath[UUID]) -> None:
    standing.require(Permission.REPLAY_JOBS)
    outbox.replay(session, job_id)
    trail.record(session, "job.replayed", about="job", ids=[job_id])


def _job(one: QueuedJob) -> FailedJob:
    return FailedJob(one.job_id, one.name, one.queue, one.attempts, one.created_at, one.failed_at, one.failure)

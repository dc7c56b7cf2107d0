"""Work of the key's company, or of the group, that failed for good."""

from datetime import datetime
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.audit import trail
from tenants.companies.permissions import Permission, Standing
from tenants.jobs import outbox
from tenants.jobs.model import DismissalReason, Queue, QueuedJob


class FailedJob(Struct, frozen=True):
    """`failure` is a code: never a message, which might quote data."""

    job_id: UUID
    name: str
    queue: Queue
    attempts: int
    created_at: datetime
    failed_at: datetime | None
    failure: str | None


class Dismissal(Struct, frozen=True, forbid_unknown_fields=True):
    reason: DismissalReason


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


@changing(
    "/jobs/{job_id:uuid}/dismissal",
    status_code=204,
    summary="Dismiss a failed job",
    tags=["jobs"],
    responses=problems(404),
)
def dismiss_job(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    job_id: FromPath[UUID],
    data: JSONBody[Dismissal],
) -> None:
    """Nobody does it any more; the audit trail keeps who decided so, and why."""
    standing.require(Permission.DISMISS_JOBS)
    outbox.dismiss(session, job_id, data.reason)
    trail.record(session, "job.dismissed", about="job", ids=[job_id], reason=data.reason)


def _job(one: QueuedJob) -> FailedJob:
    return FailedJob(one.job_id, one.name, one.queue, one.attempts, one.created_at, one.failed_at, one.failure)

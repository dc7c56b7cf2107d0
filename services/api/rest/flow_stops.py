"""The switch: whether anything flows out of the key's company, and to stop and resume it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.companies.permissions import Permission, Standing
from tenants.feeds import scopes
from tenants.processors import describing, stopping
from tenants.processors.model import FlowStop
from tenants.processors.refusals import OneIsStopped

Reason = Annotated[str, Meta(max_length=describing.LONGEST["reason"], examples=["Epäilty tietovuoto"])]


class StopOfFlow(Struct, frozen=True, kw_only=True):
    """Of a processor, of a feed, or, where neither is named, of everything. Over when it is resumed."""

    stop_id: UUID
    processor_id: UUID | None
    feed_id: UUID | None
    reason: Reason
    stopped_at: datetime
    stopped_by: UUID | None
    proposed_at: datetime | None
    proposed_by: UUID | None
    proposed_reason: Reason | None
    resumed_at: datetime | None
    resumed_by: UUID | None


class OutgoingFlow(Struct, frozen=True):
    """`everything_stopped`: nothing leaves the company. The newest stop first, also those that are over."""

    everything_stopped: bool
    stops: list[StopOfFlow]


class NewStop(Struct, frozen=True, forbid_unknown_fields=True):
    """Of everything, unless a processor or a feed is named."""

    reason: Reason
    processor_id: UUID | None = None
    feed_id: UUID | None = None


class ProposingToResume(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


@get("/flow", sync_to_thread=True, summary="Show what is stopped", tags=["processors"], responses=problems())
def show_flow(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> OutgoingFlow:
    """Of the key's company: whether all outgoing flow is stopped now, and every stop that there was."""
    standing.require(Permission.SEE_PROCESSORS)
    return _now(session, standing)


@changing("/flow/stops", status_code=201, summary="Stop what flows out", tags=["processors"], responses=problems(404))
def stop_flow(
    session: NamedDependency[Session], standing: NamedDependency[Standing], data: JSONBody[NewStop]
) -> Response[OutgoingFlow]:
    """At once: it takes effect at the next page that anybody fetches, and at the next thing that is sent."""
    standing.require(Permission.STOP_FLOWS)
    if data.processor_id is not None and data.feed_id is not None:
        raise OneIsStopped(field="feed_id")
    if data.feed_id is not None:
        scopes.stop(session, data.feed_id, reason=data.reason)
    else:
        stopping.stop(session, processor_id=data.processor_id, reason=data.reason)
    return Response(_now(session, standing), status_code=201, headers={"Location": "/api/v1/flow"})


@changing(
    "/flow/stops/{stop_id:uuid}/proposal",
    status_code=200,
    summary="Propose to resume",
    tags=["processors"],
    responses=problems(404),
)
def propose_resuming(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    stop_id: FromPath[UUID],
    data: JSONBody[ProposingToResume],
) -> OutgoingFlow:
    """Where the group asks for two pairs of eyes, somebody else resumes it then."""
    standing.require(Permission.STOP_FLOWS)
    stopping.propose_resuming(session, stop_id, reason=data.reason)
    return _now(session, standing)


@changing(
    "/flow/stops/{stop_id:uuid}/resumption",
    status_code=200,
    summary="Resume what was stopped",
    tags=["processors"],
    responses=problems(404),
)
def resume_flow(
    session: NamedDependency[Session], standing: NamedDependency[Standing], stop_id: FromPath[UUID]
) -> OutgoingFlow:
    """Not by whoever proposed it, where the group asks for two pairs of eyes."""
    standing.require(Permission.RESUME_FLOWS)
    stopping.resume(session, stop_id)
    return _now(session, standing)


def _now(session: Session, standing: Standing) -> OutgoingFlow:
    session.expire_all()
    company_id = standing.acting.company_id
    everything = company_id is not None and stopping.is_stopped(session, company_id)
    return OutgoingFlow(everything, [_told(one) for one in stopping.listed(session)])


def _told(one: FlowStop) -> StopOfFlow:
    return StopOfFlow(
        stop_id=one.stop_id,
        processor_id=one.processor_id,
        feed_id=one.feed_id,
        reason=one.reason,
        stopped_at=one.stopped_at,
        stopped_by=one.stopped_by,
        proposed_at=one.proposed_at,
        proposed_by=one.proposed_by,
        proposed_reason=one.proposed_reason,
        resumed_at=one.resumed_at,
        resumed_by=one.resumed_by,
    )

"""What the acting company asks of its processors by OpenDSR, and how that stands."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api import dsr_traces
from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.companies.permissions import Permission, Standing
from tenants.languages.speaking import Language
from tenants.opendsr import asking, endpoints, tracing
from tenants.opendsr.model import DsrStep, SentRequest, Step, Wanted
from tenants.opendsr.wire import RequestStatus
from tenants.processors import cataloguing


class NewDsrRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The person by the number of a customer of the company."""

    customer_number: Annotated[str, Meta(min_length=1, max_length=100, examples=["100042"])]
    wanted: Wanted


class DsrRequest(Struct, frozen=True):
    """`status` is empty until the processor has taken it in, `failure` is why it came to nothing.

    `notification_ids` are the notifications to recipients that it tells.
    """

    sent_id: UUID
    subject_request_id: UUID
    wanted: Wanted
    person_id: UUID | None
    status: RequestStatus | None
    failure: Annotated[str | None, Meta(examples=["refused by the processor"])]
    results_count: int | None
    notification_ids: list[UUID]
    asked_at: datetime
    taken_at: datetime | None
    expected_at: datetime | None
    ended_at: datetime | None


class DsrTrace(Struct, frozen=True):
    step: Step
    outcome: Annotated[str, Meta(examples=["taken in there"])]
    http_status: Annotated[int | None, Meta(examples=[201])]
    at: datetime


class DsrRequestWithTrace(Struct, frozen=True):
    """The newest step first. `results_url` is the processor's own, for whoever may decide about requests."""

    request: DsrRequest
    results_url: Annotated[str | None, Meta(examples=["https://opendsr.example.com/v2/results/1"])]
    trace: list[DsrTrace]


@get(
    "/processors/{processor_id:uuid}/opendsr/requests",
    sync_to_thread=True,
    summary="List what a processor was asked by OpenDSR",
    tags=["processors"],
    responses=problems(404),
)
def list_dsr_requests(
    session: NamedDependency[Session], standing: NamedDependency[Standing], processor_id: FromPath[UUID]
) -> list[DsrRequest]:
    """Of the endpoint that is in use; the newest fifty."""
    standing.require(Permission.SEE_CASES)
    endpoint = endpoints.of_processor(session, cataloguing.get(session, processor_id).processor_id)
    return [_shown(one) for one in asking.listed(session, [endpoint.endpoint_id])] if endpoint else []


@changing(
    "/processors/{processor_id:uuid}/opendsr/requests",
    status_code=201,
    summary="Ask a processor by OpenDSR",
    tags=["processors"],
    responses=problems(404),
)
def ask_by_dsr(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    processor_id: FromPath[UUID],
    data: JSONBody[NewDsrRequest],
) -> DsrRequest:
    """About one person. Rights beside access, portability and erasure only where its endpoint understands them."""
    standing.require(Permission.DECIDE_CASES)
    sent_id = asking.ask_about_customer(session, processor_id, data.customer_number, data.wanted)
    return _shown(asking.locked(session, sent_id))


@get(
    "/opendsr/requests/{sent_id:uuid}",
    sync_to_thread=True,
    summary="How an OpenDSR request stands",
    tags=["processors"],
    responses=problems(404),
)
def show_dsr_request(
    session: NamedDependency[Session], standing: NamedDependency[Standing], sent_id: FromPath[UUID]
) -> DsrRequestWithTrace:
    standing.require(Permission.SEE_CASES)
    row = asking.locked(session, sent_id)
    results = asking.results_url(session, row) if Permission.DECIDE_CASES in standing.permissions else None
    return DsrRequestWithTrace(_shown(row), results, [_step(one) for one in tracing.of(session, sent_id)])


@changing(
    "/opendsr/requests/{sent_id:uuid}/cancellation",
    status_code=204,
    summary="Cancel an OpenDSR request",
    tags=["processors"],
    responses=problems(404),
)
def cancel_dsr_request(
    session: NamedDependency[Session], standing: NamedDependency[Standing], sent_id: FromPath[UUID]
) -> None:
    """While the processor has not begun. What it told a recipient is told by letter instead."""
    standing.require(Permission.DECIDE_CASES)
    asking.cancel(session, sent_id)


def _shown(row: SentRequest) -> DsrRequest:
    return DsrRequest(
        sent_id=row.sent_id,
        subject_request_id=row.subject_request_id,
        wanted=row.wanted,
        person_id=row.person_id,
        status=row.status,
        failure=dsr_traces.outcome(Language.EN, row.failure) if row.failure else None,
        results_count=row.results_count,
        notification_ids=row.notification_ids,
        asked_at=row.asked_at,
        taken_at=row.taken_at,
        expected_at=row.expected_at,
        ended_at=row.ended_at,
    )


def _step(row: DsrStep) -> DsrTrace:
    return DsrTrace(row.step, dsr_traces.outcome(Language.EN, row.outcome), row.http_status, row.at)

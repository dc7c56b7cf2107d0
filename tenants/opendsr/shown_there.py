"""What the people of a processor see of its own endpoint: what was asked, answered and called back, never of whom."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import system
from tenants.database import acting_of, walled_session
from tenants.opendsr import endpoints
from tenants.opendsr.model import DsrEndpoint, DsrStep, SentRequest

STEPS, REQUESTS = 20, 50


class Line(Struct, frozen=True):
    """`subject_request_id` is how the processor knows the request; None where it is about the endpoint."""

    step: DsrStep
    subject_request_id: UUID | None


class ShownThere(Struct, frozen=True):
    endpoint: DsrEndpoint
    lines: Sequence[Line]


def of_processor(session: Session, company_id: UUID, processor_id: UUID) -> ShownThere | None:
    """The newest lines first, as Seloste itself reads them; None where the company asks it nothing by OpenDSR."""
    with walled_session(system(acting_of(session).group_id, company_id=company_id)) as own:
        endpoint = endpoints.of_processor(own, processor_id)
        return ShownThere(endpoint, _lines(own, endpoint.endpoint_id)) if endpoint else None


def _lines(session: Session, endpoint_id: UUID) -> list[Line]:
    rows = session.execute(
        select(SentRequest.sent_id, SentRequest.subject_request_id)
        .where(SentRequest.endpoint_id == endpoint_id)
        .order_by(SentRequest.sent_id.desc())
        .limit(REQUESTS)
    )
    asked = {sent_id: known_as for sent_id, known_as in rows}  # noqa: C416 (typed rows, not pairs)
    about = DsrStep.about_id.in_([endpoint_id, *asked])
    steps = session.scalars(select(DsrStep).where(about).order_by(DsrStep.step_id.desc()).limit(STEPS))
    return [Line(step, asked.get(step.about_id)) for step in steps]

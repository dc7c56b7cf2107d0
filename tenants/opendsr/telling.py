"""As a processor: the controller is told of each state, at each of its addresses, until it has heard.

What is told is the state at the moment of telling: a call that comes late never brings an older one.
"""

from typing import ClassVar
from uuid import UUID

from msgspec import UNSET, Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants import settings
from tenants.database import acting_of
from tenants.groups.model import Group
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import enqueue
from tenants.opendsr import own, tracing, wire
from tenants.opendsr.model import DsrController, ReceivedRequest, Step
from tenants.opendsr.wire import Status
from tenants.vault import sealing
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place

PATH = "/opendsr"


class TellController(Job, frozen=True):
    """`place` is that of the address among those of the request."""

    name: ClassVar[str] = "opendsr.tell_controller"
    queue: ClassVar[Queue] = Queue.CALLS

    received_id: UUID
    place: int
    status: str


class Call(Struct, frozen=True):
    """What is to be sent, made up entirely while the transaction was open."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""

    def __repr__(self) -> str:
        return f"Call({self.method}, …)"


class NotHeard(Exception):
    """The controller did not say that it has heard."""


def base(slug: str) -> str:
    """Where a group of this installation is asked."""
    return f"{settings.current().base_url}{PATH}/{slug}/v2"


def tell(session: Session, row: ReceivedRequest) -> None:
    """At the commit, of the state that the request has come to."""
    for place in range(len(row.callback_urls)):
        enqueue(session, TellController(row.received_id, place, row.status))


def status_of(session: Session, row: ReceivedRequest, *, told_at: str | None = None) -> Status:
    return Status(
        controller_id=str(row.controller_id),
        expected_completion_time=row.expected_at,
        subject_request_id=str(row.subject_request_id),
        request_status=row.status,
        status_callback_url=told_at or UNSET,
        api_version=wire.API_VERSION,
        results_url=_results_url(session, row) or UNSET,
        results_count=UNSET if row.results_count is None else row.results_count,
    )


def prepare(session: Session, job: TellController) -> tuple[UUID, Call] | None:
    """For which processor, and what; None where a later state was reached meanwhile, told by a job of its own.

    Raises NotSetUp.
    """
    asked = select(ReceivedRequest, DsrController.processor_id).join(
        DsrController, DsrController.controller_id == ReceivedRequest.controller_id
    )
    found = session.execute(asked.where(ReceivedRequest.received_id == job.received_id)).one_or_none()
    if found is None or found[0].status != job.status:
        return None
    row, processor_id = found
    url = row.callback_urls[job.place]
    body = wire.write(status_of(session, row, told_at=url))
    headers = own.own().headers(body, as_before=row.as_before)
    return processor_id, Call("POST", url, {**headers, "Content-Type": "application/json"}, body)


def heard(session: Session, job: TellController, status: int) -> None:
    company_id = acting_of(session).company_id
    if company_id is not None:
        tracing.note(session, company_id, job.received_id, Step.CONTROLLER_TOLD, job.status, http_status=status)


def results_place(row: ReceivedRequest) -> Place:
    return Place("opendsr received", row.received_id, "results", row.company_id)


def _results_url(session: Session, row: ReceivedRequest) -> str | None:
    if row.sealed_results_secret is None or row.results_digest is None:
        return None
    slug = session.scalars(select(Group.slug)).one()
    secret = sealing.unseal(keyring(session), results_place(row), row.sealed_results_secret).decode()
    return f"{base(slug)}/results/{secret}"

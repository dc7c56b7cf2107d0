"""As a processor: what a controller asks is taken in, told of, and taken back while nobody has begun.

The body of a request is answered to whoever sent it, as the standard demands, and is neither kept nor logged.
"""

import base64
from datetime import timedelta
from uuid import UUID

from msgspec import structs
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tenants import outside
from tenants.audit import trail
from tenants.base import new_id
from tenants.errors import Invalid
from tenants.jobs.outbox import enqueue
from tenants.opendsr import identities, telling, tracing, wire
from tenants.opendsr.carrying_out import LookInto
from tenants.opendsr.model import DsrController, ReceivedRequest, Step
from tenants.opendsr.wire import Cancelled, Created, GivenRequest, Identity, RequestStatus, Status, Unacceptable

# The controller has a month (Art. 12(3)), and needs some of it for itself.
TAKES = timedelta(days=14)
# So long it may be taken back before Seloste looks into it by itself.
WAITS = timedelta(minutes=15)


def receive(session: Session, controller: DsrController, body: bytes, *, as_before: bool = False) -> Created:
    """For the company that acts as the controller's processor. Raises Unacceptable."""
    given = wire.read_request(body, as_before=as_before)
    _acceptable(controller, given)
    row = _row(session, controller, given, as_before=as_before)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Unacceptable("duplicate", "subject_request_id has been used before") from None
    tracing.note(session, controller.company_id, row.received_id, Step.RECEIVED, row.type)
    trail.record(session, "opendsr_request.received", about="opendsr_request", ids=[row.received_id], type=row.type)
    enqueue(session, LookInto(row.received_id), due_at=row.received_at + WAITS)
    return Created(
        controller_id=str(controller.controller_id),
        expected_completion_time=row.expected_at,
        received_time=row.received_at,
        encoded_request=base64.b64encode(body).decode(),
        subject_request_id=str(row.subject_request_id),
    )


def status(session: Session, controller: DsrController, subject_request_id: UUID) -> Status:
    """Raises Unacceptable."""
    return telling.status_of(session, _found(session, controller, subject_request_id))


def cancel(session: Session, controller: DsrController, subject_request_id: UUID) -> Cancelled:
    """Only while nobody has begun. Raises Unacceptable."""
    row = _found(session, controller, subject_request_id)
    ended = session.execute(
        update(ReceivedRequest)
        .where(ReceivedRequest.received_id == row.received_id, ReceivedRequest.status == RequestStatus.PENDING)
        .values(status=RequestStatus.CANCELLED, ended_at=wire.now(), sealed_identities=None)
        .returning(ReceivedRequest.received_id)
    )
    if ended.first() is None:
        raise Unacceptable("not_pending", "The request is not pending any more")
    session.refresh(row)
    tracing.note(session, row.company_id, row.received_id, Step.CANCELLED)
    trail.record(session, "opendsr_request.cancelled", about="opendsr_request", ids=[row.received_id])
    telling.tell(session, row)
    return Cancelled(str(controller.controller_id), wire.now(), str(row.subject_request_id))


def _acceptable(controller: DsrController, given: GivenRequest) -> None:
    for one in given.subject_identities:
        if one.identity_format is not wire.IdentityFormat.RAW or one.identity_type not in controller.identity_types:
            raise Unacceptable("unsupported_identity", "subject_identities holds a kind that discovery does not offer")
    for url in given.status_callback_urls:
        if not _may_be_called(controller, url):
            raise Unacceptable("callback_not_allowed", "status_callback_urls leads to a domain that is not agreed")


def _may_be_called(controller: DsrController, url: str) -> bool:
    try:
        return outside.destination(url).host in controller.callback_domains
    except Invalid:
        return False


def _row(session: Session, controller: DsrController, given: GivenRequest, *, as_before: bool) -> ReceivedRequest:
    received_id, now = new_id(), wire.now()
    said = [Identity(*structs.astuple(one)) for one in given.subject_identities]
    return ReceivedRequest(
        received_id=received_id,
        company_id=controller.company_id,
        controller_id=controller.controller_id,
        subject_request_id=given.subject_request_id,
        type=given.subject_request_type,
        status=RequestStatus.PENDING,
        as_before=as_before,
        submitted_at=given.submitted_time,
        received_at=now,
        expected_at=now + TAKES,
        callback_urls=list(dict.fromkeys(given.status_callback_urls)),
        sealed_identities=identities.close(session, identities.RECEIVED, received_id, controller.company_id, said),
    )


def _found(session: Session, controller: DsrController, subject_request_id: UUID) -> ReceivedRequest:
    found = session.scalar(
        select(ReceivedRequest).where(
            ReceivedRequest.controller_id == controller.controller_id,
            ReceivedRequest.subject_request_id == subject_request_id,
        )
    )
    if found is None:
        raise Unacceptable("unknown", "There is no such request", status=404)
    return found

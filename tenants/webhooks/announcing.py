"""Something happened: a message to every endpoint that wants to know, in the transaction in which it happened."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.base import new_id
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import enqueue
from tenants.webhooks import endpoints
from tenants.webhooks.model import Event, EventType, MessageState, WebhookEndpoint, WebhookMessage
from tenants.webhooks.refusals import EndpointDisabled, NoSuchMessage, StillBeingSent


class DeliverWebhook(Job, frozen=True):
    """One attempt at one message."""

    name: ClassVar[str] = "webhooks.deliver"
    queue: ClassVar[Queue] = Queue.CALLS
    purpose: ClassVar[PurposeKind | None] = PurposeKind.STORAGE

    message_id: UUID


def announce(session: Session, agreement_id: UUID, event: Event) -> int:
    """To how many endpoints of the agreement a message goes when the session commits.

    The session acts for the company of the agreement. `event` holds no ids of persons.
    """
    wanted = select(WebhookEndpoint).where(
        WebhookEndpoint.agreement_id == agreement_id,
        WebhookEndpoint.disabled_at.is_(None),
        WebhookEndpoint.events.contains([event.type]),
    )
    found = session.scalars(wanted).all()
    for endpoint in found:
        tell(session, endpoint, event)
    return len(found)


def tell(session: Session, endpoint: WebhookEndpoint, event: Event) -> UUID:
    message = WebhookMessage(
        message_id=new_id(),
        endpoint_id=endpoint.endpoint_id,
        company_id=endpoint.company_id,
        type=event.type,
        event=event,
    )
    session.add(message)
    session.flush()
    deliver(session, message)
    return message.message_id


def deliver(session: Session, message: WebhookMessage, *, due_at: datetime | None = None) -> None:
    """Acts for the message's company, also where whoever asks acts for none."""
    enqueue(session, DeliverWebhook(message.message_id), due_at=due_at, company_id=message.company_id)


def ping(session: Session, endpoint_id: UUID) -> UUID:
    """A message by which nothing is told. Raises EndpointDisabled, NoSuchEndpoint, Forbidden."""
    endpoint = endpoints.locked(session, endpoint_id)
    if endpoint.disabled_at is not None:
        raise EndpointDisabled
    endpoints.note(session, "webhook.pinged", endpoint)
    return tell(session, endpoint, Event(EventType.PING))


def redeliver(session: Session, message_id: UUID) -> WebhookMessage:
    """Once more, under the id by which the receiver knows it, with all patience.

    Raises StillBeingSent, EndpointDisabled, NoSuchMessage, Forbidden.
    """
    wanted = select(WebhookMessage).where(WebhookMessage.message_id == message_id)
    message = session.scalar(wanted.with_for_update())
    if message is None:
        raise NoSuchMessage
    endpoint = endpoints.locked(session, message.endpoint_id)
    if endpoint.disabled_at is not None:
        raise EndpointDisabled
    if message.state is MessageState.PENDING:
        raise StillBeingSent
    message.state, message.tries, message.settled_at = MessageState.PENDING, 0, None
    session.flush()
    endpoints.note(session, "webhook.redelivered", endpoint, message=str(message_id))
    deliver(session, message)
    return message

"""What endpoints were told, for whoever looks after them."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.webhooks.model import WebhookAttempt, WebhookMessage

SHOWN = 20


class Sent(Struct, frozen=True):
    """A message with its attempts, the newest first."""

    message: WebhookMessage
    attempts: list[WebhookAttempt]


def last(session: Session, endpoint_id: UUID, *, limit: int = SHOWN) -> Sequence[Sent]:
    """The newest first."""
    messages = session.scalars(
        select(WebhookMessage)
        .where(WebhookMessage.endpoint_id == endpoint_id)
        .order_by(WebhookMessage.message_id.desc())
        .limit(limit)
    ).all()
    attempts: dict[UUID, list[WebhookAttempt]] = {}
    made = select(WebhookAttempt).where(WebhookAttempt.message_id.in_([one.message_id for one in messages]))
    for attempt in session.scalars(made.order_by(WebhookAttempt.attempt_id.desc())):
        attempts.setdefault(attempt.message_id, []).append(attempt)
    return [Sent(one, attempts.get(one.message_id, [])) for one in messages]

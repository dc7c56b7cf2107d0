"""Messages and attempts are forgotten when nobody asks about them any more."""

from datetime import timedelta
from typing import ClassVar

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tenants.jobs.model import Job
from tenants.webhooks.model import WebhookAttempt, WebhookMessage, WebhookSecret

KEPT = timedelta(days=30)


class ForgetWebhooks(Job, frozen=True):
    """Of one company, every day."""

    name: ClassVar[str] = "webhooks.forget"


def forget(session: Session) -> None:
    old = select(WebhookMessage.message_id).where(WebhookMessage.created_at < func.now() - KEPT)
    session.execute(delete(WebhookAttempt).where(WebhookAttempt.message_id.in_(old)))
    session.execute(delete(WebhookMessage).where(WebhookMessage.created_at < func.now() - KEPT))
    session.execute(delete(WebhookSecret).where(WebhookSecret.retires_at < func.now()))

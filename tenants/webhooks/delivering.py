"""One attempt at one message: read, then called by the worker, then noted; and what follows from what was answered.

A worker that dies between the call and the note leaves a job that is not done: the message is sent again, under the
same id. It is never lost.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.base import new_id
from tenants.outside import Unreached
from tenants.webhooks import announcing, endpoints, standing
from tenants.webhooks.model import (
    DisabledFor,
    MessageState,
    WebhookAttempt,
    WebhookEndpoint,
    WebhookMessage,
)
from tenants.webhooks.signing import Signer

# Before the attempt with this number, counted from nought (Standard Webhooks 1.0.0).
SCHEDULE = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# So many messages given up in a row, each after more than three days, and the endpoint is disabled.
GIVEN_UP_AT_MOST = 3
GONE = 410
THROTTLES = frozenset({429, 502, 504})
MAY_ASK_FOR_TIME = THROTTLES | {503}
WAITS_AT_MOST = timedelta(hours=24)


class Envelope(Struct, frozen=True):
    """A message as it goes out. `webhook_id` is the same however often it does."""

    message_id: UUID
    agreement_id: UUID
    webhook_id: str
    url: str
    body: bytes
    signers: list[Signer]


class Outcome(Struct, frozen=True):
    """What became of a call. `retry_after` is the answer's header of that name."""

    at: datetime
    milliseconds: int
    status: int | None = None
    reason: Unreached | None = None
    retry_after: str | None = None

    @property
    def good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def prepare(session: Session, message_id: UUID) -> Envelope | None:
    """What is to be sent now. None where nothing is: it is settled, dropped, held, or waits for its endpoint."""
    found = session.execute(
        select(WebhookMessage, WebhookEndpoint)
        .join(WebhookEndpoint, WebhookEndpoint.endpoint_id == WebhookMessage.endpoint_id)
        .where(WebhookMessage.message_id == message_id, WebhookMessage.state == MessageState.PENDING)
    ).one_or_none()
    if found is None:
        return None
    message, endpoint = found
    if endpoint.disabled_at is not None:
        message.state, message.settled_at = MessageState.DROPPED, func.now()
    elif not standing.stands(session, endpoint.agreement_id):
        message.held_at = func.now()
    elif endpoint.quiet_until is not None and endpoint.quiet_until > datetime.now(UTC):
        announcing.deliver(session, message, due_at=endpoint.quiet_until)
    else:
        return Envelope(
            message_id,
            endpoint.agreement_id,
            f"msg_{message_id.hex}",
            endpoint.url,
            _body(message),
            endpoints.signers(session, endpoint.endpoint_id),
        )
    return None


def note(session: Session, message_id: UUID, outcome: Outcome) -> None:
    """What the next step is follows from it: done, later, given up, or the endpoint is disabled."""
    wanted = select(WebhookMessage).where(WebhookMessage.message_id == message_id)
    message = session.scalars(wanted.with_for_update()).one_or_none()
    if message is None:
        return
    endpoint = session.scalars(
        select(WebhookEndpoint).where(WebhookEndpoint.endpoint_id == message.endpoint_id).with_for_update()
    ).one()
    session.add(
        WebhookAttempt(
            attempt_id=new_id(),
            message_id=message_id,
            company_id=message.company_id,
            at=outcome.at,
            milliseconds=outcome.milliseconds,
            status=outcome.status,
            reason=outcome.reason,
        )
    )
    message.tries += 1
    if outcome.good:
        _heard(message, endpoint, outcome)
    else:
        _failed(session, message, endpoint, outcome)
    session.flush()


def _heard(message: WebhookMessage, endpoint: WebhookEndpoint, outcome: Outcome) -> None:
    message.state, message.settled_at = MessageState.DELIVERED, func.now()
    endpoint.failing_since, endpoint.exhausted, endpoint.last_ok_at = None, 0, outcome.at
    endpoint.quiet_until = None


def _failed(session: Session, message: WebhookMessage, endpoint: WebhookEndpoint, outcome: Outcome) -> None:
    endpoint.failing_since = endpoint.failing_since or outcome.at
    if endpoint.disabled_at is not None:
        message.state, message.settled_at = MessageState.DROPPED, func.now()
    elif outcome.status == GONE:
        message.state, message.settled_at = MessageState.FAILED, func.now()
        endpoints.shut(session, endpoint, DisabledFor.GONE)
    elif message.tries >= len(SCHEDULE):
        _give_up(session, message, endpoint)
    else:
        asked_for = _asked_for(outcome)
        due_at = datetime.now(UTC) + max(SCHEDULE[message.tries], asked_for)
        if asked_for or outcome.status in THROTTLES:
            endpoint.quiet_until = due_at
        announcing.deliver(session, message, due_at=due_at)


def _give_up(session: Session, message: WebhookMessage, endpoint: WebhookEndpoint) -> None:
    message.state, message.settled_at = MessageState.FAILED, func.now()
    endpoint.exhausted += 1
    if endpoint.exhausted >= GIVEN_UP_AT_MOST:
        endpoints.shut(session, endpoint, DisabledFor.EXHAUSTED)


def _asked_for(outcome: Outcome) -> timedelta:
    """How long the receiver asks us to wait (RFC 9110 §10.2.3), a day at most."""
    given = (outcome.retry_after or "").strip()
    if outcome.status not in MAY_ASK_FOR_TIME or not given:
        return timedelta(0)
    if given.isascii() and given.isdecimal():
        return min(timedelta(seconds=int(given[:9])), WAITS_AT_MOST)
    try:
        until = parsedate_to_datetime(given)
        left = until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)
    except (ValueError, OverflowError):
        return timedelta(0)
    return min(max(left, timedelta(0)), WAITS_AT_MOST)


def _body(message: WebhookMessage) -> bytes:
    """The same bytes at every attempt."""
    said: Mapping[str, object] = msgspec.to_builtins(message.event)
    data = {name: value for name, value in said.items() if name != "type"}
    at = message.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return msgspec.json.encode({"type": message.type, "timestamp": at, "data": data})

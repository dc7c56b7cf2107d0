"""Webhooks: told, sent, forgotten."""

import time
from datetime import UTC, datetime
from functools import partial

from sqlalchemy.orm import Session

from services.outgoing import calling
from services.outgoing.calling import Limits, NotReached
from services.worker import receivers
from services.worker.handling import Finish, Work, handles, handles_outside
from services.worker.receivers import in_turn
from tenants.webhooks import announcing, delivering, forgetting, signing, watching
from tenants.webhooks.delivering import Envelope, Outcome

# Standard Webhooks 1.0.0: fifteen to thirty seconds. What is answered is not read for anything but its status.
LIMITS = Limits(connect=5, silence=20, total=20, most=64 * 1024)


@handles(watching.TellOfFeeds)
def tell_of_feeds(session: Session, job: watching.TellOfFeeds) -> None:
    watching.tell(session)


@handles_outside(announcing.DeliverWebhook)
def deliver_webhook(session: Session, job: announcing.DeliverWebhook) -> Work | None:
    envelope = delivering.prepare(session, job.message_id)
    if envelope is None:
        return None
    return in_turn(receivers.of_agreement(session, envelope.agreement_id), partial(_send, envelope))


@handles(forgetting.ForgetWebhooks)
def forget_webhooks(session: Session, job: forgetting.ForgetWebhooks) -> None:
    forgetting.forget(session)


def _send(envelope: Envelope) -> Finish:
    began, at = time.monotonic(), datetime.now(UTC)
    signed = signing.headers(envelope.signers, envelope.webhook_id, int(at.timestamp()), envelope.body)
    status = reason = retry_after = None
    try:
        headers = {"Content-Type": "application/json", **signed}
        answer = calling.send("POST", envelope.url, headers=headers, body=envelope.body, limits=LIMITS)
        status, retry_after = answer.status, answer.headers.get("retry-after")
    except NotReached as failure:
        status, reason = failure.status, failure.reason
    outcome = Outcome(at, int((time.monotonic() - began) * 1000), status, reason, retry_after)
    return partial(delivering.note, message_id=envelope.message_id, outcome=outcome)

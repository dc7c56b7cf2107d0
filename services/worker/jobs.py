"""The queue's own housekeeping."""

from sqlalchemy.orm import Session

from services.worker.handling import handles
from tenants.jobs import outbox


@handles(outbox.PruneQueue)
def prune_queue(session: Session, job: outbox.PruneQueue) -> None:
    if outbox.prune(session) == outbox.PRUNED_AT_ONCE:
        outbox.enqueue(session, job)

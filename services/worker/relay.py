"""Carries due jobs from their rows to the queue in Redis, fairly between groups."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import psycopg
import redis
import structlog
from sqlalchemy.exc import DBAPIError

from services import logs
from services.worker import queue_metrics
from services.worker.broker import Sender, connect
from services.worker.heartbeat import beat
from services.worker.stopping import asked_to_stop
from tenants import walls
from tenants.acting import DatabaseRole, relay
from tenants.database import walled_session
from tenants.jobs.claiming import claim_due, send_again
from tenants.jobs.hints import listening
from tenants.jobs.model import Queue

log = structlog.get_logger()

# Jobs of one group that may be out at once. Few, because another group's next job waits behind them; enough that the
# workers do not run dry before the relay looks again. What takes long belongs into bulk or documents.
IN_FLIGHT = {Queue.DEFAULT: 32, Queue.BULK: 8, Queue.OUTBOUND: 32, Queue.CALLS: 8, Queue.DOCUMENTS: 8}

POLL_SECONDS = 1.0
# While more is due than may be out, the relay looks again soon; later and later as long as nothing gets done.
SOON_SECONDS, SOON_AT_MOST_SECONDS = 0.02, 0.5
# Hints come in flocks: one claim for all of them costs less than one for each.
GATHER_SECONDS = 0.005
AFTER_TROUBLE_SECONDS = 1.0

# Longer than a transaction may last. Jobs outside may run for longer, and whoever gets their second message sees that.
LOST_AFTER = timedelta(minutes=12)
LOOK_FOR_LOST_SECONDS = 5.0
# Holds the run id of the Redis that it was written to. Gone, or another's: messages may have been lost with it.
SENTINEL = "seloste:sentinel"


def main() -> None:
    logs.configure("relay")
    walls.check(DatabaseRole.RELAY)
    with queue_metrics.served():
        run(asked_to_stop())


def run(stopping: threading.Event) -> None:
    """Until told to stop. Outages of PostgreSQL or Redis are waited out."""
    log.info("relay started")
    while not stopping.is_set():
        try:
            with listening() as heard, connect() as client:
                _carry_until(stopping, client, heard)
        except (DBAPIError, psycopg.Error, redis.RedisError) as error:
            log.warning("relay waits for a server", exc_info=error)
            stopping.wait(AFTER_TROUBLE_SECONDS)
    log.info("relay ended")


def _carry_until(stopping: threading.Event, client: redis.Redis, heard: Callable[[float], bool]) -> None:
    sender = Sender(client)
    soon, looked = SOON_SECONDS, 0.0
    while not stopping.is_set():
        beat()
        if time.monotonic() > looked + LOOK_FOR_LOST_SECONDS:
            send_lost_again(client)
            looked = time.monotonic()
        carried, left_behind = carry(sender)
        soon = SOON_SECONDS if carried else min(soon * 2, SOON_AT_MOST_SECONDS)
        if heard(soon if left_behind else POLL_SECONDS):
            time.sleep(GATHER_SECONDS)
            heard(0)


def carry(sender: Sender) -> tuple[int, bool]:
    """How many jobs were handed to Redis, and whether more are due than may be out.

    The one place where a transaction is open while the network is spoken to: a job is marked as sent only if it was.
    """
    with walled_session(relay()) as session:
        claim = claim_due(session, IN_FLIGHT)
        if claim.jobs:
            sender.send(claim.jobs)
    return len(claim.jobs), claim.left_behind


def send_lost_again(client: redis.Redis) -> None:
    """Jobs whose message was lost wait once more: all that are out if Redis was emptied, else those out too long."""
    running = client.info("server")["run_id"]
    emptied = client.get(SENTINEL) != running.encode()
    with walled_session(relay()) as session:
        lost = send_again(session) if emptied else send_again(session, sent_before=LOST_AFTER)
    if emptied:
        client.set(SENTINEL, running)
    if lost:
        log.warning("messages lost, sent again", jobs=lost, redis_emptied=emptied)


if __name__ == "__main__":
    main()

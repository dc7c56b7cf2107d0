"""One worker process: some threads that do the jobs of some queues."""

import argparse
import threading
from collections.abc import Collection, Sequence

import dramatiq
import structlog

from services import logs
from services.worker import (
    authorities,
    clients,
    companies,
    contacts,
    deliveries,
    exports,
    handling,
    imports,
    jobs,
    life,
    notifying,
    opendsr,
    receivers,
    registers,
    reminding,
    requests,
    webhooks,
)
from services.worker.broker import ACTOR, QueueBroker, connect
from services.worker.heartbeat import beat
from services.worker.stopping import asked_to_stop
from tenants import settings, walls
from tenants.acting import DatabaseRole
from tenants.jobs.model import Queue
from tenants.vault import objects

log = structlog.get_logger()

BEAT_SECONDS = 5.0

# Importing an area registers its actors.
AREAS = (
    authorities,
    clients,
    companies,
    contacts,
    deliveries,
    exports,
    imports,
    jobs,
    life,
    notifying,
    opendsr,
    registers,
    reminding,
    requests,
    webhooks,
)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--queues", type=_queues, default=list(Queue))
    parser.add_argument("--threads", type=int, default=settings.current().worker_threads)
    chosen = parser.parse_args(arguments)
    if chosen.threads > settings.current().pool_size:
        # A job that speaks to the network holds one connection and may need another; the pool gives twice its size.
        parser.error(f"--threads may be at most {settings.PREFIX}POOL_SIZE, {settings.current().pool_size}")
    logs.configure("worker")
    walls.check(DatabaseRole.APP)
    _prepare_the_store()
    work(asked_to_stop(), queues=chosen.queues, threads=chosen.threads)


def _queues(names: str) -> list[Queue]:
    try:
        return [Queue(name) for name in names.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"queues are {', '.join(Queue)}") from None


def _prepare_the_store() -> None:
    """Jobs that need the store wait for it; the others need not."""
    try:
        objects.ensure_bucket()
    except objects.StorageUnavailable as outage:
        log.warning("the store does not answer", reason=str(outage))


def work(stopping: threading.Event, *, queues: Collection[Queue], threads: int) -> None:
    """Until told to stop; then what runs is finished, and what only waits in this process goes back."""
    broker = QueueBroker(connect(), finds_dead_workers=True)
    receivers.share_through(connect())
    dramatiq.actor(actor_name=ACTOR, broker=broker)(handling.run)
    worker = dramatiq.Worker(broker, queues=set(queues), worker_threads=threads)
    broker.emit_after("process_boot")
    worker.start()
    log.info("worker started", queues=",".join(queues), threads=threads, kinds=len(handling.HANDLERS))
    while not stopping.wait(BEAT_SECONDS):
        beat()
    worker.stop()
    log.info("worker ended")


if __name__ == "__main__":
    main()

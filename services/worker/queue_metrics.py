"""The queue's figures for Prometheus: how much waits, and since when. The alarms watch the ages.

The relay serves them itself, on a port of their own: nobody else's role sees the queue of all groups.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError

from tenants import settings
from tenants.acting import relay
from tenants.database import walled_session
from tenants.jobs import figures

log = structlog.get_logger()

_GAUGES = {
    "waiting": "Jobs that are due and not handed to the workers yet",
    "oldest_waiting": "Seconds since the oldest of them became due",
    "sent": "Jobs that are with the workers",
    "oldest_sent": "Seconds since the oldest of them became due",
    "failed": "Jobs that were given up and wait for somebody to look",
    "oldest_failed": "Seconds since the oldest of them was given up",
}


class QueueCollector(Collector):
    """Asks the database whenever the figures are fetched; while it does not answer there are none."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            with walled_session(relay()) as session:
                measured = figures.measure(session)
        except DBAPIError as error:
            log.warning("no figures of the queue", exc_info=error)
            return
        for name, told in _GAUGES.items():
            unit = "_seconds" if name.startswith("oldest") else ""
            gauge = GaugeMetricFamily(f"seloste_jobs_{name}{unit}", told, labels=["queue"])
            for queue in measured:
                gauge.add_metric([queue.queue], float(getattr(queue, name)))
            yield gauge


@contextmanager
def served() -> Iterator[None]:
    """On `metrics_port`, where there is one, for as long as the block runs."""
    configured = settings.current()
    if not configured.metrics_port:
        yield
        return
    registry = CollectorRegistry()
    registry.register(QueueCollector())
    server, thread = start_http_server(configured.metrics_port, configured.metrics_host, registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""The queue's figures for Prometheus: how much waits, and since when. The alarms watch the ages."""

from collections.abc import Iterator

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError

from tenants.acting import relay
from tenants.database import walled_session
from tenants.jobs import figures
from tenants.settings import SettingsError

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
    """Asks the database whenever the figures are fetched; an api without the relay's address has none to give."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            with walled_session(relay()) as session:
                measured = figures.measure(session)
        except (DBAPIError, SettingsError) as error:
            log.warning("no figures of the queue", exc_info=error)
            return
        for name, told in _GAUGES.items():
            unit = "_seconds" if name.startswith("oldest") else ""
            gauge = GaugeMetricFamily(f"seloste_jobs_{name}{unit}", told, labels=["queue"])
            for queue in measured:
                gauge.add_metric([queue.queue], float(getattr(queue, name)))
            yield gauge

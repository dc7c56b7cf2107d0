"""What alarms and metrics watch: how much waits, and since when. For sessions of `acting.relay()`."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.jobs.model import Queue

# Three reads, each of one partial index: finished jobs cost nothing.
_FIGURES = text("""
    SELECT 'waiting' AS state, queue, count(*) AS jobs, extract(epoch FROM now() - min(due_at)) AS seconds
      FROM queued_jobs
     WHERE sent_at IS NULL AND done_at IS NULL AND failed_at IS NULL AND due_at <= now()
     GROUP BY queue
    UNION ALL
    SELECT 'sent', queue, count(*), extract(epoch FROM now() - min(due_at))
      FROM queued_jobs
     WHERE sent_at IS NOT NULL AND done_at IS NULL AND failed_at IS NULL
     GROUP BY queue
    UNION ALL
    SELECT 'failed', queue, count(*), extract(epoch FROM now() - min(failed_at))
      FROM queued_jobs
     WHERE failed_at IS NOT NULL AND dismissed_at IS NULL
     GROUP BY queue
""")


class QueueFigures(Struct, frozen=True, kw_only=True):
    """Jobs of all groups in one queue. `oldest_*` are seconds since the oldest of them became due, or failed."""

    queue: Queue
    waiting: int = 0
    oldest_waiting: float = 0
    sent: int = 0
    oldest_sent: float = 0
    failed: int = 0
    oldest_failed: float = 0


def measure(session: Session) -> Sequence[QueueFigures]:
    """One for every queue, empty ones too."""
    found = {queue: dict[str, float]() for queue in Queue}
    for row in session.execute(_FIGURES):
        found[Queue(row.queue)] |= {row.state: int(row.jobs), f"oldest_{row.state}": max(float(row.seconds), 0.0)}
    return [_figures(queue, values) for queue, values in found.items()]


def _figures(queue: Queue, values: dict[str, float]) -> QueueFigures:
    return QueueFigures(
        queue=queue,
        waiting=int(values.get("waiting", 0)),
        oldest_waiting=values.get("oldest_waiting", 0.0),
        sent=int(values.get("sent", 0)),
        oldest_sent=values.get("oldest_sent", 0.0),
        failed=int(values.get("failed", 0)),
        oldest_failed=values.get("oldest_failed", 0.0),
    )

"""A word to the relay that there is work. Only a hint: it polls as well, so a lost one delays by a second."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.orm import Session

from tenants import settings, together

CHANNEL = "queued_job"


def hint(session: Session) -> None:
    """Delivered when the session's transaction commits, once however often it is asked for."""
    together.notify(session, CHANNEL)


@contextmanager
def listening() -> Iterator[Callable[[float], bool]]:
    """A function that waits for a hint, at most so many seconds, and says whether one came."""
    with psycopg.connect(settings.current().database_relay, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")

        def wait(seconds: float) -> bool:
            return bool(list(connection.notifies(timeout=seconds, stop_after=1)))

        yield wait

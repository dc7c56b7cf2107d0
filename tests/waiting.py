"""Tests wait for conditions, never for time to pass."""

import time
from collections.abc import Callable

import psycopg
from psycopg.conninfo import make_conninfo

from infra.embedded.postgres import Postgres


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Returns as soon as the condition holds. Fails when it does not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {condition}"
        time.sleep(0.01)


def somebody_waits(database: Postgres) -> bool:
    """Whether a transaction waits for a lock that another has."""
    with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste")) as admin:
        found = admin.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    return found is not None and found[0] > 0

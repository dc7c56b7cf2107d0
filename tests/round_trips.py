"""How often a server was asked and had answered all of it, by what libpq says that it reads."""

from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import psycopg
from sqlalchemy import event

from tenants import database
from tenants.acting import DatabaseRole


def round_trips(does: Callable[[], object], role: DatabaseRole = DatabaseRole.APP) -> int:
    """Of all connections of this role that are taken from the pool meanwhile."""
    engine = database.engine(role)
    with NamedTemporaryFile() as written:

        def follow(driver: psycopg.Connection[Any], *_: object) -> None:
            driver.pgconn.trace(written.fileno())

        def leave(driver: psycopg.Connection[Any], *_: object) -> None:
            driver.pgconn.untrace()

        event.listen(engine, "checkout", follow)
        event.listen(engine, "checkin", leave)
        try:
            does()
        finally:
            event.remove(engine, "checkout", follow)
            event.remove(engine, "checkin", leave)
        return Path(written.name).read_text(errors="replace").count("ReadyForQuery")

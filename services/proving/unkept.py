"""The application itself, on the one transaction in which the canaries live: what it commits is not kept."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import event

from services.proving.canaries import Canaries, entrance, nobody
from tenants.acting import DatabaseRole
from tenants.database import engine

# How long an answered request may still hold its session, in seconds.
PATIENCE = 10


class Unkept(psycopg.Connection[tuple[Any, ...]]):
    """Shares a session of the server. Its commit and rollback end a savepoint, its end ends nothing."""

    def __init__(self, shared: psycopg.Connection[tuple[Any, ...]]) -> None:
        super().__init__(shared.pgconn)
        self.lock = shared.lock  # one statement at a time, whichever thread of the application asks
        self.prepare_threshold = None  # several of these would give one session statements of the same name
        self._let_go = False

    def commit(self) -> None:
        self.execute("RELEASE SAVEPOINT kept; SAVEPOINT kept")

    def rollback(self) -> None:
        self.execute("ROLLBACK TO SAVEPOINT kept")

    def close(self) -> None:
        self._let_go = True

    @property
    def closed(self) -> bool:
        return self._let_go or super().closed


class Application:
    """Every pool of the application gives out the canaries' own session, as the pool's role."""

    def __init__(self, made: Canaries) -> None:
        self._made = made
        self._out = 0
        self._returned = threading.Condition()

    @contextmanager
    def taken_back(self) -> Iterator[None]:
        """What the application does in the block, of whatever it believes to have committed, did not happen."""
        self._made.connection.execute("SAVEPOINT asked; SAVEPOINT kept")
        try:
            yield
        finally:
            self._wait()
            self._made.connection.execute("ROLLBACK TO SAVEPOINT asked; RELEASE SAVEPOINT asked")

    def _wait(self) -> None:
        """The application may end a session of its own after its answer has left."""
        with self._returned:
            if not self._returned.wait_for(lambda: self._out == 0, timeout=PATIENCE):
                raise TimeoutError("the application keeps a session")

    def listeners(self, role: DatabaseRole) -> Iterator[tuple[str, Callable[..., Any]]]:
        put_on = entrance(nobody(role), take_role=self._made.takes_roles).as_bytes(self._made.connection)
        begin = b"RELEASE SAVEPOINT kept; " + put_on + b"; SAVEPOINT kept"

        def connect(*_: object) -> Unkept:
            return Unkept(self._made.connection)

        def checkout(driver: Unkept, *_: object) -> None:
            driver.execute(begin)
            self._count(1)

        def checkin(*_: object) -> None:
            self._count(-1)

        yield "do_connect", connect
        yield "checkout", checkout
        yield "checkin", checkin

    def _count(self, by: int) -> None:
        with self._returned:
            self._out += by
            self._returned.notify_all()


@contextmanager
def application_on(made: Canaries) -> Iterator[Application]:
    application = Application(made)
    roles = [role for role in (DatabaseRole.APP, DatabaseRole.PORTAL) if made.plays(role)]
    listening = [(engine(role), name, hear) for role in roles for name, hear in application.listeners(role)]
    for pool in {pool for pool, _, _ in listening}:
        pool.dispose()
    for pool, name, hear in listening:
        event.listen(pool, name, hear)
    try:
        yield application
    finally:
        for pool, name, hear in listening:
            event.remove(pool, name, hear)
        for pool in {pool for pool, _, _ in listening}:
            pool.dispose()

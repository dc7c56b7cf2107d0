"""A lock that outlives transactions and dies with its process: for work that speaks to the network."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import text

from tenants.acting import DatabaseRole
from tenants.database import engine


@contextmanager
def alone(job_id: UUID) -> Iterator[bool]:
    """Whether this is the only one that holds the job's lock. No transaction is open meanwhile.

    The lock belongs to a connection of its own, so PostgreSQL lets go of it when the process is killed.
    """
    key = {"key": int.from_bytes(job_id.bytes[8:], signed=True)}
    with engine(DatabaseRole.APP).connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        held = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key))
        try:
            yield held
        finally:
            if held:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)

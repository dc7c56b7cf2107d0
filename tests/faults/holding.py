"""Holds a table, so that whoever comes to it can be killed there."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from infra.embedded.postgres import Postgres
from tests.waiting import until


@contextmanager
def held(database: Postgres, table: str, mode: str) -> Iterator[None]:
    """Who needs the table waits; who was killed meanwhile has let go of it when this ends."""
    with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste")) as admin:
        admin.execute(sql.SQL("LOCK TABLE {} IN {} MODE").format(sql.Identifier(table), sql.SQL(mode)))
        yield
        admin.rollback()
    until(lambda: not _locks(database, table, granted=True), 30)


def somebody_waits(database: Postgres, table: str) -> bool:
    return _locks(database, table, granted=False) > 0


def _locks(database: Postgres, table: str, *, granted: bool) -> int:
    asked = "SELECT count(*) FROM pg_locks WHERE granted = %s AND relation = %s::regclass"
    with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste")) as admin:
        [(count,)] = admin.execute(asked, [granted, table]).fetchall()
    return int(count)

"""What each role that can log in tries from a connection of its own: to become another, to pass the walls, to build."""

import contextlib
from collections.abc import Callable
from typing import Any, LiteralString

import psycopg
from psycopg import Connection, sql

from services.proving.canaries import APPLICATION, Limits
from services.proving.findings import Count, Kind, Part, Result, Untried
from services.proving.pace import Pace
from services.proving.reference import RUNTIME
from services.proving.shapes import shapes
from tenants import settings
from tenants.acting import DatabaseRole

Plain = Connection[tuple[Any, ...]]

# Used by hand, by whoever takes a group away: no process of an installation needs to know how to log in as these.
_BY_HAND = frozenset({DatabaseRole.EXPORTER, DatabaseRole.ERASER})
# The owner's own: what it builds it may also take down, and to the door it hands functions over.
_BECOMES = frozenset({("seloste_owner", "seloste_door")})
_BUILDS = frozenset({"seloste_owner"})
# Whose policies let it see rows without a context: ids and times of the queue; the directory, for two functions.
_SEES = frozenset({("seloste_relay", "queued_jobs"), ("seloste_owner", "directory")})

PASSING: tuple[LiteralString, ...] = (
    "SET LOCAL session_replication_role = replica",
    "CREATE ROLE seloste_canary",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT lo_import('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "SELECT rolpassword FROM pg_authid LIMIT 1",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "ALTER SYSTEM RESET seloste.canary",
)
BUILDING: tuple[LiteralString, ...] = (
    "CREATE TABLE public.seloste_canary ()",
    "CREATE FUNCTION public.seloste_canary() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA seloste_canary",
)


def attack(pace: Pace, limits: Limits) -> Result:
    result = Result(part=Part.LOGINS)
    for role in DatabaseRole:
        url: str = getattr(settings.current(), f"database_{role}")
        if not url and role in _BY_HAND:
            continue
        if not url:
            result.untried.append(Untried(f"seloste_{role}", "no address"))
            continue
        with psycopg.connect(url, application_name=APPLICATION, options=limits.options()) as connection:
            result.count(Count.ROLES)
            _attack_as(result, pace, connection, f"seloste_{role}")
            connection.rollback()
    return result


def _attack_as(result: Result, pace: Pace, connection: Plain, name: str) -> None:
    def refused(statement: LiteralString | sql.Composed) -> bool:
        """Whatever error it meets, it did not happen; nothing stays of it if it did."""
        pace.step()
        result.count(Count.ATTEMPTS)
        try:
            with connection.transaction(force_rollback=True):
                connection.execute(statement)
        except psycopg.Error:
            return True
        return False

    _be_oneself(result, connection, name)
    _become_others(result, refused, connection, name)
    for statement in (*PASSING, *(() if name in _BUILDS else BUILDING)):
        # `ALTER SYSTEM` is refused within a transaction whoever asks: it is here for its right, not for its effect.
        if not refused(statement):
            result.find(Kind.ESCAPE, name, statement)
    for table in shapes(connection):
        _read_bare(result, refused, connection, name, table)


def _be_oneself(result: Result, connection: Plain, name: str) -> None:
    row = connection.execute("SELECT current_user, session_user").fetchone()
    if row != (name, name):
        result.find(Kind.ESCAPE, name, "logged in as another role")


def _become_others(result: Result, refused: Callable[[sql.Composed], bool], connection: Plain, name: str) -> None:
    powerful = connection.execute("SELECT rolname FROM pg_roles WHERE rolsuper OR rolbypassrls").fetchall()
    for other in sorted({*RUNTIME, *(one for (one,) in powerful)} - {name}):
        for statement in ("SET LOCAL ROLE {}", "SET LOCAL SESSION AUTHORIZATION {}"):
            may = (name, other) in _BECOMES and "ROLE" in statement
            if not may and not refused(sql.SQL(statement).format(sql.Identifier(other))):
                result.find(Kind.ESCAPE, name, statement.format(other))


def _read_bare(
    result: Result, refused: Callable[[sql.Composed], bool], connection: Plain, name: str, table: str
) -> None:
    """The real rows of the installation, without a context, and with row-level security switched off."""
    bare = sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table))
    result.count(Count.ATTEMPTS)
    with contextlib.suppress(psycopg.Error), connection.transaction(force_rollback=True):
        if connection.execute(bare).fetchone() and (name, table) not in _SEES:
            result.find(Kind.SEEN, f"{table} · {name} · SELECT", "no context")
    if not refused(sql.SQL("SET LOCAL row_security = off; ") + bare):
        result.find(Kind.ESCAPE, name, f"SET row_security = off: {table}")
    result.count(Count.ATTEMPTS)
    copying = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))
    with (
        contextlib.suppress(psycopg.Error),
        connection.transaction(force_rollback=True),
        connection.cursor() as cursor,
        cursor.copy(copying),
    ):
        result.find(Kind.ESCAPE, name, f"COPY {table} FROM")

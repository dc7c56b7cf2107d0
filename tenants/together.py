"""Rows that nothing reads before the commit are written at the commit, all of them in one statement.

A step of a case leaves an entry in the audit, a line in its timeline, a job and more; written one by one, each would
cost as much as the step itself.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, LiteralString, cast

import msgspec
from msgspec import Struct
from sqlalchemy import LargeBinary, Table, event
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import CallableColumnDefault

from tenants.base import Base
from tenants.database import acting_of, fill_keys, run

Values = dict[str, object]
Written = tuple[Table, tuple[str, ...]]

_WAITING = "written together"
_SAID_AT_COMMIT = "said at commit"


def add(session: Session, row: Base) -> None:
    """As `session.add`, for a row that is not read again in this transaction. What it is made of may change till then.

    Where it is left out, the group and the company are those that the session acts for. Values are plain, no SQL.
    """
    # What a savepoint takes back did not happen: it is written within it, or not at all.
    if session.in_nested_transaction():
        session.flush()  # what is referred to comes first
        _write(session, [row])
    else:
        session.info.setdefault(_WAITING, []).append(row)


def notify(session: Session, channel: str) -> None:
    """Tells whoever listens once this has committed. Once is enough, however often it is asked for."""
    session.info.setdefault(_SAID_AT_COMMIT, set()).add(channel)


@event.listens_for(Session, "before_commit")
def _write_what_waits(session: Session) -> None:
    if session.in_nested_transaction():
        return  # the end of a savepoint commits nothing
    rows, channels = session.info.pop(_WAITING, None), session.info.pop(_SAID_AT_COMMIT, ())
    if rows or channels:
        session.flush()  # what is referred to comes first
        _write(session, rows or (), tuple(channels))


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    if session.in_nested_transaction():
        return  # what waits is older than the savepoint
    session.info.pop(_WAITING, None)
    session.info.pop(_SAID_AT_COMMIT, None)


def _write(session: Session, rows: Sequence[Base], channels: tuple[str, ...] = ()) -> None:
    by_shape: dict[Written, list[Values]] = {}
    for row in rows:
        table, values = _values(session, row)
        by_shape.setdefault((table, tuple(values)), []).append(values)
    parameters = {f"rows_{n}": msgspec.json.encode(values).decode() for n, values in enumerate(by_shape.values())}
    run(session, _statement(tuple(by_shape), channels), parameters)


def _values(session: Session, row: Base) -> tuple[Table, Values]:
    kept = _kept(type(row))
    fill_keys(row, acting_of(session))
    given = row.__dict__
    for name, made in kept.defaults:
        if given.get(name) is None:
            setattr(row, name, made(None))
    values = {name: given[name] for name in kept.columns if name in given}
    for name in kept.binary:
        if isinstance(value := values.get(name), bytes):
            values[name] = "\\x" + value.hex()
    return kept.table, values


class _Kept(Struct, frozen=True):
    """What a mapped class asks for."""

    table: Table
    columns: tuple[str, ...]
    binary: tuple[str, ...]
    defaults: tuple[tuple[str, Callable[[Any], object]], ...]


@cache
def _kept(mapped: type[Base]) -> _Kept:
    table = cast("Table", mapped.__table__)
    return _Kept(
        table=table,
        columns=tuple(column.name for column in table.columns),
        binary=tuple(column.name for column in table.columns if isinstance(column.type, LargeBinary)),
        defaults=tuple(
            (column.name, column.default.arg)
            for column in table.columns
            if isinstance(column.default, CallableColumnDefault)
        ),
    )


@lru_cache(maxsize=512)
def _statement(shapes: tuple[Written, ...], channels: tuple[str, ...]) -> LiteralString:
    inserts = ", ".join(
        f"written_{n} AS (INSERT INTO {table.name} ({_quoted(names)}) SELECT {_quoted(names)}"
        f" FROM jsonb_to_recordset(%(rows_{n})s::jsonb) AS given ({_typed(table, names)}))"
        for n, (table, names) in enumerate(shapes)
    )
    told = ", ".join(["1", *(f"pg_notify('{channel}', '')" for channel in channels)])
    return (f"WITH {inserts} " if inserts else "") + f"SELECT {told}"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _typed(table: Table, names: Iterable[str]) -> str:
    return ", ".join(f'"{name}" {table.columns[name].type.compile(dialect=_POSTGRESQL)}' for name in names)


_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]

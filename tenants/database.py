"""The only way to the database: one transaction inside the walls of whoever acts."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from select import POLLIN, poll
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection as PsycopgConnection
from psycopg import Cursor
from psycopg import Error as PsycopgError
from psycopg.errors import Diagnostic, error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.sql import SQL, Composable, Literal
from psycopg.types.string import ByteaBinaryLoader
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, sessionmaker

from tenants import settings
from tenants.acting import Acting, DatabaseRole, system
from tenants.base import OfCompany, OfGroup
from tenants.errors import GroupSuspended

# What the function of the policies raises in a suspended group.
_SUSPENDED = "SL001"


def open_session(acting: Acting, connection: Connection | None = None) -> Session:
    """Speaks to PostgreSQL at the first query only, so that it may be called on an event loop."""
    return _sessions(acting.role)(bind=connection or engine(acting.role), info={"acting": acting})


@contextmanager
def walled_session(acting: Acting, connection: Connection | None = None) -> Iterator[Session]:
    """One transaction: committed at the end of the block, rolled back if the block raises."""
    with open_session(acting, connection) as session, session.begin():
        yield session


@contextmanager
def held_connection(role: DatabaseRole) -> Iterator[Connection]:
    """For several transactions, one after the other, and what shall last from the first to the last: a lock.

    Closed if the block raises, for nobody knows then what it still holds.
    """
    with engine(role).connect() as connection:
        try:
            yield connection
        except BaseException:
            connection.invalidate()
            raise


def acting_of(session: Session) -> Acting:
    acting: Acting = session.info["acting"]
    return acting


def narrow(session: Session, acting: Acting) -> None:
    """In the same transaction the system goes on for one company and purpose. There is no way back."""
    before = acting_of(session)
    if before != system(acting.group_id) or acting.actor is not before.actor:
        raise RuntimeError("Only the system, while it acts for no company, may go on for one")
    if acting == before:
        return
    session.info["acting"] = acting
    _set_context(session.connection(), context_of(acting))


def list_groups(role: DatabaseRole) -> list[UUID]:
    """The groups there are. Only the relay's (and scheduler's) and the sealer's roles are granted the function."""
    with engine(role).connect() as connection:
        return list(connection.scalars(text("SELECT list_groups()")))


def answer_to(role: DatabaseRole, question: Composable) -> str | None:
    """Of one question that is asked for no group, as text.

    One message in all. Through psycopg it would be three, and the ROLLBACK among them makes it forget every statement
    that the connection knows.
    """
    with engine(role).connect() as connection:
        value = _tell(connection, question.as_bytes()).get_value(0, 0)
    return None if value is None else value.decode()


@cache
def engine(role: DatabaseRole) -> Engine:
    """The pool of this process for one role. Parameters never reach logs or exceptions."""
    configured = settings.current()
    url: str = getattr(configured, f"database_{role}")
    if not url:
        raise settings.SettingsError(f"{settings.PREFIX}DATABASE_{role.upper()} is not set")
    made = create_engine(
        url,
        pool_size=configured.pool_size,
        max_overflow=configured.pool_size,
        # Whoever was used last knows the statements; a server plans each of them anew on a connection that does not.
        pool_use_lifo=True,
        hide_parameters=True,
        json_serializer=_compact_json,
        connect_args={"application_name": f"seloste {role}", "options": _server_options(role)},
    )
    event.listen(made, "checkout", _is_still_open)
    event.listen(made, "handle_error", _in_our_words)
    return made


def _is_still_open(driver: PsycopgConnection, *_: object) -> None:
    """What a server says to a connection that asks nothing is good-bye. To see it costs no question, as a ping would.

    Raises InvalidatePoolError, upon which the pool makes anew what it holds.
    """
    waiting = poll()
    waiting.register(driver.pgconn.socket, POLLIN)
    if waiting.poll(0):
        raise InvalidatePoolError


def _in_our_words(context: ExceptionContext) -> None:
    if getattr(context.original_exception, "sqlstate", None) == _SUSPENDED:
        raise GroupSuspended from None


def _compact_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _server_options(role: DatabaseRole) -> str:
    if role in (DatabaseRole.OWNER, DatabaseRole.EXPORTER):
        return ""  # migrations may take long, and so may one look at all of a group
    # A transaction that outlives these was lost by its process, or holds others up.
    limits = "-c transaction_timeout=300s -c lock_timeout=10s"
    # The statistics of a queue are always old. What the relay asks is written for the partial indexes of one table.
    return f"{limits} -c enable_seqscan=off" if role is DatabaseRole.RELAY else limits


@cache
def _sessions(role: DatabaseRole) -> sessionmaker[Session]:
    return sessionmaker(engine(role), expire_on_commit=False)


def run(session: Session, statement: LiteralString, parameters: Mapping[str, object]) -> Cursor[Any]:
    """Within the session's transaction, straight to the driver: for the few statements that every job pays for.

    Through SQLAlchemy they take three times as long. Parameters are `%(named)s`. Nothing is flushed before.
    Raises DBAPIError, GroupSuspended as any other statement does.
    """
    connection = session.connection()
    return _run(connection, _driver_of(connection).cursor(), statement, parameters)


def run_for_bytes(
    session: Session,
    statement: LiteralString,
    parameters: Mapping[str, object],
    hear: Callable[[str], None] | None = None,
) -> Cursor[Any]:
    """As `run`, for an answer that is large: as the server has it, its texts as bytes of UTF-8 and copied once.

    `hear` is told the detail of a notice while the statement still runs. Only the detail may say of whom: of a notice
    itself SQLAlchemy makes an entry of the log.
    """
    connection = session.connection()
    driver = _driver_of(connection)
    cursor = driver.cursor(binary=True)
    cursor.adapters.register_loader("text", ByteaBinaryLoader)

    def noticed(notice: Diagnostic) -> None:
        if hear is not None and notice.message_detail:
            hear(notice.message_detail)

    driver.add_notice_handler(noticed)
    try:
        return _run(connection, cursor, statement, parameters)
    finally:
        driver.remove_notice_handler(noticed)


def _run(
    connection: Connection, cursor: Cursor[Any], statement: LiteralString, parameters: Mapping[str, object]
) -> Cursor[Any]:
    try:
        return cursor.execute(statement, parameters)
    except PsycopgError as error:
        if error.sqlstate == _SUSPENDED:
            raise GroupSuspended from None
        if cursor.connection.closed:
            connection.invalidate(error)  # as SQLAlchemy does it, or its rollback would fail in place of this
        raise _wrapped(error) from error


def _driver_of(connection: Connection) -> PsycopgConnection:
    return connection.connection.driver_connection  # type: ignore[return-value]


@event.listens_for(Session, "after_begin")
def _enter_the_walls(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    # Both at once: psycopg would send a BEGIN of its own first, and every transaction pays for each message.
    _set_context(connection, b"BEGIN; " + context_of(acting_of(session)))


def _set_context(connection: Connection, statements: bytes) -> None:
    _tell(connection, statements)


def _tell(connection: Connection, statements: bytes) -> PGresult:
    result = _driver_of(connection).pgconn.exec_(statements)
    if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        raise _wrapped(error_from_result(result))
    return result


def _wrapped(error: PsycopgError) -> DBAPIError:
    """As SQLAlchemy raises it; without the statement's parameters, which may be personal data."""
    return DBAPIError.instance(None, None, error, PsycopgError, hide_parameters=True)  # type: ignore[return-value]


@lru_cache(maxsize=4096)
def context_of(acting: Acting) -> bytes:
    """SET LOCAL statements, not set_config(): Citus forwards these to its workers and nothing else."""
    values: dict[str, UUID | str | None] = {
        "actor": acting.actor,
        "group_id": acting.group_id,
        "company_id": acting.company_id,
        "actor_id": acting.actor_id,
        "request_id": acting.request_id,
        "purpose": acting.purpose,
    }
    statements = SQL("; ").join(
        SQL("SET LOCAL seloste.") + SQL(name) + SQL(" = ") + Literal("" if value is None else str(value))
        for name, value in values.items()
    )
    return statements.as_bytes()


@event.listens_for(Session, "do_orm_execute")
def _as_it_stands_when_locked(asked: ORMExecuteState) -> None:
    """Whoever waited for a row wants it as it is now, not as it was read before they waited."""
    if asked.is_select and getattr(asked.statement, "_for_update_arg", None) is not None:
        asked.update_execution_options(populate_existing=True)


@event.listens_for(Session, "before_flush")
def _fill_the_keys(session: Session, *_: Any) -> None:
    """New rows belong to whom the session acts for; the policies refuse anything else."""
    for row in session.new:
        fill_keys(row, acting_of(session))


def fill_keys(row: object, acting: Acting) -> None:
    """Where they are left out, the group and the company are those that are acted for."""
    if isinstance(row, OfGroup) and row.group_id is None:
        row.group_id = acting.group_id
    if isinstance(row, OfCompany) and row.company_id is None and acting.company_id is not None:
        row.company_id = acting.company_id

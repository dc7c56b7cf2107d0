"""How every process writes its log: lines of keys and values on standard error, with no personal data in them.

An exception is told by the names of its classes and by our own lines that it passed, never by its message: a driver's
message quotes the row that offended, and so may any library's. Other people's log lines come without the values that
would be filled into them.
"""

import logging
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from tenants import settings

OURS = Path(__file__).parents[1]
# These tell what a process does, in values that are addresses and numbers.
FILLED_IN = frozenset({"uvicorn.error", "alembic.runtime.migration"})

_KEYS = ["at", "level", "process", "event"]


def configure(process: str) -> None:
    """For a whole process, named for what it is: api, worker, relay, schedule, sealer."""
    write_lines(process)
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda caught: _log_uncaught(
        caught.exc_type, caught.exc_value or caught.exc_type(), caught.exc_traceback
    )


def write_lines(process: str) -> None:
    """The shape of the lines alone; what nobody catches stays as it is."""
    level = logging.getLevelNamesMapping()[settings.current().log_level.upper()]
    both: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _naming(process),
        _tell_exceptions_by_class,
    ]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            *both,
            ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[_drop_the_values, *both],
            processors=[
                ProcessorFormatter.remove_processors_meta,
                structlog.processors.LogfmtRenderer(key_order=_KEYS, drop_missing=True),
            ],
        )
    )
    _install(handler, level)


def failure_code(error: BaseException) -> str:
    """The name of the class that says most: the driver's under SQLAlchemy's, otherwise the exception's own."""
    origin = getattr(error, "orig", None)
    return type(origin if isinstance(origin, BaseException) else error).__name__


def _install(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for library in ("dramatiq", "sqlalchemy", "botocore", "boto3", "urllib3", "httpx", "httpcore"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # A line that cannot be written is lost: the complaint about it would quote its values.
    logging.raiseExceptions = False


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.exit(130)
    structlog.get_logger().critical("uncaught", exc_info=error.with_traceback(trace))


def _naming(process: str) -> Processor:
    def name(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    return name


def _drop_the_values(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    if record.name not in FILLED_IN:
        event["event"] = str(record.msg)
    event["logger"] = record.name
    return event


def _tell_exceptions_by_class(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event.pop("stack_info", None)
    error = _exception(event.pop("exc_info", None))
    if error is not None:
        event["error"] = " < ".join(_classes(error))
        event["passed"] = " > ".join(_our_lines(error))
    return event


def _exception(given: object) -> BaseException | None:
    if given is True:
        given = sys.exc_info()
    if isinstance(given, tuple):
        given = given[1]
    return given if isinstance(given, BaseException) else None


def _classes(error: BaseException) -> list[str]:
    """The exception's class and those of what caused it, outermost first."""
    names: list[str] = []
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        names.append(type(following).__name__)
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
    return names


def _our_lines(error: BaseException) -> list[str]:
    """Where it passed through our code: file, line and function; no source text, no values."""
    return [
        f"{Path(frame.f_code.co_filename).relative_to(OURS)}:{line}:{frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if _is_ours(frame.f_code.co_filename)
    ]


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(OURS) and "site-packages" not in path.parts

"""What the logs tell, and above all what they do not."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services import logs
from tenants.database import walled_session
from tests import make

SECRET = "131052-900X"


@pytest.fixture
def written() -> Iterator[StringIO]:
    """What the process writes, from the test's beginning on."""
    logs.write_lines("tests")
    (handler,) = (each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler)
    stream = StringIO()
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before or sys.stderr)


def fail_with_a_value() -> None:
    raise ValueError(f"{SECRET} is not a number")


def log_a_failure() -> None:
    try:
        fail_with_a_value()
    except ValueError as error:
        structlog.get_logger().error("something failed", job="17", exc_info=error)


def test_a_line_is_keys_and_values(written: StringIO) -> None:
    structlog.get_logger().info("job done", job="17", seconds=3)
    line = written.getvalue()
    assert line.startswith("at=20")
    assert 'level=info process=tests event="job done" job=17 seconds=3\n' in line


def test_an_exception_is_told_by_its_class_and_our_lines(written: StringIO) -> None:
    log_a_failure()
    line = written.getvalue()
    assert "error=ValueError" in line
    assert "tests/services/test_logs.py" in line
    assert ":fail_with_a_value" in line
    assert SECRET not in line


@pytest.mark.usefixtures("database")
def test_a_database_error_does_not_quote_the_row(written: StringIO) -> None:
    with pytest.raises(DBAPIError) as caught, walled_session(make.group().system()) as session:
        session.execute(text(f"SELECT CAST('{SECRET}' AS int)"))
    structlog.get_logger().error("query failed", exc_info=caught.value)
    line = written.getvalue()
    assert 'error="DataError < InvalidTextRepresentation"' in line
    assert SECRET not in line
    assert logs.failure_code(caught.value) == "InvalidTextRepresentation"


def test_the_lines_of_libraries_come_without_their_values(written: StringIO) -> None:
    try:
        fail_with_a_value()
    except ValueError:
        logging.getLogger("dramatiq.worker").exception("Failed to process %s", SECRET)
    line = written.getvalue()
    assert 'event="Failed to process %s"' in line
    assert "error=ValueError" in line
    assert SECRET not in line


def test_what_nobody_catches_is_told_the_same_way() -> None:
    program = f"""
import threading
from services import logs
logs.configure("worker")
def fail():
    raise KeyError("{SECRET}")
thread = threading.Thread(target=fail)
thread.start()
thread.join()
fail()
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.count("error=KeyError") == 2
    assert SECRET not in ended.stderr

"""Waiting for a condition, not for a time."""

import time
from collections.abc import Callable

import psutil


def until(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not come true in time"
        time.sleep(0.02)


def runs(pid: int) -> bool:
    """A zombie has ended; where nobody reaps orphans it may stay listed for ever."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False

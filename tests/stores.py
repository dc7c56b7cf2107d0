"""The same process with another object store: one that is not there, or is another one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infra.embedded import ports
from tenants import settings
from tenants.vault import objects


@contextmanager
def another(**changed: str) -> Iterator[None]:
    """Settings of the store by name: `endpoint`, `bucket`."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in changed.items():
            patched.setenv(f"SELOSTE_S3_{name.upper()}", value)
        _forget()
        try:
            yield
        finally:
            patched.undo()
            _forget()


@contextmanager
def outage() -> Iterator[None]:
    with another(endpoint=f"http://127.0.0.1:{ports.free()}"):
        yield


def _forget() -> None:
    settings.current.cache_clear()
    objects.client.cache_clear()

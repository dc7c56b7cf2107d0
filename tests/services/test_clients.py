"""Where a request comes from: what proxies of ours say, and never what its sender claims."""

from collections.abc import Iterator

import pytest
from litestar.connection import ASGIConnection
from litestar.types import HTTPScope

from services.api import clients
from tenants import settings

PEER, SEEN, CLAIMED = "10.0.0.9", "198.51.100.7", "203.0.113.1"


@pytest.fixture
def behind_one_proxy(environment: dict[str, str]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SELOSTE_FORWARDED_HOPS", "1")
        settings.current.cache_clear()
        yield
    settings.current.cache_clear()


def address(*forwarded: str) -> str:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    scope: HTTPScope = {"type": "http", "headers": headers, "client": (PEER, 1)}  # type: ignore[typeddict-item]
    return clients.address(ASGIConnection(scope))


@pytest.mark.usefixtures("behind_one_proxy")
@pytest.mark.parametrize("lines", [(SEEN,), (f"{CLAIMED}, {SEEN}",), (CLAIMED, SEEN), (f"{CLAIMED},{CLAIMED}", SEEN)])
def test_what_the_proxy_saw_counts_however_it_writes_it_down(lines: tuple[str, ...]) -> None:
    assert address(*lines) == SEEN


@pytest.mark.usefixtures("behind_one_proxy")
def test_without_a_word_of_the_proxy_it_is_whoever_connects() -> None:
    assert address() == PEER


@pytest.mark.usefixtures("environment")
def test_without_a_proxy_nobody_says_where_they_come_from() -> None:
    assert address(CLAIMED) == PEER

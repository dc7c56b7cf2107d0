"""How many answers of a feed one client has under way: pages of a feed are made one after the other, and whoever asks
for them many times over would have the threads and the connections of everybody else wait for that.
"""

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from threading import RLock
from uuid import UUID

from litestar.exceptions import TooManyRequestsException

from tenants.feeds.delivering import Page

# By one client, in this process.
AT_ONCE = 8
# Seconds; some page has been sent by then.
AGAIN = 5

_pulling: Counter[UUID] = Counter()
# The same thread may come to give a place back while it takes one: an answer that nobody reads is collected anywhere.
_counting = RLock()


def kept_for(client_id: UUID, pages: Generator[Page]) -> Generator[Page]:
    """The same pages; the place is taken with the first, and given back when they end, are closed or forgotten.

    Raises TooManyRequestsException, and what the pages raise.
    """
    with _a_place(client_id), closing(pages):
        yield from pages


@contextmanager
def _a_place(client_id: UUID) -> Iterator[None]:
    with _counting:
        if _pulling[client_id] >= AT_ONCE:
            raise TooManyRequestsException(headers={"Retry-After": str(AGAIN)})
        _pulling[client_id] += 1
    try:
        yield
    finally:
        with _counting:
            _pulling[client_id] -= 1
            if not _pulling[client_id]:
                del _pulling[client_id]

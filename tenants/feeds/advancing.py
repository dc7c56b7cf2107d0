"""Pages of a feed made in advance, in threads of their own: each is begun where the one before it is known to end."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from time import monotonic
from typing import NamedTuple

from tenants.feeds.delivering import Page

# One is found while the one before it is noted and looked at.
AT_ONCE = 2
Make = Callable[[str, Callable[[str], None]], Page]


class Made(NamedTuple):
    """A page, behind which cursor it was read, and when it was begun, by a clock that never goes back."""

    page: Page
    behind: str
    began: float


class Advance:
    """`make` makes the page behind a cursor, in a transaction of its own, and tells where it ends once that is known.

    At most `AT_ONCE` are begun that were not handed out yet. Nobody waits for them in the end.
    """

    def __init__(self, make: Make) -> None:
        self._make = make
        self._aside = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="next-page")
        # Whoever tells where a page ends is within it: in one of the threads.
        self._lock = Lock()
        self._begun: deque[Future[Made]] = deque()
        self._taken = 0
        self._next: str | None = None
        self._ended = False

    def go_on(self, page: Page) -> None:
        """This page is handed out now: one more may be begun, or the first."""
        with self._lock:
            self._taken = 0
            if page.more and self._next is None and not self._begun:
                self._next = page.cursor
            self._begin()

    def take(self) -> Made | None:
        """The oldest, when it is made; None if none was begun. Raises what making it raised."""
        with self._lock:
            if not self._begun:
                return None
            oldest = self._begun.popleft()
            self._taken = 1
        return oldest.result()

    def end(self) -> None:
        with self._lock:
            self._ended = True
        self._aside.shutdown(wait=False, cancel_futures=True)

    def _begin(self) -> None:
        if self._next is not None and not self._ended and len(self._begun) + self._taken < AT_ONCE:
            self._begun.append(self._aside.submit(self._made, self._next))
            self._next = None

    def _told(self, cursor: str) -> None:
        with self._lock:
            self._next = cursor
            self._begin()

    def _made(self, behind: str) -> Made:
        began, told = monotonic(), False

        def ends(cursor: str) -> None:
            nonlocal told
            told = True
            self._told(cursor)

        page = self._make(behind, ends)
        if page.more and not told:
            self._told(page.cursor)
        return Made(page, behind, began)

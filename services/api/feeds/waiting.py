"""Whoever is at the end of a feed may wait there: asleep on the event loop, with a short look in a thread now and then.

Between two looks nothing is held: no connection, no transaction, no thread.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import anyio
from anyio import to_thread
from litestar.exceptions import TooManyRequestsException

from services.api.feeds import bearer
from services.api.feeds.bearer import LetIn
from tenants.acting import PurposeKind, system
from tenants.database import walled_session
from tenants.feeds import cursors, publishing
from tenants.feeds.cursors import Changes

# Seconds. How long somebody may wait, and how long after its commit a change is seen at most.
LONGEST = 30
PAUSE = 0.25
# By one client, in this process.
AT_ONCE = 4

_waiting: Counter[UUID] = Counter()


async def for_changes(let_in: LetIn, cursor: str, seconds: int) -> None:
    """Until something is behind the cursor or the time is over; no time at all where the cursor is in the midst of all.

    The token is looked at again afterwards. Raises NotLetIn, TooManyRequestsException, GroupSuspended.
    """
    at = cursors.read(cursor)
    if at is None or not isinstance(at.place, Changes):
        return
    with _a_place(let_in.client_id):
        until = anyio.current_time() + seconds
        while not await to_thread.run_sync(_has_more, let_in, at.number):
            left = until - anyio.current_time()
            if left <= 0:
                break
            await anyio.sleep(min(PAUSE, left))
    await to_thread.run_sync(bearer.look_once_more, let_in)


def waits(client_id: UUID) -> int:
    """How many requests of this client wait now."""
    return _waiting[client_id]


@contextmanager
def _a_place(client_id: UUID) -> Iterator[None]:
    if _waiting[client_id] >= AT_ONCE:
        raise TooManyRequestsException(headers={"Retry-After": str(LONGEST)})
    _waiting[client_id] += 1
    try:
        yield
    finally:
        _waiting[client_id] -= 1
        if not _waiting[client_id]:
            del _waiting[client_id]


def _has_more(let_in: LetIn, number: int) -> bool:
    acting = system(let_in.group_id, company_id=let_in.company_id, purpose=PurposeKind.STORAGE)
    with walled_session(acting) as session:
        return publishing.has_more(session, number)

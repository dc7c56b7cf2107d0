"""No receiver takes all the threads: so many calls at once to each, and whoever finds no room comes back in a while.

What strangers answer slowly, or never, holds up what is for themselves, and nobody else.
"""

from datetime import timedelta
from functools import partial
from uuid import UUID

import redis
from dramatiq.rate_limits import ConcurrentRateLimiter, RateLimiterBackend
from dramatiq.rate_limits.backends import RedisBackend, StubBackend
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.worker.handling import ComeBackLater, Finish, Work
from tenants.processors.model import Agreement


class AtOnce(Struct, frozen=True):
    """So many for one processor. What a worker that was killed has taken is free again after `forgotten_after`."""

    most: int
    forgotten_after: timedelta


# Of the eight threads that `calls` has: no call lasts as long as minutes.
CALLS = AtOnce(2, timedelta(minutes=5))
# Of the few threads that also import.
FILES = AtOnce(1, timedelta(minutes=30))
# A worker shares it with all others; whoever does jobs in a process of its own has only its own.
_shared: list[RateLimiterBackend] = [StubBackend()]  # type: ignore[no-untyped-call]


def share_through(client: redis.Redis) -> None:
    """From now on what other processes call counts, too."""
    _shared[:] = [RedisBackend(client=client)]


def in_turn(processor_id: UUID, work: Work, at_once: AtOnce = CALLS) -> Work:
    """The work, begun while there is room for one more of this processor; it raises ComeBackLater.

    Whatever addresses it gave: somebody with many slow ones gets no more of us than somebody with one.
    """
    return partial(_in_turn, processor_id, work, at_once)


def of_agreement(session: Session, agreement_id: UUID) -> UUID:
    """The processor that it is with."""
    return session.scalars(select(Agreement.processor_id).where(Agreement.agreement_id == agreement_id)).one()


def _in_turn(processor_id: UUID, work: Work, at_once: AtOnce) -> Finish | None:
    key = f"seloste:under-way:{at_once.most}:{processor_id}"
    milliseconds = at_once.forgotten_after // timedelta(milliseconds=1)
    taken = ConcurrentRateLimiter(_shared[0], key, limit=at_once.most, ttl=milliseconds)  # type: ignore[no-untyped-call]
    with taken.acquire(raise_on_failure=False) as has_room:
        if has_room:
            return work()
    raise ComeBackLater

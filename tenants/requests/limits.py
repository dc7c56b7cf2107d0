"""How often something may be done, counted in PostgreSQL: what protects identity must not forget at a restart.

Only keyed digests of who did it are kept, in windows of fixed length.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import ClassVar, LiteralString

from msgspec import Struct
from sqlalchemy import delete
from sqlalchemy.orm import Session

from tenants.database import acting_of, run
from tenants.jobs.model import Job
from tenants.requests.model import RateCount
from tenants.vault.digests import keyed
from tenants.vault.keys import keyring

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class ForgetOldCounts(Job, frozen=True):
    name: ClassVar[str] = "requests.forget_old_counts"


class Limit(Struct, frozen=True):
    """`name` is part of every digest: changing it starts the counts anew."""

    name: str
    most: int
    window: timedelta


REQUESTS_OF_CLIENT = Limit("requests of a client", 20, HOUR)
CODES_OF_CLIENT = Limit("codes of a client", 20, HOUR)
ATTEMPTS_OF_CLIENT = Limit("attempts of a client", 40, HOUR)
CODES_OF_ADDRESS = Limit("codes to an address", 5, HOUR)
CODES_OF_ADDRESS_A_DAY = Limit("codes to an address a day", 10, DAY)
LONGEST = DAY

# As they go to the driver: every token and every request of a stranger pays for them.
_COUNT: LiteralString = """
    INSERT INTO rate_counts (group_id, key_digest, window_start, count)
    SELECT %(group)s, *, 1 FROM unnest(%(digests)s::bytea[], %(windows)s::timestamptz[])
    ON CONFLICT (group_id, key_digest, window_start) DO UPDATE SET count = rate_counts.count + 1
    RETURNING key_digest, count
"""
_COUNTED: LiteralString = """
    SELECT key_digest, count
      FROM unnest(%(digests)s::bytea[], %(windows)s::timestamptz[]) AS asked (key_digest, window_start)
      JOIN rate_counts USING (key_digest, window_start)
"""


class TooMany(Struct, frozen=True):
    """A limit was reached. It is an outcome and not a refusal, so that the counting itself is committed."""

    retry_after: timedelta


def count(session: Session, *done: tuple[Limit, str]) -> TooMany | None:
    """Counts each of these once more, also beyond its limit."""
    now = datetime.now(UTC)
    by_digest = _by_digest(session, done)
    # In one order everywhere, so that two requests at once cannot wait for each other in a circle.
    given = {"group": acting_of(session).group_id, **_asked(sorted(by_digest), by_digest, now)}
    counted = run(session, _COUNT, given).fetchall()
    return _longest([limit for digest, so_far in counted if so_far > (limit := by_digest[digest]).most], now)


def reached(session: Session, *asked: tuple[Limit, str]) -> TooMany | None:
    """Whether any of these limits was reached already. Counts nothing."""
    now = datetime.now(UTC)
    by_digest = _by_digest(session, asked)
    counted = run(session, _COUNTED, _asked(list(by_digest), by_digest, now)).fetchall()
    return _longest([limit for digest, so_far in counted if so_far >= (limit := by_digest[digest]).most], now)


def forget_old(session: Session) -> None:
    """Counts whose window ended long ago."""
    session.execute(delete(RateCount).where(RateCount.window_start < datetime.now(UTC) - 2 * LONGEST))


def of_client(limit: Limit, address: str) -> tuple[Limit, str]:
    """An IPv6 client owns at least a /64, and may come from any address in it."""
    try:
        found = ip_address(address)
    except ValueError:
        return limit, address
    return limit, address if found.version == 4 else str(ip_network(f"{found}/64", strict=False))


def of_address(address: str) -> Sequence[tuple[Limit, str]]:
    """What is counted when a letter with a code goes to this address, already normalised."""
    return ((CODES_OF_ADDRESS, address), (CODES_OF_ADDRESS_A_DAY, address))


def _by_digest(session: Session, said: Sequence[tuple[Limit, str]]) -> dict[bytes, Limit]:
    keys = keyring(session)
    return {keyed(keys, limit.name, value.encode()): limit for limit, value in said}


def _asked(digests: Sequence[bytes], by_digest: Mapping[bytes, Limit], now: datetime) -> dict[str, object]:
    return {"digests": list(digests), "windows": [_window(by_digest[one], now) for one in digests]}


def _longest(limits: Sequence[Limit], now: datetime) -> TooMany | None:
    return TooMany(max(_left(limit, now) for limit in limits)) if limits else None


def _window(limit: Limit, now: datetime) -> datetime:
    seconds = int(limit.window.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def _left(limit: Limit, now: datetime) -> timedelta:
    return _window(limit, now) + limit.window - now

"""How often something may be done, counted in PostgreSQL: what protects identity must not forget at a restart.

Only keyed digests of who did it are kept, in windows of fixed length.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import ClassVar

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.database import acting_of
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


class TooMany(Struct, frozen=True):
    """A limit was reached. It is an outcome and not a refusal, so that the counting itself is committed."""

    retry_after: timedelta


def count(session: Session, *done: tuple[Limit, str]) -> TooMany | None:
    """Counts each of these once more, also beyond its limit."""
    keys, now = keyring(session), datetime.now(UTC)
    # In one order everywhere, so that two requests at once cannot wait for each other in a circle.
    counted = sorted((keyed(keys, limit.name, value.encode()), limit) for limit, value in done)
    waits = [_left(limit, now) for digest, limit in counted if _add_one(session, digest, limit, now) > limit.most]
    return TooMany(max(waits)) if waits else None


def reached(session: Session, *asked: tuple[Limit, str]) -> TooMany | None:
    """Whether any of these limits was reached already. Counts nothing."""
    keys, now = keyring(session), datetime.now(UTC)
    waits = [
        _left(limit, now)
        for limit, value in asked
        if (_counted(session, keyed(keys, limit.name, value.encode()), limit, now) or 0) >= limit.most
    ]
    return TooMany(max(waits)) if waits else None


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


def _add_one(session: Session, digest: bytes, limit: Limit, now: datetime) -> int:
    row = insert(RateCount).values(
        group_id=acting_of(session).group_id, key_digest=digest, window_start=_window(limit, now), count=1
    )
    again = row.on_conflict_do_update(
        index_elements=["group_id", "key_digest", "window_start"], set_={"count": RateCount.count + 1}
    )
    return session.execute(again.returning(RateCount.count)).scalar_one()


def _counted(session: Session, digest: bytes, limit: Limit, now: datetime) -> int | None:
    return session.scalar(
        select(RateCount.count).where(RateCount.key_digest == digest, RateCount.window_start == _window(limit, now))
    )


def _window(limit: Limit, now: datetime) -> datetime:
    seconds = int(limit.window.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def _left(limit: Limit, now: datetime) -> timedelta:
    return _window(limit, now) + limit.window - now

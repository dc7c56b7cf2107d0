"""How confirming goes, in numbers: what waits and for how long, how long recipients take, what was settled when."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Date, Select, cast, extract, func, or_, select
from sqlalchemy.orm import Session

from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.notifying import reading
from tenants.notifying.model import ConfirmedBy, Notification
from tenants.notifying.states import is_open

# Days after which what waits counts as older; within the first it is fresh.
AGES = (3, 7, 14)


class Waiting(Struct, frozen=True):
    """Of one recipient, or of those from whom wrong data came: `waiting` by age, the freshest first.

    `median_days` is how long the settled ones took; none were where it is None.
    """

    recipient_id: UUID | None
    name: str
    waiting: tuple[int, ...]
    settled: int
    median_days: float | None

    @property
    def all(self) -> int:
        return sum(self.waiting)


def backlog(session: Session, now: datetime | None = None) -> list[Waiting]:
    """Of the company acted for, those with most that waits long first. Raises Forbidden."""
    permissions.require(session, Permission.TELL_RECIPIENTS)
    names = reading.recipients(session)
    found = [
        Waiting(
            one.recipient_id,
            names.get(one.recipient_id, "") if one.recipient_id else "",
            tuple(int(getattr(one, f"age_{place}")) for place in range(len(AGES) + 1)),
            one.settled,
            None if one.days is None else float(one.days),
        )
        for one in session.execute(_counted(now or datetime.now(UTC)))
    ]
    return sorted(found, key=lambda one: (*(-count for count in reversed(one.waiting)), one.name))


def _counted(at: datetime) -> Select[*tuple[Any, ...]]:
    """By recipient: what waits by age, what is settled, and the median of days that it took."""
    edges = [at - timedelta(days=one) for one in AGES]
    made, settled = Notification.made_at, _settled_at()
    ages = [
        made > edges[0],
        *((made <= newer) & (made > older) for newer, older in pairwise(edges)),
        made <= edges[-1],
    ]
    days = extract("epoch", settled - made) / 86_400
    return (
        select(
            Notification.recipient_id,
            *(func.count().filter(is_open(), age).label(f"age_{place}") for place, age in enumerate(ages)),
            func.count().filter(settled.is_not(None)).label("settled"),
            func.percentile_cont(0.5).within_group(days).filter(settled.is_not(None)).label("days"),
        )
        .where(_was_asked())
        .group_by(Notification.recipient_id)
    )


def settled_by_day(session: Session, recipient_id: UUID, *, since: date, until: date) -> dict[date, int]:
    """How many one recipient confirmed, or was excused from, on each day (of Helsinki). Raises Forbidden."""
    permissions.require(session, Permission.TELL_RECIPIENTS)
    day = cast(func.timezone("Europe/Helsinki", _settled_at()), Date)
    rows = session.execute(
        select(day, func.count())
        .where(Notification.recipient_id == recipient_id, _was_asked(), day.between(since, until))
        .group_by(day)
        .order_by(day)
    )
    return {one: count for one, count in rows}  # noqa: C416


def _settled_at() -> ColumnElement[datetime]:
    return func.coalesce(Notification.confirmed_at, Notification.excuse_approved_at)


def _was_asked() -> ColumnElement[bool]:
    """Whoever reads live is asked for nothing."""
    return or_(Notification.confirmed_by.is_(None), Notification.confirmed_by != ConfirmedBy.LIVE)

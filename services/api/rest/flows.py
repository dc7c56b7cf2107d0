"""What has flowed through the feeds of the key's company, day by day: numbers, and nobody's data."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from tenants.companies.permissions import Permission, Standing
from tenants.feeds import reading, tallying
from tenants.processors import reading as agreements

BACK = timedelta(days=29)


class DayOfFeed(Struct, frozen=True):
    """A day of Helsinki on which anything was fetched. What is fetched twice counts twice."""

    day: date
    pages: int
    upserts: int
    tombstones: int
    last_pulled_at: datetime


@get(
    "/feeds/{feed_id:uuid}/days",
    sync_to_thread=True,
    summary="Count what a feed gave, day by day",
    tags=["processors"],
    responses=problems(404),
)
def count_days(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    feed_id: FromPath[UUID],
    *,
    since: Annotated[date | None, QueryParameter(description="The first day; left out, 30 days are told")] = None,
    until: Annotated[date | None, QueryParameter(description="The last day; left out, today")] = None,
) -> list[DayOfFeed]:
    """The oldest first; days on which nothing was fetched are left out."""
    standing.require(Permission.SEE_PROCESSORS)
    feed = reading.feed(session, feed_id).feed
    last = until or agreements.today()
    days = tallying.of_feed(session, feed.feed_id, since=since or last - BACK, until=last)
    return [DayOfFeed(one.day, one.pages, one.upserts, one.tombstones, one.pulled_at) for one in days]

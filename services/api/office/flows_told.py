"""What has flowed to a processor, and what it has confirmed, as its page draws it."""

from datetime import date, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.office import feeds_told
from services.api.pictures import flow
from services.api.pictures.flow import PERIODS, Day, Span
from tenants.feeds import reading, tallying
from tenants.feeds.model import FeedDay
from tenants.feeds.tallying import LastPull
from tenants.languages.speaking import Text
from tenants.notifying import measuring
from tenants.processors import reading as agreements


class AskedFlow(Struct, frozen=True):
    """How many days back, and of which feed alone."""

    days: int = PERIODS[0]
    feed_id: UUID | None = None


class FeedFlow(Struct, frozen=True):
    """One feed in the period; `last` is when it was last fetched, ever."""

    feed_id: UUID
    name: Text
    url: str
    pages: int
    lines: int
    tombstones: int
    last: LastPull | None


class Flow(Struct, frozen=True):
    """`chosen` is the feed that alone is drawn, if one is; confirmations are those of the whole recipient."""

    period: int
    chosen: UUID | None
    spans: tuple[Span, ...]
    feeds: list[FeedFlow]

    @property
    def anything(self) -> bool:
        return any(one.last for one in self.feeds) or any(one.confirmed for one in self.spans)


def flow_of(
    session: Session,
    processor_id: UUID,
    agreement_ids: list[UUID],
    *,
    asked: AskedFlow,
    confirmations: bool,
) -> Flow:
    """To one processor, under these agreements of the company acted for."""
    period = asked.days if asked.days in PERIODS else PERIODS[0]
    until = agreements.today()
    since = until - timedelta(days=period - 1)
    counted = tallying.days(session, agreement_ids=agreement_ids, since=since, until=until)
    feeds = _feeds(session, agreement_ids, counted)
    one = asked.feed_id if asked.feed_id in {each.feed_id for each in feeds} else None
    settled = measuring.settled_by_day(session, processor_id, since=since, until=until) if confirmations else {}
    days = _days([row for row in counted if one in (None, row.feed_id)], settled)
    spans = flow.spans(days, since=since, until=until, confirmations=confirmations)
    return Flow(period, one, spans, feeds)


def _days(counted: list[FeedDay], settled: dict[date, int]) -> list[Day]:
    given = [Day(row.day, row.upserts, row.tombstones) for row in counted]
    return given + [Day(day, confirmed=count) for day, count in settled.items()]


def _feeds(session: Session, agreement_ids: list[UUID], counted: list[FeedDay]) -> list[FeedFlow]:
    found = [one.feed for agreement_id in agreement_ids for one in reading.listed(session, agreement_id=agreement_id)]
    last = tallying.last_pulls(session, [one.feed_id for one in found])
    return [
        FeedFlow(
            feed.feed_id,
            feed.name,
            feeds_told.url_of(feed.feed_id),
            sum(row.pages for row in counted if row.feed_id == feed.feed_id),
            sum(row.upserts for row in counted if row.feed_id == feed.feed_id),
            sum(row.tombstones for row in counted if row.feed_id == feed.feed_id),
            last.get(feed.feed_id),
        )
        for feed in found
    ]

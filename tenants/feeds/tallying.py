"""How much a feed has given on which day: numbers alone. Counted in the transaction that gives it.

A page that is fetched twice was given twice.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.database import acting_of, run
from tenants.feeds.model import FeedDay
from tenants.processors import reading as agreements


class LastPull(Struct, frozen=True):
    """When something of a feed was last fetched, and how many lines that day.

    `reached` is the number of the change up to which it was told; empty in the midst of reading from the start.
    """

    at: datetime
    lines: int
    reached: int | None = None


def note(
    session: Session,
    feed_id: UUID,
    company_id: UUID,
    *,
    upserts: int,
    tombstones: int = 0,
    reached: int | None = None,
) -> None:
    """One page, or one answer. By the client of the feed's agreement."""
    acting = acting_of(session)
    run(
        session,
        _NOTED,
        {
            "group": acting.group_id,
            "company": company_id,
            "agreement": acting.actor_id,
            "feed": feed_id,
            "day": agreements.today(),
            "upserts": upserts,
            "tombstones": tombstones,
            "reached": reached,
        },
    )


def days(session: Session, *, agreement_ids: Collection[UUID], since: date, until: date) -> list[FeedDay]:
    """The days of these agreements' feeds on which anything was fetched, both ends included, the oldest first."""
    rows = select(FeedDay).where(FeedDay.agreement_id.in_(agreement_ids), FeedDay.day.between(since, until))
    return list(session.scalars(rows.order_by(FeedDay.day, FeedDay.feed_id)))


def of_feed(session: Session, feed_id: UUID, *, since: date, until: date) -> list[FeedDay]:
    """Both ends included, the oldest first."""
    rows = select(FeedDay).where(FeedDay.feed_id == feed_id, FeedDay.day.between(since, until))
    return list(session.scalars(rows.order_by(FeedDay.day)))


def last_pulls(session: Session, feed_ids: Collection[UUID]) -> dict[UUID, LastPull]:
    """Of those that were ever fetched. For the giver's company, and for the client of the agreement."""
    newest = select(FeedDay.feed_id, func.max(FeedDay.day).label("day")).where(FeedDay.feed_id.in_(feed_ids))
    newest_days = newest.group_by(FeedDay.feed_id).subquery()
    rows = select(FeedDay).join(
        newest_days, (FeedDay.feed_id == newest_days.c.feed_id) & (FeedDay.day == newest_days.c.day)
    )
    return {
        one.feed_id: LastPull(one.pulled_at, one.upserts + one.tombstones, one.reached) for one in session.scalars(rows)
    }


_NOTED: LiteralString = """
    INSERT INTO feed_days AS d
      (group_id, feed_id, day, company_id, agreement_id, pages, upserts, tombstones, reached, pulled_at)
    VALUES (%(group)s, %(feed)s, %(day)s, %(company)s, %(agreement)s, 1, %(upserts)s, %(tombstones)s,
            %(reached)s, clock_timestamp())
    ON CONFLICT (group_id, feed_id, day) DO UPDATE
    SET pages = d.pages + 1, upserts = d.upserts + excluded.upserts, tombstones = d.tombstones + excluded.tombstones,
        reached = excluded.reached, pulled_at = excluded.pulled_at
"""

"""What endpoints are to be told of feeds, found by comparing how feeds stand with what was told.

So whatever stops a feed, a step or the clock, is told; and nothing is lost when a process dies in between. Somebody who
was told that a feed has changed, and has not heard it yet, is not told again: when it hears, it reads all of it.
"""

from typing import ClassVar
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.database import acting_of
from tenants.feeds import publishing
from tenants.jobs.model import Job, QueuedJob
from tenants.jobs.outbox import enqueue
from tenants.webhooks import announcing, endpoints
from tenants.webhooks.model import Event, EventType, WebhookEndpoint, WebhookMessage, WebhookWatch
from tenants.webhooks.standing import LAW, law


class TellOfFeeds(Job, frozen=True):
    """Of one company, whenever there is something to tell."""

    name: ClassVar[str] = "webhooks.tell_of_feeds"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.STORAGE


class Seen(Struct, frozen=True):
    """A feed as it stands, beside what an endpoint was told of it; of a feed that is new to it, nothing was."""

    endpoint_id: UUID
    feed_id: UUID
    number: int
    epoch: int
    version: int
    giving: bool
    told_number: int | None
    told_epoch: int | None
    told_version: int | None
    told_giving: bool | None
    touched: bool
    waits: bool

    @property
    def is_new(self) -> bool:
        return self.told_number is None

    @property
    def events(self) -> tuple[EventType, ...]:
        """A feed that gives nothing has not changed for whoever follows it."""
        if self.is_new:
            return ()
        found = []
        if self.giving is not self.told_giving:
            found.append(EventType.FEED_RESUMED if self.giving else EventType.FEED_STOPPED)
        if (self.epoch, self.version) != (self.told_epoch, self.told_version):
            found.append(EventType.SCOPE_CHANGED)
        if self.giving and self.touched and not self.waits:
            found.append(EventType.FEED_CHANGED)
        return tuple(found)


def watched(session: Session) -> list[UUID]:
    """The companies that have endpoints in use. For the system of the group."""
    wanted = select(WebhookEndpoint.company_id).where(WebhookEndpoint.disabled_at.is_(None))
    return list(session.scalars(wanted.distinct()))


def look(session: Session) -> bool:
    """Queues the telling, if there is anything to tell and it is not queued yet. For the system of a company."""
    if not _has_news(session) or _is_queued(session):
        return False
    enqueue(session, TellOfFeeds())
    return True


def tell(session: Session) -> None:
    """Numbers what has committed, since somebody waits for it, and tells whom it concerns."""
    publishing.publish(session)
    session.flush()
    for seen in _seen(session):
        for event in seen.events:
            _tell(session, seen, event)
        _remember(session, seen)
    _send_held(session)


def _has_news(session: Session) -> bool:
    if session.scalars(_UNPUBLISHED).one() or session.scalars(_HELD, law()).first() is not None:
        return True
    return any(seen.is_new or seen.events for seen in _seen(session))


def _is_queued(session: Session) -> bool:
    waiting = select(QueuedJob.job_id).where(
        QueuedJob.name == TellOfFeeds.name,
        QueuedJob.company_id == acting_of(session).company_id,
        QueuedJob.done_at.is_(None),
        QueuedJob.failed_at.is_(None),
    )
    return session.scalars(waiting.limit(1)).first() is not None


def _seen(session: Session) -> list[Seen]:
    return [Seen(*row) for row in session.execute(_SEEN, law())]


def _tell(session: Session, seen: Seen, event: EventType) -> None:
    endpoint = endpoints.get(session, seen.endpoint_id)
    if event in endpoint.events:
        said = Event(event, feed_id=seen.feed_id, epoch=seen.epoch, version=seen.version, number=seen.number)
        announcing.tell(session, endpoint, said)


def _remember(session: Session, seen: Seen) -> None:
    """Not up to which change it was told, while it has not heard of the one before."""
    number = seen.told_number if seen.giving and seen.touched and seen.waits else seen.number
    values = {"number": number, "epoch": seen.epoch, "version": seen.version, "giving": seen.giving}
    acting = acting_of(session)
    row = {"group_id": acting.group_id, "endpoint_id": seen.endpoint_id, "feed_id": seen.feed_id}
    session.execute(
        insert(WebhookWatch)
        .values(**row, company_id=acting.company_id, **values)
        .on_conflict_do_update(index_elements=["group_id", "endpoint_id", "feed_id"], set_=values)
    )


def _send_held(session: Session) -> None:
    held = session.scalars(_HELD, law()).all()
    for message in session.scalars(select(WebhookMessage).where(WebhookMessage.message_id.in_(held))):
        announcing.deliver(session, message)
    session.execute(update(WebhookMessage).where(WebhookMessage.message_id.in_(held)).values(held_at=None))


_UNPUBLISHED = text("SELECT EXISTS (SELECT FROM changes WHERE number IS NULL)")
_HELD = text(f"""
    SELECT m.message_id FROM webhook_messages m
    JOIN webhook_endpoints e ON e.group_id = m.group_id AND e.endpoint_id = m.endpoint_id
    WHERE m.state = 'pending' AND m.held_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM agreement_stops(e.group_id, e.agreement_id, {LAW}))
    ORDER BY m.message_id
""")
# A company whose changes nobody has numbered yet has no counter. A change's number is that of the last of its persons.
_SEEN = text(f"""
    WITH agreed AS MATERIALIZED (
        SELECT a.group_id, a.agreement_id,
               NOT EXISTS (SELECT FROM agreement_stops(a.group_id, a.agreement_id, {LAW})) AS stands
        FROM agreements a
        WHERE a.agreement_id IN (SELECT agreement_id FROM webhook_endpoints WHERE disabled_at IS NULL)
    ), counted AS (SELECT coalesce(max(last), 0) AS last FROM change_counters)
    SELECT e.endpoint_id, f.feed_id, counted.last, f.epoch, coalesce(s.version, 0),
           coalesce(a.stands AND s.gives AND f.ended_at IS NULL AND NOT EXISTS (
               SELECT FROM flow_stops t
               WHERE t.group_id = f.group_id AND t.feed_id = f.feed_id AND t.resumed_at IS NULL), false) AS giving,
           w.number, w.epoch, w.version, w.giving,
           EXISTS (SELECT FROM changes c
                   WHERE c.number > w.number AND (c.register_id IS NULL OR c.register_id = ANY (s.reads))),
           EXISTS (SELECT FROM webhook_messages m
                   WHERE m.endpoint_id = e.endpoint_id AND m.type = 'feed.changed' AND m.state = 'pending'
                     AND m.event ->> 'feed_id' = f.feed_id::text)
    FROM webhook_endpoints e
    JOIN agreed a ON a.group_id = e.group_id AND a.agreement_id = e.agreement_id
    JOIN feeds f ON f.group_id = e.group_id AND f.agreement_id = e.agreement_id
    CROSS JOIN counted
    LEFT JOIN LATERAL (
        SELECT s.version, s.reads,
               s.suspended_at IS NULL AND s.opens_at <= now() AND coalesce(s.closes_at > now(), true) AS gives
        FROM feed_scopes s
        WHERE s.group_id = f.group_id AND s.feed_id = f.feed_id AND s.approved_at IS NOT NULL
        ORDER BY s.version DESC LIMIT 1) s ON true
    LEFT JOIN webhook_watches w
      ON w.group_id = e.group_id AND w.endpoint_id = e.endpoint_id AND w.feed_id = f.feed_id
    WHERE e.disabled_at IS NULL
    ORDER BY e.endpoint_id, f.feed_id
""")

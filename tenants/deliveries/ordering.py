"""A delivery begins: by hand, or because its hour has come."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.base import new_id
from tenants.database import acting_of
from tenants.deliveries import refusals, targets
from tenants.deliveries.model import DeliveryState, Every, FeedDelivery, FileTarget, Place
from tenants.feeds.model import Feed
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import HELSINKI
from tenants.processors import reading as agreements

# One that nobody has moved for so long has lost its worker and its job.
LOST_AFTER = timedelta(days=2)
WEEK = timedelta(days=7)


class DeliverFiles(Job, frozen=True):
    """One attempt at one delivery; it goes on behind the last file that lies there."""

    name: ClassVar[str] = "deliveries.deliver"
    queue: ClassVar[Queue] = Queue.BULK
    purpose: ClassVar[PurposeKind | None] = PurposeKind.STORAGE

    delivery_id: UUID


class BeginDeliveries(Job, frozen=True):
    """Of one company, every hour."""

    name: ClassVar[str] = "deliveries.begin"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.STORAGE


def deliver_now(session: Session, feed_id: UUID, *, anew: bool = False) -> UUID:
    """By staff; with `anew` from the start.

    Raises StillDelivering, FilesDisabled, FilesWaitForKey, NoFilesOfThisFeed, Forbidden.
    """
    target = targets.locked(session, feed_id)
    if target.disabled_at is not None:
        raise refusals.FilesDisabled
    if target.waits_for_key:
        raise refusals.FilesWaitForKey
    if _ended(session, feed_id):
        raise refusals.FeedHasEnded
    if _is_running(session, feed_id):
        raise refusals.StillDelivering
    if anew:
        # By the clock that says when the delivery is created: a later one would end what begins here.
        target.anew_at = session.scalars(select(func.now())).one()
    targets.note(session, "files.ordered", target)
    return _begin(session, target)


def begin_due(session: Session, now: datetime | None = None) -> int:
    """Of the acting company; by the system. How many have begun."""
    now = now or datetime.now(UTC)
    _give_up_lost(session)
    wanted = select(FileTarget).where(FileTarget.disabled_at.is_(None), FileTarget.every != Every.BY_HAND)
    begun = 0
    for target in session.scalars(wanted.order_by(FileTarget.feed_id).with_for_update()).all():
        if _is_due(session, target, now) and not target.waits_for_key and not _ended(session, target.feed_id):
            _begin(session, target)
            begun += 1
    return begun


def begin_anew(session: Session, feed_id: UUID) -> None:
    """In the place of what was withdrawn, where files are still wanted; by the system."""
    target = session.scalar(select(FileTarget).where(FileTarget.feed_id == feed_id).with_for_update())
    if target is None or target.disabled_at is not None or target.waits_for_key:
        return
    if _ended(session, feed_id) or _is_running(session, feed_id):
        return
    _begin(session, target)


def last_moment(target: FileTarget, now: datetime) -> datetime:
    """The last hour at which a delivery was to begin. A missed one is made up for, once."""
    local = now.astimezone(HELSINKI)
    moment = local.replace(hour=target.hour, minute=0, second=0, microsecond=0)
    if target.every is Every.WEEK:
        moment -= timedelta(days=(local.weekday() - target.weekday) % 7)
    if moment > local:
        moment -= WEEK if target.every is Every.WEEK else timedelta(days=1)
    return moment


def _is_due(session: Session, target: FileTarget, now: datetime) -> bool:
    moment = last_moment(target, now)
    if target.set_at >= moment or _is_running(session, target.feed_id):
        return False
    since = select(FeedDelivery.delivery_id).where(
        FeedDelivery.feed_id == target.feed_id, FeedDelivery.created_at >= moment
    )
    return session.scalar(since.limit(1)) is None


def _begin(session: Session, target: FileTarget) -> UUID:
    """From where the last one ended that is ready; from the start where there is none, or a part of them was lost."""
    last = _to_follow(session, target)
    delivery = FeedDelivery(
        delivery_id=new_id(),
        company_id=target.company_id,
        agreement_id=target.agreement_id,
        feed_id=target.feed_id,
        processor_id=agreements.agreement(session, target.agreement_id).agreement.processor_id,
        place=target.place,
        format=target.format,
        gzip=target.form.gzip,
        snapshot=last is None,
        previous_id=last.delivery_id if last else None,
        cursor_from=last.cursor if last else None,
        cursor=last.cursor if last else None,
        files=[],
        created_by=acting_of(session).actor_id,
    )
    session.add(delivery)
    session.flush()
    enqueue(session, DeliverFiles(delivery.delivery_id), company_id=target.company_id)
    return delivery.delivery_id


def _to_follow(session: Session, target: FileTarget) -> FeedDelivery | None:
    """The last one that is ready, unless one since the last snapshot was removed before anybody fetched it."""
    ready = session.scalars(
        select(FeedDelivery)
        .where(
            FeedDelivery.feed_id == target.feed_id,
            FeedDelivery.state == DeliveryState.READY,
            FeedDelivery.created_at >= target.anew_at,
        )
        .order_by(FeedDelivery.delivery_id.desc())
    )
    last: FeedDelivery | None = None
    for one in ready:
        last = last or one
        if one.place is Place.OURS and one.removed_at is not None and one.fetched_at is None:
            return None
        if one.snapshot:
            break
    return last


def _is_running(session: Session, feed_id: UUID) -> bool:
    running = FeedDelivery.feed_id == feed_id, FeedDelivery.state == DeliveryState.RUNNING
    return session.scalar(select(FeedDelivery.delivery_id).where(*running)) is not None


def _ended(session: Session, feed_id: UUID) -> bool:
    return session.scalars(select(Feed.ended_at).where(Feed.feed_id == feed_id)).one() is not None


def _give_up_lost(session: Session) -> None:
    session.execute(
        update(FeedDelivery)
        .where(FeedDelivery.state == DeliveryState.RUNNING, FeedDelivery.moved_at < func.now() - LOST_AFTER)
        .values(state=DeliveryState.FAILED, ended_at=func.now())
    )

"""A delivery on its way: read page by page as the client of its agreement, put down file by file, its manifest last.

Each file that lies there is noted, with how far the feed was read. A worker that dies in between leaves a delivery that
goes on behind its last file, under the same keys. What was stopped meanwhile ends without a manifest.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants import settings
from tenants.acting import Acting, PurposeKind, client, system
from tenants.audit import trail
from tenants.database import walled_session
from tenants.deliveries import formats, manifest, packing, targets
from tenants.deliveries.formats import Format
from tenants.deliveries.model import DeliveredFile, DeliveryState, FeedDelivery, FileTarget, Place
from tenants.deliveries.ordering import DeliverFiles
from tenants.deliveries.packing import File, Packed
from tenants.deliveries.refusals import FilesDisabled
from tenants.deliveries.removing import RemoveFiles, prefix_of
from tenants.errors import Conflict
from tenants.feeds import columns, cursors, following, reading
from tenants.feeds import delivering as feeds
from tenants.feeds.columns import Column
from tenants.feeds.delivering import Page
from tenants.feeds.refusals import BeginAnew
from tenants.jobs.outbox import enqueue
from tenants.outside import Unreached
from tenants.processors import reading as agreements
from tenants.vault.objects import Bucket
from tenants.webhooks import announcing
from tenants.webhooks.model import Event, EventType

# Before the attempt with this number, counted from nought.
PATIENCE = (
    timedelta(0),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
# What does not become better by being tried again, except where the other side says so.
ASKS_FOR_TIME = frozenset({408, 425, 429})
FOR_GOOD = frozenset({Unreached.REDIRECT, Unreached.REFUSED_ADDRESS})

# Puts bytes under a key.
Put = Callable[[str, bytes], None]


class DeliveryEnded(Conflict):
    """This delivery has ended meanwhile."""


class Plan(Struct, frozen=True):
    """`prefix` begins every key. Without `bucket` it goes to ours. `sealed`: all files lie there already."""

    group_id: UUID
    company_id: UUID
    agreement_id: UUID
    feed_id: UUID
    delivery_id: UUID
    feed: str
    cursor: str | None
    format: Format
    gzip: bool
    prefix: str
    bucket: Bucket | None
    sealed: bool


class Failure(Struct, frozen=True):
    """Why a bucket did not take a file: a status, or why there is none."""

    status: int | None = None
    reason: Unreached | None = None

    @property
    def is_for_good(self) -> bool:
        if self.reason is not None:
            return self.reason in FOR_GOOD
        return self.status is not None and self.status < 500 and self.status not in ASKS_FOR_TIME


def prepare(session: Session, delivery_id: UUID) -> Plan | None:
    """None where it has ended; or does so now, because its files go nowhere any more."""
    delivery = _running(session, delivery_id)
    if delivery is None:
        return None
    target = targets.of_feed(session, delivery.feed_id)
    if target is None or _is_over(target, delivery):
        stopped(session, delivery_id)
        return None
    name = reading.named(session, [reading.feed(session, delivery.feed_id).feed])[delivery.feed_id]
    theirs = "/".join(part for part in (target.prefix, name, str(delivery_id)) if part)
    return Plan(
        group_id=delivery.group_id,
        company_id=delivery.company_id,
        agreement_id=delivery.agreement_id,
        feed_id=delivery.feed_id,
        delivery_id=delivery_id,
        feed=name,
        cursor=delivery.cursor,
        format=delivery.format,
        gzip=delivery.gzip,
        prefix=f"{theirs}/" if delivery.place is Place.THEIRS else prefix_of(delivery),
        bucket=targets.bucket_of(session, target),
        sealed=delivery.sealed_at is not None,
    )


def deliver(plan: Plan, put: Put, *, most: int | None = None, full: int = packing.FULL) -> None:
    """Speaks to the network, with no transaction open meanwhile. `most` records are in a page, a file has `full` bytes.

    Raises a Refusal where it was stopped.
    """
    if not plan.sealed:
        try:
            _put_files(plan, _packed(plan, plan.cursor, most, full), put)
        except BeginAnew:
            _start_over(plan)
            _put_files(plan, _packed(plan, None, most, full), put)
    with walled_session(client(plan.group_id, plan.agreement_id)) as session:
        feeds.look_open(session, plan.feed_id)
    with walled_session(_system(plan)) as session:
        told = manifest.of(session, _held(session, plan))
    put(f"{plan.prefix}{manifest.NAME}", told)


def ready(session: Session, delivery_id: UUID) -> None:
    """Its manifest is written: whoever wants to know is told. By the system for the company."""
    delivery = _running(session, delivery_id)
    if delivery is None:
        return
    delivery.state, delivery.ended_at = DeliveryState.READY, datetime.now(UTC)
    delivery.status = delivery.reason = None
    if delivery.place is Place.OURS:
        kept = timedelta(days=settings.current().files_kept_days)
        enqueue(session, RemoveFiles(delivery_id), due_at=delivery.ended_at + kept)
    session.flush()
    announcing.announce(
        session,
        delivery.agreement_id,
        Event(EventType.FILES_READY, feed_id=delivery.feed_id, delivery_id=delivery_id),
    )
    note(session, "delivery.ready", delivery)


def stopped(session: Session, delivery_id: UUID) -> None:
    """By whatever stopped its feed, or because nobody wants files of it any more."""
    _end(session, delivery_id, DeliveryState.STOPPED)


def failed(session: Session, delivery_id: UUID, failure: Failure) -> None:
    """It goes on later, or is given up."""
    delivery = _running(session, delivery_id)
    if delivery is None:
        return
    delivery.tries += 1
    delivery.status, delivery.reason, delivery.moved_at = failure.status, failure.reason, datetime.now(UTC)
    session.flush()
    if failure.is_for_good or delivery.tries >= len(PATIENCE):
        _end(session, delivery_id, DeliveryState.FAILED)
    else:
        enqueue(session, DeliverFiles(delivery_id), due_at=datetime.now(UTC) + PATIENCE[delivery.tries])


def note(session: Session, action: str, delivery: FeedDelivery) -> None:
    trail.record(
        session,
        action,
        about="delivery",
        ids=[delivery.delivery_id],
        company_id=delivery.company_id,
        feed=str(delivery.feed_id),
        files=len(delivery.files),
        rows=delivery.rows,
        tombstones=delivery.tombstones,
    )


def _packed(plan: Plan, cursor: str | None, most: int | None, full: int) -> Generator[Packed]:
    pages = following.pages(client(plan.group_id, plan.agreement_id), plan.feed, cursor, most=most)
    with closing(pages):
        yield from packing.packed(pages, partial(_file, plan), full=full)


def _file(plan: Plan) -> File:
    return File(formats.writer(plan.format, partial(_columns, plan)), gzip=plan.gzip)


def _columns(plan: Plan, page: Page) -> Sequence[Column]:
    with walled_session(client(plan.group_id, plan.agreement_id)) as session:
        return columns.of_version(session, plan.feed_id, page.version)


def _put_files(plan: Plan, files: Generator[Packed], put: Put) -> None:
    with closing(files):
        for file in files:
            with walled_session(_system(plan)) as session:
                number = len(_held(session, plan).files) + 1
            name = f"part-{number:05}.{plan.format}{'.gz' if plan.gzip else ''}"
            if file.body:
                put(f"{plan.prefix}{name}", file.body)
            with walled_session(_system(plan)) as session:
                _keep(session, plan, file, name)


def _keep(session: Session, plan: Plan, file: Packed, name: str) -> None:
    """What lies there now, and how far it reaches; with the last file, what the manifest says."""
    delivery = _held(session, plan)
    if file.body:
        lies = DeliveredFile(name, file.rows, file.tombstones, len(file.body), file.sha256)
        delivery.files = [*delivery.files, lies]
    delivery.cursor, delivery.moved_at, delivery.tries = file.page.cursor, datetime.now(UTC), 0
    if file.page.more:
        return
    at = cursors.read(file.page.cursor)
    delivery.epoch, delivery.version = file.page.epoch, at.version if at else None
    agreed = agreements.agreement(session, plan.agreement_id)
    delivery.agreement_version = agreed.on(agreements.today()).version
    target = targets.of_feed(session, plan.feed_id)
    delivery.coming = target.coming if target else None
    delivery.sealed_at = datetime.now(UTC)


def _start_over(plan: Plan) -> None:
    """Another epoch has begun: what comes is all that is in scope."""
    with walled_session(_system(plan)) as session:
        delivery = _held(session, plan)
        delivery.files, delivery.snapshot = [], True
        delivery.cursor = delivery.cursor_from = delivery.previous_id = None


def _held(session: Session, plan: Plan) -> FeedDelivery:
    """Raises DeliveryEnded, FilesDisabled."""
    delivery = _running(session, plan.delivery_id)
    if delivery is None:
        raise DeliveryEnded
    target = targets.of_feed(session, plan.feed_id)
    if target is None or _is_over(target, delivery):
        raise FilesDisabled
    return delivery


def _is_over(target: FileTarget, delivery: FeedDelivery) -> bool:
    """Whether its files are wanted no more, or elsewhere."""
    return target.disabled_at is not None or target.waits_for_key or target.anew_at > delivery.created_at


def _end(session: Session, delivery_id: UUID, state: DeliveryState) -> None:
    """Of files in our bucket nothing stays. Where in the feed it was says of whom: it goes, too."""
    delivery = _running(session, delivery_id)
    if delivery is None:
        return
    delivery.state, delivery.ended_at, delivery.cursor = state, datetime.now(UTC), None
    if delivery.place is Place.OURS:
        enqueue(session, RemoveFiles(delivery_id))
    session.flush()
    note(session, f"delivery.{state}", delivery)


def _running(session: Session, delivery_id: UUID) -> FeedDelivery | None:
    wanted = select(FeedDelivery).where(
        FeedDelivery.delivery_id == delivery_id, FeedDelivery.state == DeliveryState.RUNNING
    )
    return session.scalar(wanted.with_for_update())


def _system(plan: Plan) -> Acting:
    return system(plan.group_id, company_id=plan.company_id, purpose=PurposeKind.STORAGE)

"""Every published change that recipients are to be told of makes one notification for each of them.

By a job of its own, which the transaction of the change queues: writers wait for nobody. It goes through the row of
published changes behind a cursor, and the cursor moves in the transaction that makes the notifications: killed in
between, it begins where it was, and what is there already is not made again.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs
from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.base import new_id
from tenants.consents.model import Consent, Objection
from tenants.database import acting_of
from tenants.exports.model import SharedCopy
from tenants.feeds import publishing
from tenants.feeds.model import Feed, FeedHolding, FeedScope
from tenants.feeds.publishing import Published
from tenants.jobs.outbox import enqueue
from tenants.ledger import blocks, recipients
from tenants.ledger.recipients import Recipient
from tenants.notifying import mailing
from tenants.notifying.model import ConfirmedBy, Notification, NotificationCursor, Way
from tenants.processors.model import Agreement, Processor
from tenants.registers import former_ids
from tenants.registers.changes import TOLD, TellRecipients
from tenants.registers.model import Cause, Correction, RecipientKind, Record
from tenants.webhooks import announcing
from tenants.webhooks.model import Event, EventType

AT_ONCE = 1_000


class Told(Struct, frozen=True):
    """One change of one person: all that one transaction did to them for one cause."""

    person_id: UUID
    cause: Cause
    at: datetime
    number: int
    register_ids: tuple[UUID, ...]
    record_ids: tuple[UUID, ...]


class To(Struct, frozen=True):
    """Whom to tell, and how. `feed_id` where a feed carries it."""

    way: Way
    recipient_id: UUID | None = None
    agreement_id: UUID | None = None
    feed_id: UUID | None = None
    source: str | None = None


class Made(Struct, frozen=True):
    change: Told
    to: To
    notification_id: UUID


class Followed(Struct, frozen=True):
    """`whole` are the changes whose recipients have all been found: of the last one on a full page some may come."""

    changes: tuple[Told, ...]
    whole: tuple[Told, ...]
    made: tuple[Made, ...]


IsAsked = Callable[[Told, UUID], bool]
"""Whether a recipient is told of a change by a request of its own, which whoever follows sends."""


def nobody(change: Told, recipient_id: UUID) -> bool:
    return False


def follow(session: Session, *, is_asked: IsAsked = nobody) -> Followed:
    """Some at a time; what is left is left to the next job. For the system, acting for a company."""
    cursor = _cursor(session)
    published = publishing.publish(session)
    found = publishing.after(session, cursor.last, limit=AT_ONCE)
    changes = tuple(_changes(found))
    made = tuple(Made(one, to, _make(session, one, to)) for one in changes for to in _whom(session, one, is_asked))
    if found:
        cursor.last = found[-1].number
    if made:
        _tell(session, made)
    full = len(found) == AT_ONCE
    if full or not published:
        enqueue(session, TellRecipients())
    return Followed(changes, tuple(one for one in changes if not full or one.at != found[-1].at), made)


def _tell(session: Session, made: Sequence[Made]) -> None:
    people = sorted({one.change.person_id for one in made})
    trail.record(session, "recipients.to_be_told", about="person", ids=people, notifications=len(made))
    by_letter = {one.to.agreement_id for one in made if one.to.way is Way.EMAIL and one.to.agreement_id}
    mailing.plan(session, by_letter)
    _announce(session, made)


def _announce(session: Session, made: Sequence[Made]) -> None:
    """To the systems of each agreement once, however much waits; of a single one its id."""
    of_agreement: dict[UUID, list[Made]] = {}
    for one in made:
        if one.to.agreement_id:
            of_agreement.setdefault(one.to.agreement_id, []).append(one)
    for agreement_id, [first, *others] in of_agreement.items():
        event = (
            Event(EventType.CONFIRMATION_PENDING)
            if others
            else Event(EventType.CONFIRMATION_PENDING, feed_id=first.to.feed_id, notification_id=first.notification_id)
        )
        announcing.announce(session, agreement_id, event)


def _cursor(session: Session) -> NotificationCursor:
    """Held until the transaction ends: who follows waits for who follows."""
    acting = acting_of(session)
    key = {"group_id": acting.group_id, "company_id": acting.company_id}
    session.execute(insert(NotificationCursor).values(**key).on_conflict_do_nothing())
    return session.scalars(select(NotificationCursor).with_for_update()).one()


def _changes(published: Sequence[Published]) -> Iterable[Told]:
    """A person's records that changed at once are told at once; what a page cuts in two is joined when it is made."""
    found: dict[tuple[UUID, str, datetime], list[Published]] = {}
    for one in published:
        if one.cause in TOLD:
            found.setdefault((one.person_id, one.cause, one.at), []).append(one)
    for (person_id, cause, at), of_one in found.items():
        yield Told(
            person_id=person_id,
            cause=Cause(cause),
            at=at,
            number=of_one[-1].number,
            register_ids=tuple({one.register_id for one in of_one if one.register_id}),
            record_ids=tuple(one.record_id for one in of_one if one.record_id),
        )


def _whom(session: Session, change: Told, is_asked: IsAsked) -> Iterable[To]:
    registers = change.register_ids or _registers_of(session, change.record_ids)
    received = recipients.of_person(session, change.person_id, registers)
    kinds = _kinds(session, change)
    of_these = [one for one in received if kinds is None or one.kind in kinds]
    for to in _by_agreement(session, of_these):
        by_request = to.way is not Way.LIVE and to.recipient_id is not None and is_asked(change, to.recipient_id)
        yield structs.replace(to, way=Way.OPENDSR) if by_request else to
    if change.cause is Cause.CORRECTED:
        yield from _sources(session, change)


def _registers_of(session: Session, record_ids: Sequence[UUID]) -> Sequence[UUID]:
    """Of a record that was restricted only the record is said."""
    return session.scalars(select(Record.register_id).where(Record.record_id.in_(record_ids)).distinct()).all()


def _kinds(session: Session, change: Told) -> set[PurposeKind] | None:
    """Who objects to one use, or no longer consents to it, is nobody's business who received the data for another."""
    person = change.person_id
    wanted = {
        Cause.OBJECTED: select(Objection.kind).where(Objection.person_id == person, Objection.since == change.at),
        Cause.OBJECTION_LIFTED: select(Objection.kind).where(
            Objection.person_id == person, Objection.until == change.at
        ),
        Cause.WITHDRAWN: select(Consent.kind).where(Consent.person_id == person, Consent.until == change.at),
    }.get(change.cause)
    return None if wanted is None else set(session.scalars(wanted))


def _by_agreement(session: Session, received: Sequence[Recipient]) -> Iterable[To]:
    """Whoever received under two agreements is told under both; under one, once."""
    sources = {one.source_id for one in received}
    fed = {
        feed.feed_id: (feed, agreement, in_bulk)
        for feed, agreement, in_bulk in session.execute(
            select(Feed, Agreement, ~exists().where(FeedScope.feed_id == Feed.feed_id, FeedScope.bound_to_event))
            .join(Agreement)
            .where(Feed.feed_id.in_(sources))
        )
    }
    processors = {
        one.processor_id: one
        for one in session.scalars(
            select(Processor).where(Processor.processor_id.in_({one.recipient_id for one in received}))
        )
    }
    found: dict[tuple[UUID, UUID | None], To] = {}
    for one in received:
        processor = processors.get(one.recipient_id)
        if processor is None:
            to = _to_sister(session, one)
        elif one.source_id in fed:
            to = _to_processor(processor, *fed[one.source_id])
        elif processor.kind is RecipientKind.AUTHORITY:
            continue  # An authority that inquires is no recipient (Art. 4(9)).
        else:
            to = To(Way.BY_HAND, one.recipient_id)
        key = (one.recipient_id, to.agreement_id)
        if key not in found or _FIRST.index(to.way) < _FIRST.index(found[key].way):
            found[key] = to
    return found.values()


# The way that is taken where there are several.
_FIRST = (Way.FEED, Way.EMAIL, Way.BY_HAND, Way.LIVE)


def _to_processor(processor: Processor, feed: Feed, agreement: Agreement, in_bulk: bool) -> To:
    """A feed that goes on carries it itself; after its end, and of what was looked up one by one, a letter does."""
    carries = in_bulk and not (feed.ended_at or agreement.ended_at)
    way = Way.FEED if carries else Way.EMAIL if processor.contact.email else Way.BY_HAND
    return To(way, processor.processor_id, agreement.agreement_id, feed.feed_id if way is Way.FEED else None)


def _to_sister(session: Session, one: Recipient) -> To:
    """The door shows a sister company nothing that is not so any more; only of copies that it took it must be told."""
    copied = select(SharedCopy.taken_at).where(
        SharedCopy.recipient_id == one.recipient_id, SharedCopy.register_id == one.register_id
    )
    took = session.scalar(copied.limit(1)) is not None
    return To(Way.BY_HAND if took else Way.LIVE, one.recipient_id)


def _sources(session: Session, change: Told) -> Iterable[To]:
    """Whom wrong values of somebody else's making came from, as the register declares it."""
    rows = session.scalars(
        select(Correction.wrong_from).where(
            Correction.record_id.in_(change.record_ids), Correction.corrected_at == change.at
        )
    )
    for key in sorted({key for of_row in rows for key in of_row}):
        yield To(Way.BY_HAND, source=key)


def _make(session: Session, change: Told, to: To) -> UUID:
    row, now = Notification, func.now()
    live = {"delivered_at": now, "confirmed_at": now, "confirmed_by": ConfirmedBy.LIVE} if to.way is Way.LIVE else {}
    acting = acting_of(session)
    made = insert(row).values(
        group_id=acting.group_id,
        company_id=acting.company_id,
        notification_id=new_id(),
        person_id=change.person_id,
        cause=change.cause,
        changed_at=change.at,
        number=change.number,
        register_ids=list(change.register_ids),
        record_ids=_given(session, change, to),
        recipient_id=to.recipient_id,
        agreement_id=to.agreement_id,
        feed_id=to.feed_id,
        source=to.source,
        way=to.way,
        **live,
    )
    # The rest of a change that a page has cut in two.
    more = {
        "number": made.excluded.number,
        "register_ids": row.register_ids + made.excluded.register_ids,
        "record_ids": row.record_ids + made.excluded.record_ids,
        "delivered_at": made.excluded.delivered_at,
    }
    kept = made.on_conflict_do_update(index_elements=_ONCE, set_=more).returning(row.notification_id)
    return session.scalars(kept).one()


def _given(session: Session, change: Told, to: To) -> list[UUID]:
    """Of the records those that the recipient was given: what it never had is not named to it."""
    if to.feed_id is None or not change.record_ids:
        return list(change.record_ids)
    held = select(FeedHolding.record_id).where(
        FeedHolding.feed_id == to.feed_id, FeedHolding.record_id.in_(change.record_ids)
    )
    in_blocks = blocks.records_of(session, to.feed_id, former_ids.ids_of(session, change.person_id))
    return sorted({*session.scalars(held), *in_blocks.intersection(change.record_ids)})


_ONCE = ("group_id", "company_id", "person_id", "changed_at", "cause", "recipient_id", "agreement_id", "source")

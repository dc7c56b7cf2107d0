"""What the demo's recipients were told before the demo began and did and did not confirm; and whom one of them sends.

Nobody sets the clock back: what is some days old is written down as it would stand by then.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.commands.demo_processors import ADMIN, COMPANY, acting
from tenants.acting import PurposeKind, client, system
from tenants.companies import companies
from tenants.contacts import people
from tenants.contacts.model import Duty
from tenants.database import walled_session
from tenants.feeds.model import Feed, FeedDay
from tenants.languages.speaking import Language
from tenants.notifying.law import patience
from tenants.notifying.model import ConfirmedBy, Notification, Way
from tenants.processors.model import Agreement, Processor
from tenants.processors.reading import today
from tenants.registers.model import Cause, Record, Register

CONTACT_OF, CONTACT = "mallipilvi", "yhteyshenkilo@mallipilvi.example"


class Told(Struct, frozen=True):
    """By a feed: how many days ago what waits was told, and how many days each took that was confirmed."""

    feed: str
    waiting: tuple[int, ...]
    took: tuple[int, ...] = ()


TOLD = (
    Told("asiakkaat", waiting=(1, 1, 2, 5, 6, 9, 16, 18), took=(1, 1, 2, 4)),
    Told("avoimet-toimitukset", waiting=(2, 4, 12), took=(1, 6)),
    Told("laskutettavat", waiting=(1,), took=(1, 1, 2)),
    Told("jakelukumppanin-yhteystiedot", waiting=(8, 24)),
)


# Since when these were fetched, and how many lines the first time.
FETCHED = {"asiakkaat": (75, 634), "avoimet-toimitukset": (52, 118), "laskutettavat": (40, 634)}


def tell(group_id: UUID, issuer: str) -> None:
    """Nothing where anybody was told of anything already."""
    with walled_session(system(group_id)) as session:
        company_id = companies.by_key(session, COMPANY).company_id
        admin = acting(session, group_id, issuer, ADMIN, company_id)
    with walled_session(system(group_id, company_id=company_id, purpose=PurposeKind.RIGHTS_REQUEST)) as session:
        if session.scalar(select(Notification.notification_id).limit(1)):
            return
        session.add_all(_of_the_past(session, company_id))
    with walled_session(admin) as session:
        processor = session.scalars(select(Processor.processor_id).where(Processor.key == CONTACT_OF)).one()
        people.invite(session, processor, email=CONTACT, duty=Duty.SYSTEMS, language=Language.FI)
        fetched = session.scalars(select(Feed).where(Feed.key.in_(FETCHED))).all()
    for feed in fetched:
        with walled_session(client(group_id, feed.agreement_id)) as session:
            session.add_all(_days(feed))


def _days(feed: Feed) -> Iterator[FeedDay]:
    """Everything first; then on weekdays what had changed, and now and then somebody who is gone."""
    since, lines = FETCHED[feed.key]
    for ago in range(since, 0, -1):
        day = today() - timedelta(days=ago)
        changed = lines if ago == since else 40 + (ago * 37) % 90 + (ago * 17) % 70
        if day.weekday() < 5 or ago == since:
            yield FeedDay(
                company_id=feed.company_id,
                agreement_id=feed.agreement_id,
                feed_id=feed.feed_id,
                day=day,
                upserts=changed,
                tombstones=int(ago % 9 == 0) + int(ago % 14 == 3) * 2,
                pages=1,
                pulled_at=datetime.now(UTC) - timedelta(days=ago),
            )


def _of_the_past(session: Session, company_id: UUID) -> Iterator[Notification]:
    register = select(Register.register_id).where(Register.company_id == company_id, Register.key == "customers")
    register_id = session.scalars(register).one()
    count = sum(len(one.waiting) + len(one.took) for one in TOLD)
    corrected = iter(_records(session, register_id, count))
    for one in TOLD:
        feed, processor_id = session.execute(
            select(Feed, Agreement.processor_id).join(Agreement).where(Feed.key == one.feed)
        ).one()
        for took in one.took:
            row = _notification(feed, processor_id, register_id, next(corrected), 20 + took)
            row.confirmed_at, row.confirmed_by = row.made_at + timedelta(days=took), ConfirmedBy.CLIENT
            yield row
        # The oldest first, as their ids would be.
        for days in sorted(one.waiting, reverse=True):
            yield _notification(feed, processor_id, register_id, next(corrected), days)


def _records(session: Session, register_id: UUID, count: int) -> list[tuple[UUID, UUID]]:
    """The last ones: the first are those whom the demo's requests are about."""
    rows = (
        select(Record.person_id, Record.record_id)
        .where(Record.register_id == register_id)
        .order_by(Record.record_id.desc())
        .limit(count)
    )
    return [(person_id, record_id) for person_id, record_id in session.execute(rows)]


def _notification(
    feed: Feed, processor_id: UUID, register_id: UUID, corrected: tuple[UUID, UUID], days: int
) -> Notification:
    """Read soon after, and reminded of as often as the law's patience says."""
    rules, told = patience.every_set()[-1], datetime.now(UTC) - timedelta(days=days, hours=3)
    reminders = [one for one in rules.reminded_after_days if one <= days]
    return Notification(
        person_id=corrected[0],
        cause=Cause.CORRECTED,
        changed_at=told,
        number=1,
        register_ids=[register_id],
        record_ids=[corrected[1]],
        recipient_id=processor_id,
        agreement_id=feed.agreement_id,
        feed_id=feed.feed_id,
        way=Way.FEED,
        made_at=told,
        delivered_at=told + timedelta(hours=2),
        reminders=len(reminders),
        reminded_at=told + timedelta(days=reminders[-1]) if reminders else None,
        escalated_at=(
            told + timedelta(days=rules.escalated_after_days) if days >= rules.escalated_after_days else None
        ),
    )

"""Who was told what and when, and who has not confirmed: the backlog, one person's, and what a client is shown."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from tenants.companies import permissions
from tenants.companies.model import Company
from tenants.companies.permissions import Permission
from tenants.languages.speaking import HELSINKI, Text, civil_date
from tenants.notifying import confirming, excusing
from tenants.notifying.confirming import Note
from tenants.notifying.law import patience
from tenants.notifying.model import Notification, NotificationState
from tenants.notifying.refusals import NoSuchNotification
from tenants.notifying.states import SETTLED, is_in, is_open, state_of
from tenants.processors.model import Processor
from tenants.registers import former_ids, sources
from tenants.registers.model import Cause, Register

PAGE = 50
MOST = 1_000


class Wanted(Struct, frozen=True):
    """What of the backlog is asked for. Without a state: what is not settled. `of_sources`: told to them."""

    state: NotificationState | None = None
    recipient_id: UUID | None = None
    of_sources: bool = False
    cause: Cause | None = None
    made_before: datetime | None = None
    made_after: datetime | None = None
    person_id: UUID | None = None


class Told(Struct, frozen=True):
    """`recipient` is by name; of a source of wrong data, as its register declares it.

    From `due_on` on the silence of the recipient is its company's own matter; or it has promised the day.
    """

    row: Notification
    state: NotificationState
    recipient: str | Text
    registers: tuple[Text, ...]
    due_on: date
    is_overdue: bool


class Waiting(Struct, frozen=True):
    """How many, and since when the first."""

    count: int
    since: datetime | None


class Opened(Struct, frozen=True):
    """With all that was written of it."""

    told: Told
    note: Note | None
    answer: str | None
    excuse: str | None


def listed(session: Session, wanted: Wanted, *, after: UUID | None = None, limit: int = PAGE) -> list[Told]:
    """The oldest first, behind the notification `after`. Raises Forbidden."""
    permissions.require(session, Permission.TELL_RECIPIENTS)
    rows = select(Notification).where(*_filters(wanted))
    return _page(session, rows, after, limit)


def counted(session: Session, wanted: Wanted) -> int:
    """Raises Forbidden."""
    permissions.require(session, Permission.TELL_RECIPIENTS)
    return session.scalars(select(func.count()).select_from(Notification).where(*_filters(wanted))).one()


def get(session: Session, notification_id: UUID) -> Opened:
    """Raises Forbidden, NoSuchNotification."""
    permissions.require(session, Permission.TELL_RECIPIENTS)
    row = session.scalar(select(Notification).where(Notification.notification_id == notification_id))
    if row is None:
        raise NoSuchNotification
    [told] = _told(session, [row])
    return Opened(
        told,
        note=confirming.note_of(session, row),
        answer=confirming.answer_of(session, row),
        excuse=excusing.reason_of(session, row),
    )


def of_person(session: Session, person_id: UUID) -> list[Told]:
    """Of whoever is held as this person, the newest first. Within the walls of whoever acts."""
    ids = former_ids.ids_of(session, person_id)
    rows = select(Notification).where(Notification.person_id.in_(ids))
    return _told(session, session.scalars(rows.order_by(Notification.notification_id.desc())).all())


def of_client(session: Session, *, only_open: bool, after: UUID | None = None, limit: int = MOST) -> list[Told]:
    """What was told under the agreement of the client that acts, the oldest first, behind the notification `after`."""
    rows = select(Notification).where(*((is_open(),) if only_open else ()))
    return _page(session, rows, after, limit)


def waiting_under(
    session: Session, agreements: Collection[UUID], *, after: UUID | None = None, limit: int = PAGE
) -> list[Told]:
    """What was not confirmed under these, what has waited longest first, behind the notification `after`."""
    rows = select(Notification).where(is_open(), Notification.agreement_id.in_(agreements))
    return _page(session, rows, after, limit)


def count_under(session: Session, agreements: Collection[UUID]) -> int:
    waiting = is_open(), Notification.agreement_id.in_(agreements)
    return session.scalars(select(func.count()).select_from(Notification).where(*waiting)).one()


def known_of(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Those of these that are there for whoever acts."""
    return set(session.scalars(select(Notification.notification_id).where(Notification.notification_id.in_(ids))))


def agreements_of(session: Session, ids: Collection[UUID]) -> dict[UUID, UUID | None]:
    """Under which agreement each of these was told, as far as they are there for whoever acts."""
    wanted = select(Notification.notification_id, Notification.agreement_id)
    found = session.execute(wanted.where(Notification.notification_id.in_(ids)))
    return {notification_id: agreement_id for notification_id, agreement_id in found}  # noqa: C416


def waiting_of(session: Session, recipient_id: UUID) -> Waiting:
    """What one recipient has not confirmed."""
    rows = select(func.count(), func.min(Notification.made_at)).where(
        is_open(), Notification.recipient_id == recipient_id
    )
    return Waiting(*session.execute(rows).one())


def escalated(session: Session) -> list[tuple[datetime, UUID]]:
    """Since when each recipient has been silent for too long, and the first notification that it did not confirm."""
    whom = (Notification.recipient_id, Notification.source)
    rows = session.execute(
        select(Notification.escalated_at, Notification.notification_id)
        .where(is_in(NotificationState.ESCALATED))
        .ext(distinct_on(*whom))
        .order_by(*whom, Notification.escalated_at, Notification.notification_id)
    )
    return [(at, notification_id) for at, notification_id in rows if at]


def counted_pressing(_: Session) -> Select[int]:
    """How many are for staff to settle: what no reminder brought, what cannot be done, and what is proposed."""
    for_staff = or_(
        Notification.escalated_at.is_not(None), Notification.declined_at.is_not(None), Notification.excuse.is_not(None)
    )
    return select(func.count()).select_from(Notification).where(is_open(), for_staff)


def recipients(session: Session) -> dict[UUID, str]:
    """Whom the company has had to tell, by name."""
    ids = session.scalars(select(Notification.recipient_id).where(Notification.recipient_id.is_not(None)).distinct())
    return names(session, {one for one in ids if one})


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [is_open() if wanted.state is None else is_in(wanted.state)]
    if wanted.recipient_id is not None:
        found.append(Notification.recipient_id == wanted.recipient_id)
    if wanted.of_sources:
        found.append(Notification.recipient_id.is_(None))
    if wanted.cause is not None:
        found.append(Notification.cause == wanted.cause)
    if wanted.made_before is not None:
        found.append(Notification.made_at <= wanted.made_before)
    if wanted.made_after is not None:
        found.append(Notification.made_at > wanted.made_after)
    if wanted.person_id is not None:
        found.append(Notification.person_id == wanted.person_id)
    return found


def _told(session: Session, rows: Sequence[Notification]) -> list[Told]:
    called = names(session, {row.recipient_id for row in rows if row.recipient_id})
    registers = registers_of(session, {one for row in rows for one in row.register_ids})
    today = datetime.now(HELSINKI).date()
    return [
        Told(
            row,
            state_of(row),
            recipient=called.get(row.recipient_id, "")
            if row.recipient_id
            else source(row.source, row.register_ids, registers),
            registers=tuple(registers[one].name for one in dict.fromkeys(row.register_ids) if one in registers),
            due_on=(due := _due_on(row)),
            is_overdue=due < today and state_of(row) not in SETTLED,
        )
        for row in rows
    ]


def _due_on(row: Notification) -> date:
    if row.promised_at is not None:
        return civil_date(row.promised_at)
    found_on = civil_date(row.made_at)
    return found_on + timedelta(days=patience.on(found_on).escalated_after_days)


def _page(session: Session, rows: Select[Notification], after: UUID | None, limit: int) -> list[Told]:
    """What has waited longest first, behind the notification `after`."""
    if after is not None:
        rows = rows.where(Notification.notification_id > after)
    return _told(session, session.scalars(rows.order_by(Notification.notification_id).limit(limit)).all())


def registers_of(session: Session, ids: Collection[UUID]) -> dict[UUID, Register]:
    return {one.register_id: one for one in session.scalars(select(Register).where(Register.register_id.in_(ids)))}


def source(key: str | None, register_ids: Sequence[UUID], registers: Mapping[UUID, Register]) -> str | Text:
    """As one of these registers declares it, if any of them does."""
    declared = (sources.declared(registers[one]).get(key or "") for one in register_ids if one in registers)
    return next((one for one in declared if one is not None), key or "")


def names(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """Of processors and of companies of the group."""
    processors = select(Processor.processor_id, Processor.name).where(Processor.processor_id.in_(ids))
    companies = select(Company.company_id, Company.name).where(Company.company_id.in_(ids))
    return {one: name for one, name in session.execute(processors.union_all(companies))}  # noqa: C416

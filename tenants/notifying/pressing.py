"""Whoever does not confirm is reminded; in the end it is the company's own people's to press (`law/patience.yaml`).

Who has promised a day is not reminded before it. By the clock, from the rows: what nobody could send while nothing ran
is sent once, and not once for each day missed.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, update
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.jobs.model import Job
from tenants.languages.speaking import HELSINKI
from tenants.notifying import mailing
from tenants.notifying.law import patience
from tenants.notifying.law.patience import Patience
from tenants.notifying.model import Notification
from tenants.notifying.states import is_open

# Who has said that it cannot is not asked again; nor who is perhaps to be left untold.
SILENT = and_(is_open(), Notification.declined_at.is_(None), Notification.excuse.is_(None))


class PressRecipients(Job, frozen=True):
    """Of one company, every hour."""

    name: ClassVar[str] = "notifying.press"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST


def press(session: Session, *, now: datetime | None = None) -> None:
    now = now or datetime.now(UTC)
    reminded: set[UUID] = set()
    escalated: list[UUID] = []
    for rules, made in _by_age():
        reminded |= _remind(session, rules, made, now)
        escalated += _escalate(session, rules, made, now)
    mailing.plan(session, reminded, reminder=True)
    if escalated:
        trail.record(session, "notification.escalated", about="notification", ids=escalated)


def _by_age() -> Iterator[tuple[Patience, ColumnElement[bool]]]:
    """Each set with what was made while it was in force; what is older than all of them goes with the first."""
    sets = patience.every_set()
    since = [datetime.min.replace(tzinfo=UTC), *(_midnight(one.in_force_from) for one in sets[1:])]
    until = [*since[1:], datetime.max.replace(tzinfo=UTC)]
    for one, begins, ends in zip(sets, since, until, strict=True):
        yield one, and_(Notification.made_at >= begins, Notification.made_at < ends)


def _remind(session: Session, by: Patience, made: ColumnElement[bool], now: datetime) -> set[UUID]:
    """The agreements under which somebody is reminded."""
    reminded: set[UUID] = set()
    for number, days in reversed(list(enumerate(by.reminded_after_days, start=1))):
        rows = session.scalars(
            update(Notification)
            .where(
                SILENT,
                made,
                or_(Notification.promised_at.is_(None), Notification.promised_at <= now),
                Notification.reminders < number,
                Notification.made_at <= now - timedelta(days=days),
            )
            .values(reminders=number, reminded_at=now)
            .returning(Notification.agreement_id)
        )
        reminded |= {one for one in rows if one}
    return reminded


def _escalate(session: Session, by: Patience, made: ColumnElement[bool], now: datetime) -> Sequence[UUID]:
    silent_since = now - timedelta(days=by.escalated_after_days)
    return session.scalars(
        update(Notification)
        .where(SILENT, made, Notification.escalated_at.is_(None), Notification.made_at <= silent_since)
        .values(escalated_at=now)
        .returning(Notification.notification_id)
    ).all()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), HELSINKI)

"""Whoever does not confirm is reminded after 3, 7 and 14 days; after 21 it is the company's own people's to press.

Who has promised a day is not reminded before it. By the clock, from the rows: what nobody could send while nothing ran
is sent once, and not once for each day missed.
"""

from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import and_, or_, update
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.jobs.model import Job
from tenants.notifying import mailing
from tenants.notifying.model import Notification
from tenants.notifying.states import is_open

REMINDED_AFTER = (timedelta(days=3), timedelta(days=7), timedelta(days=14))
ESCALATED_AFTER = timedelta(days=21)

# Who has said that it cannot is not asked again; nor who is perhaps to be left untold.
SILENT = and_(is_open(), Notification.declined_at.is_(None), Notification.excuse.is_(None))


class PressRecipients(Job, frozen=True):
    """Of one company, every hour."""

    name: ClassVar[str] = "notifying.press"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST


def press(session: Session, *, now: datetime | None = None) -> None:
    now = now or datetime.now(UTC)
    reminded: set[UUID] = set()
    for number, after in reversed(list(enumerate(REMINDED_AFTER, start=1))):
        rows = session.scalars(
            update(Notification)
            .where(
                SILENT,
                or_(Notification.promised_at.is_(None), Notification.promised_at <= now),
                Notification.reminders < number,
                Notification.made_at <= now - after,
            )
            .values(reminders=number, reminded_at=now)
            .returning(Notification.agreement_id)
        )
        reminded |= {one for one in rows if one}
    mailing.plan(session, reminded, reminder=True)
    escalated = session.scalars(
        update(Notification)
        .where(SILENT, Notification.escalated_at.is_(None), Notification.made_at <= now - ESCALATED_AFTER)
        .values(escalated_at=now)
        .returning(Notification.notification_id)
    ).all()
    if escalated:
        trail.record(session, "notification.escalated", about="notification", ids=escalated)

"""Where a notification stands: one answer, by the moments of its steps."""

from sqlalchemy import ColumnElement, and_

from tenants.notifying.model import ConfirmedBy, Notification, NotificationState

SETTLED = frozenset({NotificationState.CONFIRMED, NotificationState.EXCUSED, NotificationState.READS_LIVE})


def state_of(row: Notification) -> NotificationState:
    if row.confirmed_at is not None:
        live = row.confirmed_by is ConfirmedBy.LIVE
        return NotificationState.READS_LIVE if live else NotificationState.CONFIRMED
    if row.excuse_approved_at is not None:
        return NotificationState.EXCUSED
    steps = (
        (row.excuse, NotificationState.EXCUSE_PROPOSED),
        (row.declined_at, NotificationState.DECLINED),
        (row.escalated_at, NotificationState.ESCALATED),
        (row.delivered_at, NotificationState.DELIVERED),
    )
    return next((state for step, state in steps if step is not None), NotificationState.PENDING)


def is_in(state: NotificationState) -> ColumnElement[bool]:
    """The same of rows in the database."""
    row, live = Notification, Notification.confirmed_by == ConfirmedBy.LIVE
    earlier: list[ColumnElement[bool]] = [row.confirmed_at.is_(None), row.excuse_approved_at.is_(None)]
    if state is NotificationState.READS_LIVE:
        return live
    if state is NotificationState.CONFIRMED:
        return and_(row.confirmed_at.is_not(None), ~live)
    if state is NotificationState.EXCUSED:
        return and_(row.confirmed_at.is_(None), row.excuse_approved_at.is_not(None))
    steps = {
        NotificationState.EXCUSE_PROPOSED: row.excuse.is_not(None),
        NotificationState.DECLINED: row.declined_at.is_not(None),
        NotificationState.ESCALATED: row.escalated_at.is_not(None),
        NotificationState.DELIVERED: row.delivered_at.is_not(None),
    }
    for step, reached in steps.items():
        if step is state:
            return and_(*earlier, reached)
        earlier.append(~reached)
    return and_(*earlier)


def is_open() -> ColumnElement[bool]:
    return and_(Notification.confirmed_at.is_(None), Notification.excuse_approved_at.is_(None))

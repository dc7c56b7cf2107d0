"""What agreements add to a notice: from a version's first day on, until another takes its place or it ends."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, update
from sqlalchemy.orm import Session

from tenants.processors.model import JointArrangement, ShownTransfer

SHOWN = (JointArrangement, ShownTransfer)


def hide(session: Session, agreement_id: UUID, *, from_day: date) -> None:
    """What was approved before: from this day on something else holds, or nothing."""
    last = from_day - timedelta(days=1)
    for table in SHOWN:
        session.execute(
            update(table)
            .where(table.agreement_id == agreement_id)
            .values(shown_until=func.least(table.shown_until, last))
        )


def shown_on(table: type[JointArrangement] | type[ShownTransfer], day: date) -> ColumnElement[bool]:
    return and_(table.shown_from <= day, or_(table.shown_until.is_(None), table.shown_until >= day))

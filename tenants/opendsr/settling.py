"""What becomes of a request becomes of the notifications that it tells a recipient (Art. 19)."""

from sqlalchemy.orm import Session

from tenants.notifying import confirming, mailing
from tenants.notifying.model import ConfirmedBy
from tenants.opendsr.model import SentRequest
from tenants.opendsr.wire import RequestStatus


def taken(session: Session, row: SentRequest) -> None:
    if row.notification_ids:
        confirming.promise(session, row.notification_ids, row.expected_at)


def ended(session: Session, row: SentRequest) -> None:
    """By the processor: what it has completed it confirms, what it has cancelled it does not do."""
    if row.notification_ids and row.status is RequestStatus.COMPLETED:
        confirming.by_recipient(session, row.notification_ids, by=ConfirmedBy.OPENDSR)
    elif row.notification_ids:
        confirming.decline_unsaid(session, row.notification_ids, by=ConfirmedBy.OPENDSR)


def came_to_nothing(session: Session, row: SentRequest) -> None:
    """The processor was not reached or did not take it, or staff took it back: it is to be told all the same."""
    if row.notification_ids:
        mailing.instead(session, row.notification_ids)

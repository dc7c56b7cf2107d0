"""A recipient is left untold where that is impossible or would take a disproportionate effort (Art. 19).

The law says what excuses and nothing about who finds so: one proposes it with reasons, and another decides.
"""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.database import acting_of
from tenants.errors import TooLong
from tenants.notifying.model import Excuse, Notification
from tenants.notifying.refusals import (
    AlreadySettled,
    ExcuseMissing,
    NoSuchNotification,
    NothingProposed,
    OwnExcuse,
)
from tenants.notifying.states import SETTLED, state_of
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place, seal, unseal

LONGEST_REASON = 2_000


def propose(session: Session, notification_id: UUID, excuse: Excuse, *, reason: str) -> None:
    """Raises Forbidden, ExcuseMissing, TooLong, NoSuchNotification, AlreadySettled."""
    permissions.require(session, Permission.TELL_RECIPIENTS)
    if not reason.strip():
        raise ExcuseMissing(field="reason")
    if len(reason) > LONGEST_REASON:
        raise TooLong(field="reason", most=LONGEST_REASON)
    row = _unsettled(session, notification_id)
    row.excuse, row.excused_by, row.excused_at = excuse, acting_of(session).actor_id, func.now()
    row.sealed_excuse = seal(keyring(session), _place(notification_id), reason.strip().encode())
    _note(session, "notification.excuse_proposed", row)


def approve(session: Session, notification_id: UUID) -> None:
    """Raises Forbidden, NoSuchNotification, AlreadySettled, NothingProposed, OwnExcuse."""
    row = _proposed(session, notification_id)
    row.excuse_approved_by, row.excuse_approved_at = acting_of(session).actor_id, func.now()
    _note(session, "notification.excused", row)


def reject(session: Session, notification_id: UUID) -> None:
    """The recipient is to be told all the same. Raises as `approve`."""
    row = _proposed(session, notification_id)
    _note(session, "notification.excuse_rejected", row)
    row.excuse = row.excused_by = row.excused_at = row.sealed_excuse = None
    session.flush()


def reason_of(session: Session, row: Notification) -> str | None:
    if row.sealed_excuse is None:
        return None
    return unseal(keyring(session), _place(row.notification_id), row.sealed_excuse).decode()


def _proposed(session: Session, notification_id: UUID) -> Notification:
    permissions.require(session, Permission.TELL_RECIPIENTS)
    row = _unsettled(session, notification_id)
    if row.excuse is None:
        raise NothingProposed
    if row.excused_by == acting_of(session).actor_id:
        raise OwnExcuse
    return row


def _unsettled(session: Session, notification_id: UUID) -> Notification:
    wanted = select(Notification).where(Notification.notification_id == notification_id)
    row = session.scalar(wanted.with_for_update())
    if row is None:
        raise NoSuchNotification
    if state_of(row) in SETTLED:
        raise AlreadySettled
    return row


def _note(session: Session, action: str, row: Notification) -> None:
    session.flush()
    trail.record(session, action, about="notification", ids=[row.notification_id], excuse=str(row.excuse))


def _place(notification_id: UUID) -> Place:
    return Place("notification", notification_id, "excuse")

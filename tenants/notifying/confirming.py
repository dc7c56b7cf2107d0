"""A recipient confirms that it has done what it was told, or says that it cannot.

By its client, by the link of a letter, or by telephone to a member of staff. However often it is said, the first time
counts. To have read a feed past a change is to have been told, and not to have confirmed.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.database import acting_of
from tenants.errors import TooLong
from tenants.languages.speaking import HELSINKI
from tenants.notifying.model import ConfirmedBy, Notification
from tenants.notifying.refusals import AnswerMissing, NoSuchNotification, NoteMissing, NothingChosen, NotYetToCome
from tenants.notifying.states import is_open
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place, seal, unseal

LONGEST_NOTE = 2_000
MOST_AT_ONCE = 1_000


class Note(Struct, frozen=True):
    """What staff wrote down: on which day it was confirmed, and how that is known."""

    on: date
    words: str


def by_recipient(session: Session, ids: Collection[UUID], *, by: ConfirmedBy) -> int:
    """By the client of an agreement, of its own. How many were confirmed that were not before.

    Raises NothingChosen, TooLong, NoSuchNotification.
    """
    rows = _own(session, ids)
    confirmed = session.execute(
        update(Notification)
        .where(Notification.notification_id.in_(ids), is_open())
        .values(
            confirmed_at=func.now(),
            confirmed_by=by,
            delivered_at=func.coalesce(Notification.delivered_at, func.now()),
        )
        .returning(Notification.notification_id)
    ).all()
    if confirmed:
        _note(session, "notification.confirmed", [one for (one,) in confirmed], rows[0].company_id, way=by)
    return len(confirmed)


def decline(session: Session, notification_id: UUID, *, why: str, by: ConfirmedBy) -> None:
    """The recipient cannot do it; the company's staff read why. What is settled stays as it is.

    Raises AnswerMissing, TooLong, NoSuchNotification.
    """
    answer = _stated(why, "cannot", AnswerMissing)
    [row] = _own(session, [notification_id])
    answered = session.execute(
        update(Notification)
        .where(Notification.notification_id == notification_id, is_open(), Notification.declined_at.is_(None))
        .values(
            declined_at=func.now(),
            delivered_at=func.coalesce(Notification.delivered_at, func.now()),
            sealed_answer=seal(keyring(session), _place(notification_id, "answer"), answer.encode()),
        )
        .returning(Notification.notification_id)
    )
    if answered.first() is not None:
        _note(session, "notification.declined", [notification_id], row.company_id, way=by)


def promise(session: Session, ids: Collection[UUID], until: datetime | None) -> None:
    """The recipient has taken it in, and says by when it will be done."""
    session.execute(
        update(Notification)
        .where(Notification.notification_id.in_(ids))
        .values(delivered_at=func.coalesce(Notification.delivered_at, func.now()), promised_at=until)
    )


def decline_unsaid(session: Session, ids: Collection[UUID], *, by: ConfirmedBy) -> None:
    """As `decline`, where the recipient has no words for why. Raises as `by_recipient`."""
    rows = _own(session, ids)
    declined = session.scalars(
        update(Notification)
        .where(Notification.notification_id.in_(ids), is_open(), Notification.declined_at.is_(None))
        .values(declined_at=func.now(), delivered_at=func.coalesce(Notification.delivered_at, func.now()))
        .returning(Notification.notification_id)
    ).all()
    if declined:
        _note(session, "notification.declined", declined, rows[0].company_id, way=by)


def decline_several(session: Session, ids: Collection[UUID], *, why: str, by: ConfirmedBy) -> None:
    """As `decline`, of all of these for one reason. Raises NothingChosen besides."""
    _own(session, ids)
    for one in ids:
        decline(session, one, why=why, by=by)


def by_staff(session: Session, ids: Collection[UUID], *, on: date, note: str) -> int:
    """By telephone, by letter, face to face. How many were confirmed that were not before.

    Raises Forbidden, NothingChosen, TooLong, NoteMissing, NotYetToCome, NoSuchNotification.
    """
    permissions.require(session, Permission.TELL_RECIPIENTS)
    if on > datetime.now(HELSINKI).date():
        raise NotYetToCome(field="on")
    said = msgspec.json.encode(Note(on, _stated(note, "note", NoteMissing)))
    rows = [
        row for row in _own(session, ids, locked=True) if row.confirmed_at is None and row.excuse_approved_at is None
    ]
    keys, acting = keyring(session), acting_of(session)
    for row in rows:
        row.confirmed_at, row.confirmed_by, row.confirmed_member = func.now(), ConfirmedBy.STAFF, acting.actor_id
        row.delivered_at = row.delivered_at or func.now()
        row.sealed_confirmation = seal(keys, _place(row.notification_id, "confirmation"), said)
    session.flush()
    if rows:
        confirmed = [row.notification_id for row in rows]
        _note(session, "notification.confirmed", confirmed, acting.company_id, way=ConfirmedBy.STAFF)
    return len(rows)


def read_past(session: Session, feed_id: UUID, number: int) -> None:
    """The client of a feed goes on from behind this number: what stood before it has reached the recipient."""
    session.execute(
        update(Notification)
        .where(
            Notification.agreement_id == acting_of(session).actor_id,
            Notification.feed_id == feed_id,
            Notification.number <= number,
            Notification.delivered_at.is_(None),
        )
        .values(delivered_at=func.now())
    )


def note_of(session: Session, row: Notification) -> Note | None:
    if row.sealed_confirmation is None:
        return None
    place = _place(row.notification_id, "confirmation")
    return msgspec.json.decode(unseal(keyring(session), place, row.sealed_confirmation), type=Note)


def answer_of(session: Session, row: Notification) -> str | None:
    if row.sealed_answer is None:
        return None
    return unseal(keyring(session), _place(row.notification_id, "answer"), row.sealed_answer).decode()


def _own(session: Session, ids: Collection[UUID], *, locked: bool = False) -> Sequence[Notification]:
    """Those that whoever acts may see; one that is another's is none at all."""
    if not ids:
        raise NothingChosen(field="ids")
    if len(ids) > MOST_AT_ONCE:
        raise TooLong(field="ids", most=MOST_AT_ONCE)
    wanted = select(Notification).where(Notification.notification_id.in_(ids)).order_by(Notification.notification_id)
    rows = session.scalars(wanted.with_for_update() if locked else wanted).all()
    if len(rows) < len(set(ids)):
        raise NoSuchNotification
    return rows


def _stated(given: str, field: str, missing: type[AnswerMissing] | type[NoteMissing]) -> str:
    if not given.strip():
        raise missing(field=field)
    if len(given) > LONGEST_NOTE:
        raise TooLong(field=field, most=LONGEST_NOTE)
    return given.strip()


def _note(session: Session, action: str, ids: Sequence[UUID], company_id: UUID | None, *, way: ConfirmedBy) -> None:
    trail.record(session, action, about="notification", ids=ids, company_id=company_id, way=way)


def _place(notification_id: UUID, field: str) -> Place:
    return Place("notification", notification_id, field)

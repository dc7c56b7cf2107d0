"""Whoever asks for their data is told which recipients were told what became of it (Art. 19, second sentence)."""

from uuid import UUID

from sqlalchemy.orm import Session

from tenants.exports.dossier import ToldRecipient
from tenants.notifying import reading
from tenants.notifying.model import NotificationState
from tenants.notifying.reading import Told


def told_to_person(session: Session, person_id: UUID) -> list[ToldRecipient]:
    """The newest first. Of what an authority got in secret there is no notification (`ledger.recipients`)."""
    return [_answer(one) for one in reading.of_person(session, person_id)]


def _answer(told: Told) -> ToldRecipient:
    row = told.row
    return ToldRecipient(
        recipient=told.recipient,
        cause=row.cause,
        changed_at=row.changed_at,
        told_at=row.delivered_at,
        confirmed_at=row.confirmed_at,
        live=told.state is NotificationState.READS_LIVE,
        untold=told.state is NotificationState.EXCUSED,
    )

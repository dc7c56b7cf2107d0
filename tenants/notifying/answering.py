"""Whoever asks for their data is told which recipients were told what became of it (Art. 19, second sentence).

In the archive, as things stood when it was built; on the page of the request, as they stand now.
"""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies.model import Company, Contact
from tenants.exports.dossier import ToldRecipient
from tenants.notifying import reading
from tenants.notifying.model import ConfirmedBy, Notification, NotificationState
from tenants.notifying.reading import Told
from tenants.requests import subjects
from tenants.requests.model import Case, CaseFinding, CaseState


class ToldBy(Struct, frozen=True):
    """Whom one company has told, the newest first, and where it answers what is asked."""

    company: str
    contact: Contact
    told: list[ToldRecipient]


def told_to_person(session: Session, person_id: UUID) -> list[ToldRecipient]:
    """The newest first. Of what an authority got in secret there is no notification (`ledger.recipients`)."""
    return [_answer(one) for one in reading.of_person(session, person_id)]


def told_to_subject(session: Session) -> list[ToldBy]:
    """By each company that has answered the request acted for, and found its person. Raises NoSuchRequest.

    Nothing of registers that ask for a surer identity than was shown.
    """
    request = subjects.own_request(session)
    cases = session.execute(
        select(Case.case_id, Case.person_id, Company)
        .join(Company, Company.company_id == Case.company_id)
        .where(Case.state == CaseState.ANSWERED, Case.person_id.is_not(None))
        .order_by(Company.position, Company.name)
    ).all()
    trail.record(session, "request.recipients_read", about="request", ids=[request.request_id])
    return [ToldBy(company.name, company.answers, _of_case(session, case, whose)) for case, whose, company in cases]


def _of_case(session: Session, case_id: UUID, person_id: UUID | None) -> list[ToldRecipient]:
    withheld = set(
        session.scalars(
            select(CaseFinding.register_id).where(CaseFinding.case_id == case_id, CaseFinding.withheld.is_not(None))
        )
    )
    rows = session.execute(
        select(*_SHOWN).where(Notification.person_id == person_id).order_by(Notification.notification_id.desc())
    ).all()
    shown = [row for row in rows if not row.register_ids or set(row.register_ids) - withheld]
    return _named(session, shown)


_SHOWN = (
    Notification.cause,
    Notification.changed_at,
    Notification.register_ids,
    Notification.recipient_id,
    Notification.source,
    Notification.delivered_at,
    Notification.confirmed_at,
    Notification.confirmed_by,
    Notification.excuse_approved_at,
)


def _named(session: Session, rows: Sequence[Row[*tuple[object, ...]]]) -> list[ToldRecipient]:
    names = reading.names(session, {row.recipient_id for row in rows if row.recipient_id})
    registers = reading.registers_of(session, {one for row in rows for one in row.register_ids})
    return [
        ToldRecipient(
            recipient=names.get(row.recipient_id, "")
            if row.recipient_id
            else reading.source(row.source, row.register_ids, registers),
            cause=row.cause,
            changed_at=row.changed_at,
            told_at=row.delivered_at,
            confirmed_at=row.confirmed_at,
            live=row.confirmed_by is ConfirmedBy.LIVE,
            untold=row.confirmed_at is None and row.excuse_approved_at is not None,
        )
        for row in rows
    ]


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

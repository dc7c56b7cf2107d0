"""Whoever asks for their data is told who has received it, and who was told what became of it (Art. 15(1)(c), 19).

In the archive, as things stood when it was built; on the page of the request, as they stand now.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies.model import Company, Contact
from tenants.exports.dossier import ToldRecipient
from tenants.languages.speaking import Text
from tenants.ledger import received
from tenants.ledger.received import Received, ReceivedOfSubject
from tenants.notifying import reading
from tenants.notifying.model import ConfirmedBy, Notification, NotificationState
from tenants.notifying.reading import Told
from tenants.processors import transferring
from tenants.processors.model import ShownTransfer
from tenants.processors.transferring import Abroad
from tenants.registers.model import IdentityLevel, Register
from tenants.requests import subjects
from tenants.requests.model import Case, CaseFinding, CaseState


class RecipientOfSubject(Struct, frozen=True):
    """What one recipient received and was told of. `received` is empty of the source of what was wrong.

    `outside`: it is no company of the group. `abroad`: the countries outside the EEA in which it has the data.
    """

    name: str | Text
    business_id: str | None
    outside: bool
    abroad: tuple[Abroad, ...]
    received: tuple[Received, ...]
    told: tuple[ToldRecipient, ...]


class GivenBy(Struct, frozen=True):
    """To whom one company has given the data, the first one first, and where it answers what is asked."""

    company: str
    contact: Contact
    recipients: list[RecipientOfSubject]


def told_to_person(
    session: Session, person_id: UUID, *, withheld: Collection[UUID] = frozenset()
) -> list[ToldRecipient]:
    """The newest first; nothing of withheld registers.

    Of what an authority got in secret there is no notification (`ledger.recipients`).
    """
    return [_answer(one) for one in reading.of_person(session, person_id) if _is_shown(one.row, withheld)]


def told_to_subject(session: Session) -> list[GivenBy]:
    """By each company that has answered the request acted for, and found its person. Raises NoSuchRequest.

    Nothing of registers that ask for a surer identity than was shown.
    """
    request = subjects.own_request(session)
    cases = session.execute(
        select(Case.case_id, Case.person_id, Case.level, Company)
        .join(Company, Company.company_id == Case.company_id)
        .where(Case.state == CaseState.ANSWERED, Case.person_id.is_not(None))
        .order_by(Company.position, Company.name)
    ).all()
    given = received.by_subject(session)
    bases = transferring.under(session, {agreement for one in given for agreement in one.agreements})
    trail.record(session, "request.recipients_read", about="request", ids=[request.request_id])
    return [
        GivenBy(
            company.name,
            company.answers,
            _recipients(
                [one for one in given if one.company_id == company.company_id],
                _of_case(session, case, whose, level),
                bases,
            ),
        )
        for case, whose, level, company in cases
    ]


def _recipients(
    given: Sequence[ReceivedOfSubject],
    told: dict[UUID | str | None, list[ToldRecipient]],
    bases: Sequence[ShownTransfer],
) -> list[RecipientOfSubject]:
    """Whoever was told and is not in the ledger under the person's ids comes last."""
    by_recipient: dict[UUID, list[ReceivedOfSubject]] = {}
    for one in given:
        by_recipient.setdefault(one.received.recipient_id, []).append(one)
    found = [_recipient(of_one, told.get(recipient, []), bases) for recipient, of_one in by_recipient.items()]
    others = [lines for recipient, lines in told.items() if recipient not in by_recipient]
    return found + [RecipientOfSubject(lines[0].recipient, None, True, (), (), tuple(lines)) for lines in others]


def _recipient(
    given: Sequence[ReceivedOfSubject], told: Sequence[ToldRecipient], bases: Sequence[ShownTransfer]
) -> RecipientOfSubject:
    newest = given[-1]
    under = [one for one in bases if one.agreement_id in newest.agreements]
    return RecipientOfSubject(
        name=newest.received.recipient,
        business_id=newest.received.business_id,
        outside=newest.received.outside,
        abroad=transferring.abroad(newest.countries, under),
        received=tuple(one.received for one in given),
        told=tuple(told),
    )


def _of_case(
    session: Session, case_id: UUID, person_id: UUID | None, level: IdentityLevel
) -> dict[UUID | str | None, list[ToldRecipient]]:
    """By the recipient's id, or the key of the source. A register may ask for more now than when it was answered."""
    then = select(CaseFinding.register_id).where(CaseFinding.case_id == case_id, CaseFinding.withheld.is_not(None))
    withheld = session.scalars(then.union(select(Register.register_id).where(Register.identity_level > level))).all()
    rows = session.execute(
        select(*_SHOWN).where(Notification.person_id == person_id).order_by(Notification.notification_id.desc())
    ).all()
    shown = [row for row in rows if _is_shown(row, withheld)]
    told: dict[UUID | str | None, list[ToldRecipient]] = {}
    for row, line in zip(shown, _named(session, shown), strict=True):
        told.setdefault(row.recipient_id or row.source, []).append(line)
    return told


def _is_shown(row: Notification | Row[*tuple[object, ...]], withheld: Collection[UUID]) -> bool:
    return not row.register_ids or not set(row.register_ids) <= set(withheld)


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

"""When an agreement is over, the processor deletes or returns the data and certifies it (Art. 28(3)(g)).

What is waited for follows from the agreements themselves: nobody has to open it, and nothing that ended before is
forgotten. Only then is an agreement closed. The regulation names no day: `law/endings.yaml` does.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import Invalid, SeveralInvalid
from tenants.languages.speaking import civil_date
from tenants.processors import reading, refusals
from tenants.processors.describing import document_faults
from tenants.processors.law import endings
from tenants.processors.model import Agreement, AtEnd, ClosingCertificate, Document, Relation, SubProcessor
from tenants.processors.reading import Agreed


class Closing(Struct, frozen=True):
    """Of an agreement that ended on a day: what is to be done with the data, by when, and what certifies it."""

    agreement_id: UUID
    ended_on: date
    due_on: date
    at_end: AtEnd | None
    certificate: ClosingCertificate | None


def of_agreement(session: Session, agreed: Agreed, *, today: date) -> Closing | None:
    """None of what goes on, was never in force, or leaves the data with a controller."""
    certificate = session.scalar(
        select(ClosingCertificate).where(ClosingCertificate.agreement_id == agreed.agreement.agreement_id)
    )
    return _closing(agreed, certificate, today)


def waiting(session: Session, *, today: date) -> list[Closing]:
    """Of the acting company: what nobody has certified yet."""
    known: Mapping[UUID, ClosingCertificate] = {
        one.agreement_id: one for one in session.scalars(select(ClosingCertificate))
    }
    agreed: Sequence[Agreed] = reading.listed(session)
    found = (_closing(one, known.get(one.agreement.agreement_id), today) for one in agreed)
    return [one for one in found if one and one.certificate is None]


def certify(
    session: Session, agreement_id: UUID, *, document: Document, issued_on: date, sub_processors: bool
) -> ClosingCertificate:
    """Raises SeveralInvalid, NothingToCertify, AlreadyCertified, NoSuchAgreement, Forbidden."""
    require(session, Permission.APPROVE_AGREEMENTS)
    session.execute(select(Agreement.agreement_id).where(Agreement.agreement_id == agreement_id).with_for_update())
    agreed, today = reading.agreement(session, agreement_id), reading.today()
    found: list[Invalid] = list(document_faults(document, field="document"))
    if issued_on > today:
        found.append(refusals.CertifiedInTheFuture(field="issued_on"))
    if not sub_processors and engages(session, agreed.agreement.processor_id):
        found.append(refusals.SubProcessorsOpen(field="sub_processors"))
    if found:
        raise SeveralInvalid(found)
    closing = of_agreement(session, agreed, today=today)
    if closing is None:
        raise refusals.NothingToCertify
    if closing.certificate is not None:
        raise refusals.AlreadyCertified
    return _keep(session, agreed.agreement, document, issued_on, sub_processors=sub_processors)


def engages(session: Session, processor_id: UUID) -> bool:
    """Whether the group knows of anybody whom this processor engages."""
    known = exists().where(SubProcessor.processor_id == processor_id, SubProcessor.ended_at.is_(None))
    return bool(session.scalar(select(known)))


def _keep(
    session: Session, agreement: Agreement, document: Document, issued_on: date, *, sub_processors: bool
) -> ClosingCertificate:
    certificate = ClosingCertificate(
        agreement_id=agreement.agreement_id,
        company_id=agreement.company_id,
        document=document,
        issued_on=issued_on,
        sub_processors=sub_processors,
        recorded_by=acting_of(session).actor_id,
    )
    session.add(certificate)
    session.flush()
    trail.record(
        session,
        "agreement.closed",
        about="agreement",
        ids=[agreement.agreement_id],
        company_id=agreement.company_id,
        processor=str(agreement.processor_id),
        sha256=document.sha256,
    )
    return certificate


def _closing(agreed: Agreed, certificate: ClosingCertificate | None, today: date) -> Closing | None:
    last = next((one for one in agreed.versions if one.approved_at), None)
    if last is None or last.relation is not Relation.PROCESSOR:
        return None
    ended_at = agreed.agreement.ended_at
    ended_on = civil_date(ended_at) if ended_at else last.valid_until
    if ended_on is None or (ended_at is None and ended_on >= today):
        return None
    return Closing(agreed.agreement.agreement_id, ended_on, endings.certified_by(ended_on), last.at_end, certificate)

"""When an agreement is over, the processor deletes or returns the data and certifies it (Art. 28(3)(g)).

What is waited for follows from the agreements themselves: nobody has to open it, and nothing that ended before is
forgotten. Only then is an agreement closed. The regulation names no day: `law/endings.yaml` does.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import Invalid, SeveralInvalid, TooLong
from tenants.languages.speaking import civil_date
from tenants.processors import reading, refusals
from tenants.processors.describing import LONGEST, document_faults
from tenants.processors.law import endings
from tenants.processors.model import Agreement, AtEnd, ClosingCertificate, Document, Relation, SubProcessor
from tenants.processors.reading import Agreed


class Closing(Struct, frozen=True):
    """Of an agreement that ended on a day: what is to be done with the data, by when, and what certifies it.

    `former` are the certificates that were replaced, the newest first.
    """

    agreement_id: UUID
    ended_on: date
    due_on: date
    at_end: AtEnd | None
    certificate: ClosingCertificate | None
    former: Sequence[ClosingCertificate] = ()


def of_agreement(session: Session, agreed: Agreed, *, today: date) -> Closing | None:
    """None of what goes on, was never in force, or leaves the data with a controller."""
    certificates = session.scalars(
        select(ClosingCertificate)
        .where(ClosingCertificate.agreement_id == agreed.agreement.agreement_id)
        .order_by(ClosingCertificate.number.desc())
    ).all()
    return _closing(agreed, certificates, today)


def waiting(session: Session, *, today: date) -> list[Closing]:
    """Of the acting company: what nobody has certified yet."""
    certified = set(session.scalars(select(ClosingCertificate.agreement_id)))
    agreed = (one for one in reading.listed(session) if one.agreement.agreement_id not in certified)
    return [found for one in agreed if (found := _closing(one, (), today))]


def certify(
    session: Session,
    agreement_id: UUID,
    *,
    document: Document,
    issued_on: date,
    sub_processors: bool,
    reason: str = "",
) -> ClosingCertificate:
    """`reason` is why it replaces the one that is there, which stays to be read.

    Raises SeveralInvalid, NothingToCertify, AlreadyCertified (without a reason), NoSuchAgreement, Forbidden.
    """
    require(session, Permission.APPROVE_AGREEMENTS)
    session.execute(select(Agreement.agreement_id).where(Agreement.agreement_id == agreement_id).with_for_update())
    agreed, today = reading.agreement(session, agreement_id), reading.today()
    found: list[Invalid] = [*document_faults(document, field="document"), *_too_long(reason)]
    if issued_on > today:
        found.append(refusals.CertifiedInTheFuture(field="issued_on"))
    if not sub_processors and engages(session, agreed.agreement.processor_id):
        found.append(refusals.SubProcessorsOpen(field="sub_processors"))
    if found:
        raise SeveralInvalid(found)
    closing = of_agreement(session, agreed, today=today)
    if closing is None:
        raise refusals.NothingToCertify
    before = closing.certificate
    if before is not None and not reason.strip():
        raise refusals.AlreadyCertified
    certificate = ClosingCertificate(
        agreement_id=agreement_id,
        number=before.number + 1 if before else 1,
        company_id=agreed.agreement.company_id,
        document=document,
        issued_on=issued_on,
        sub_processors=sub_processors,
        reason=reason.strip() if before else None,
        recorded_by=acting_of(session).actor_id,
    )
    return _keep(session, agreed.agreement, certificate)


def engages(session: Session, processor_id: UUID) -> bool:
    """Whether the group knows of anybody whom this processor engages."""
    known = exists().where(SubProcessor.processor_id == processor_id, SubProcessor.ended_at.is_(None))
    return bool(session.scalar(select(known)))


def _keep(session: Session, agreement: Agreement, certificate: ClosingCertificate) -> ClosingCertificate:
    session.add(certificate)
    session.flush()
    trail.record(
        session,
        "agreement.certificate_replaced" if certificate.reason else "agreement.closed",
        about="agreement",
        ids=[agreement.agreement_id],
        company_id=agreement.company_id,
        processor=str(agreement.processor_id),
        sha256=certificate.document.sha256,
    )
    return certificate


def _too_long(reason: str) -> list[Invalid]:
    most = LONGEST["reason"]
    return [TooLong(field="reason", most=most)] if len(reason) > most else []


def _closing(agreed: Agreed, certificates: Sequence[ClosingCertificate], today: date) -> Closing | None:
    last = next((one for one in agreed.versions if one.approved_at), None)
    if last is None or last.relation is not Relation.PROCESSOR:
        return None
    ended_at = agreed.agreement.ended_at
    ended_on = civil_date(ended_at) if ended_at else last.valid_until
    if ended_on is None or (ended_at is None and ended_on >= today):
        return None
    newest, former = next(iter(certificates), None), certificates[1:]
    due_on = endings.certified_by(ended_on)
    return Closing(agreed.agreement.agreement_id, ended_on, due_on, last.at_end, newest, former)

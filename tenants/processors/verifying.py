"""That a processor was found to comply (P58, P59): on which day, by what document, and until when that is evidence."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import Invalid, SeveralInvalid
from tenants.languages.speaking import HELSINKI
from tenants.processors import cataloguing, refusals
from tenants.processors.describing import document_faults
from tenants.processors.model import Document, ProcessorVerification


def verify(
    session: Session, processor_id: UUID, *, verified_on: date, valid_until: date, document: Document
) -> ProcessorVerification:
    """By the acting company, or for the whole group. Raises SeveralInvalid, NoSuchProcessor, Forbidden."""
    require(session, Permission.MANAGE_PROCESSORS)
    cataloguing.get(session, processor_id)
    found: list[Invalid] = list(document_faults(document, field="document"))
    if verified_on > datetime.now(HELSINKI).date():
        found.append(refusals.VerifiedInTheFuture(field="verified_on"))
    if valid_until < verified_on:
        found.append(refusals.LastDayBeforeFirst(field="valid_until"))
    if found:
        raise SeveralInvalid(found)
    acting = acting_of(session)
    verification = ProcessorVerification(
        processor_id=processor_id,
        company_id=acting.company_id,
        verified_on=verified_on,
        valid_until=valid_until,
        document=document,
        recorded_by=acting.actor_id,
    )
    session.add(verification)
    session.flush()
    _note(session, "processor.verified", verification)
    return verification


def withdraw(session: Session, verification_id: UUID) -> None:
    """By the company that wrote it down. Raises NoSuchVerification, AlreadyWithdrawn, Forbidden."""
    require(session, Permission.MANAGE_PROCESSORS)
    acting = acting_of(session)
    verification = session.scalar(
        select(ProcessorVerification).where(
            ProcessorVerification.verification_id == verification_id,
            ProcessorVerification.company_id.is_not_distinct_from(acting.company_id),
        )
    )
    if verification is None:
        raise refusals.NoSuchVerification
    if verification.withdrawn_at is not None:
        raise refusals.AlreadyWithdrawn
    verification.withdrawn_at, verification.withdrawn_by = datetime.now(UTC), acting.actor_id
    session.flush()
    _note(session, "processor.verification_withdrawn", verification)


def of_processor(session: Session, processor_id: UUID) -> Sequence[ProcessorVerification]:
    """The newest first, with those that were withdrawn."""
    return session.scalars(
        select(ProcessorVerification)
        .where(ProcessorVerification.processor_id == processor_id)
        .order_by(ProcessorVerification.verified_on.desc(), ProcessorVerification.verification_id.desc())
    ).all()


def _note(session: Session, action: str, verification: ProcessorVerification) -> None:
    on, verification_id = str(verification.verified_on), str(verification.verification_id)
    trail.record(
        session, action, about="processor", ids=[verification.processor_id], on=on, verification=verification_id
    )

"""People of processors end with the agreements of their processor, and are forgotten some time after."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.contacts import people
from tenants.contacts.model import ProcessorContact
from tenants.jobs.model import Job

# So long the company sees who had access and until when; afterwards the audit has the id, and nobody the address.
KEPT = timedelta(days=90)
INVITATIONS_KEPT = timedelta(days=30)


class ForgetContacts(Job, frozen=True):
    """Of one company, every day."""

    name: ClassVar[str] = "contacts.forget"


def forget(session: Session) -> None:
    """By the system, for a company."""
    _end_with_agreements(session)
    now = datetime.now(UTC)
    ended = ProcessorContact.ended_at < now - KEPT
    never_accepted = ProcessorContact.accepted_at.is_(None) & (ProcessorContact.invited_at < now - INVITATIONS_KEPT)
    gone = session.scalars(
        delete(ProcessorContact)
        .where(ended | never_accepted)
        .returning(ProcessorContact.contact_id)
        .execution_options(synchronize_session=False)
    ).all()
    if gone:
        trail.record(session, "contact.forgotten", about="contact", ids=gone)


def _end_with_agreements(session: Session) -> None:
    processors = session.scalars(
        select(ProcessorContact.processor_id).where(ProcessorContact.ended_at.is_(None)).distinct()
    ).all()
    over = [one for one in processors if not people.under_agreement(session, one)]
    ended = session.scalars(
        update(ProcessorContact)
        .where(ProcessorContact.processor_id.in_(over), ProcessorContact.ended_at.is_(None))
        .values(ended_at=func.now())
        .returning(ProcessorContact.contact_id)
        .execution_options(synchronize_session=False)
    ).all()
    if ended:
        trail.record(session, "contact.ended", about="contact", ids=ended)

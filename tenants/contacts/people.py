"""Who of a processor may sign in: invited and shut out by the company, and gone with its agreements."""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.model import Company
from tenants.companies.permissions import Permission, require
from tenants.contacts import refusals
from tenants.contacts.letters import SendInvitation
from tenants.contacts.model import Duty, ProcessorContact
from tenants.database import acting_of
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import Language
from tenants.processors import cataloguing, reading
from tenants.processors.model import AgreementState, Processor
from tenants.vault import sealing
from tenants.vault.digests import IdentifierKind, normalise
from tenants.vault.keys import Keyring, keyring
from tenants.vault.sealing import Place

INVITATION_LASTS = timedelta(days=3)
LONGEST_ADDRESS = 254


class Known(Struct, frozen=True):
    """A person of a processor, with the address as the company may read it."""

    row: ProcessorContact
    email: str

    @property
    def is_waiting(self) -> bool:
        return self.row.accepted_at is None and self.row.ended_at is None


class Here(Struct, frozen=True):
    """Who acts as a contact: for which company, and as one of which processor."""

    contact: ProcessorContact
    company: str
    processor: str


def invite(session: Session, processor_id: UUID, *, email: str, duty: Duty, language: Language) -> UUID:
    """By the company that is acted for.

    Raises NotAnEmailAddress, AlreadyInvited, NothingAgreed, NoSuchProcessor, CompanyOfTheContact, Forbidden.
    """
    _may(session)
    cataloguing.get(session, processor_id)
    address = normalise(IdentifierKind.EMAIL, email)
    if not under_agreement(session, processor_id):
        raise refusals.NothingAgreed
    if any(one.email == address and one.row.ended_at is None for one in listed(session, processor_id)):
        raise refusals.AlreadyInvited(field="email")
    contact_id, acting = new_id(), acting_of(session)
    session.add(
        ProcessorContact(
            contact_id=contact_id,
            company_id=acting.company_id,
            processor_id=processor_id,
            duty=duty,
            sealed_email=sealing.seal(keyring(session), place(contact_id, acting.company_id), address.encode()),
            language=language,
            invited_by=acting.actor_id,
        )
    )
    session.flush()
    _note(session, "contact.invited", contact_id)
    enqueue(session, SendInvitation(contact_id))
    return contact_id


def invite_again(session: Session, contact_id: UUID) -> None:
    """A new letter; the link in the former opens nothing any more. Raises NoSuchContact, Forbidden."""
    _may(session)
    found = get(session, contact_id)
    if found.accepted_at is not None or found.ended_at is not None:
        raise refusals.NoSuchContact
    _note(session, "contact.invited", contact_id)
    enqueue(session, SendInvitation(contact_id))


def new_invitation(session: Session, contact: ProcessorContact) -> str:
    """What the link in the letter ends with; only its digest is kept. By the system that sends the letter."""
    secret = secrets.token_urlsafe(32)
    _change(
        session,
        contact.contact_id,
        invitation_digest=_digest(secret),
        invitation_expires_at=datetime.now(UTC) + INVITATION_LASTS,
    )
    return secret


def accept(session: Session, contact_id: UUID, secret: str) -> None:
    """By the system, for whoever brings the link; it works once. Raises InvitationSpent."""
    found = session.scalar(
        select(ProcessorContact).where(ProcessorContact.contact_id == contact_id).with_for_update()
    )  # fmt: skip
    if found is None or found.invitation_digest is None or found.ended_at is not None:
        raise refusals.InvitationSpent
    in_time = found.invitation_expires_at is not None and found.invitation_expires_at > datetime.now(UTC)
    if not in_time or not hmac.compare_digest(found.invitation_digest, _digest(secret)):
        raise refusals.InvitationSpent
    _change(session, contact_id, invitation_digest=None, invitation_expires_at=None, accepted_at=func.now())
    trail.record(session, "contact.accepted", about="contact", ids=[contact_id], company_id=found.company_id)


def end(session: Session, contact_id: UUID) -> None:
    """From the next request on the person opens nothing. Raises NoSuchContact, Forbidden."""
    _may(session)
    found = get(session, contact_id)
    if found.ended_at is None:
        _change(session, contact_id, ended_at=func.now(), ended_by=acting_of(session).actor_id)
        _note(session, "contact.ended", contact_id)


def leave(session: Session, here: Here) -> None:
    """By the contact, who asks nobody."""
    _change(session, here.contact.contact_id, ended_at=func.now())
    _note(session, "contact.left", here.contact.contact_id, company_id=here.contact.company_id)


def get(session: Session, contact_id: UUID) -> ProcessorContact:
    """Of the company that is acted for. Raises NoSuchContact."""
    found = session.scalar(select(ProcessorContact).where(ProcessorContact.contact_id == contact_id))
    if found is None:
        raise refusals.NoSuchContact
    return found


def listed(session: Session, processor_id: UUID) -> list[Known]:
    """Of the company that is acted for: those who may sign in first, the newest first."""
    rows = session.scalars(
        select(ProcessorContact)
        .where(ProcessorContact.processor_id == processor_id)
        .order_by(ProcessorContact.ended_at.is_not(None), ProcessorContact.contact_id.desc())
    )
    keys = keyring(session)
    return [Known(one, address_of(keys, one)) for one in rows]


def with_address(session: Session, address: str) -> Iterator[ProcessorContact]:
    """Those who may sign in and have this address, already normalised. By the system, for no company.

    Every address is opened, however many there are: how long it takes tells nobody whether one is known.
    """
    keys = keyring(session)
    wanted, may = address.encode(), (ProcessorContact.accepted_at.is_not(None), ProcessorContact.ended_at.is_(None))
    rows = session.scalars(select(ProcessorContact).where(*may).order_by(ProcessorContact.contact_id)).all()
    for one in rows:
        if hmac.compare_digest(address_of(keys, one).encode(), wanted):
            yield one


def address_of(keys: Keyring, contact: ProcessorContact) -> str:
    return sealing.unseal(keys, place(contact.contact_id, contact.company_id), contact.sealed_email).decode()


def place(contact_id: UUID, company_id: UUID | None) -> Place:
    return Place("contact", contact_id, "email", company_id)


def here(session: Session) -> Here:
    """Read anew at every request, so that who was shut out is out at once. Raises AccessEnded."""
    found = session.execute(
        select(ProcessorContact, Company.name, Processor.name)
        .join(Company, Company.company_id == ProcessorContact.company_id)
        .join(Processor, Processor.processor_id == ProcessorContact.processor_id)
        .where(
            ProcessorContact.contact_id == acting_of(session).actor_id,
            ProcessorContact.accepted_at.is_not(None),
            ProcessorContact.ended_at.is_(None),
        )
    ).one_or_none()
    if found is None or not under_agreement(session, found[0].processor_id):
        raise refusals.AccessEnded
    return Here(found[0], found[1], found[2])


def chosen_from(session: Session, contact_ids: Collection[UUID]) -> Sequence[tuple[UUID, str, str]]:
    """Of whoever has signed in: contact, company and processor, of each that still stands. By the system."""
    rows = session.execute(
        select(ProcessorContact.contact_id, Company.name, Processor.name)
        .join(Company, Company.company_id == ProcessorContact.company_id)
        .join(Processor, Processor.processor_id == ProcessorContact.processor_id)
        .where(ProcessorContact.contact_id.in_(contact_ids), ProcessorContact.ended_at.is_(None))
        .order_by(Company.position, Company.name, Processor.name)
    )
    return [(contact_id, company, processor) for contact_id, company, processor in rows]


def under_agreement(session: Session, processor_id: UUID) -> bool:
    """Whether anything is agreed, or about to be, of which there is something to look after."""
    over, today = (AgreementState.ENDED, AgreementState.EXPIRED), reading.today()
    agreed = reading.listed(session, processor_id=processor_id)
    return any(not one.versions or one.state(one.on(today), today) not in over for one in agreed)


def _may(session: Session) -> None:
    require(session, Permission.MANAGE_PROCESSORS)
    if acting_of(session).company_id is None:
        raise refusals.CompanyOfTheContact


def _change(session: Session, contact_id: UUID, **values: object) -> None:
    session.execute(update(ProcessorContact).where(ProcessorContact.contact_id == contact_id).values(**values))


def _digest(secret: str) -> bytes:
    """It is 32 random bytes, so there is nothing to guess from."""
    return hashlib.sha256(secret.encode()).digest()


def _note(session: Session, action: str, contact_id: UUID, *, company_id: UUID | None = None) -> None:
    trail.record(session, action, about="contact", ids=[contact_id], company_id=company_id)

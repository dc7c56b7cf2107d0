"""How a person of a processor signs in: with a code to the address that the company has invited.

To every address the same is answered, and a code is waited for in the same way; a letter goes only to one that is
known. All of it is done by the system, for nobody is there yet. What was wrong and what was too often are outcomes and
no refusals, so that what was counted is committed.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.contacts import people
from tenants.contacts.letters import SendSignInCode
from tenants.contacts.model import ContactSignIn, ProcessorContact
from tenants.jobs.model import Job
from tenants.jobs.outbox import enqueue
from tenants.requests import limits
from tenants.requests.limits import DAY, HOUR, Limit, TooMany
from tenants.requests.verification import ATTEMPTS, DIGITS, LASTS, Unusable, Wrong
from tenants.vault.digests import IdentifierKind, is_keyed, keyed, normalise
from tenants.vault.keys import keyring

CODES_OF_CLIENT = Limit("console codes of a client", 20, HOUR)
ATTEMPTS_OF_CLIENT = Limit("console attempts of a client", 40, HOUR)
CODES_OF_ADDRESS = Limit("console codes to an address", 5, HOUR)
CODES_OF_ADDRESS_A_DAY = Limit("console codes to an address a day", 10, DAY)
# The letter may wait in the queue for a while; what it brings lasts from when it is made.
WAITED_FOR = timedelta(minutes=30)


class ForgetSignIns(Job, frozen=True):
    name: ClassVar[str] = "contacts.forget_sign_ins"


class SignedIn(Struct, frozen=True):
    """Who has shown the code: as which people of processors they may act."""

    contact_ids: tuple[UUID, ...]


Checked = SignedIn | Wrong | Unusable | TooMany


def ask_code(session: Session, email: str, *, client: str) -> UUID | TooMany:
    """What the code is entered for. Raises NotAnEmailAddress."""
    address = normalise(IdentifierKind.EMAIL, email)
    of_address = ((CODES_OF_ADDRESS, address), (CODES_OF_ADDRESS_A_DAY, address))
    if too_many := limits.count(session, limits.of_client(CODES_OF_CLIENT, client), *of_address):
        return too_many
    known = [one.contact_id for one in people.with_address(session, address)]
    sign_in_id, now = new_id(), datetime.now(UTC)
    session.add(ContactSignIn(sign_in_id=sign_in_id, contact_ids=known, expires_at=now + WAITED_FOR))
    session.flush()
    if known:
        enqueue(session, SendSignInCode(sign_in_id))
        trail.record(session, "contact.code_asked", about="contact", ids=known)
    return sign_in_id


def new_code(session: Session, sign_in_id: UUID) -> str | None:
    """For the letter; makes a former one for the same sign-in worthless. None where nobody waits for it any more."""
    code, now = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}", datetime.now(UTC)
    waiting = session.execute(
        update(ContactSignIn)
        .where(
            ContactSignIn.sign_in_id == sign_in_id,
            ContactSignIn.used_at.is_(None),
            ContactSignIn.expires_at > now,
        )
        .values(code_digest=keyed(keyring(session), _use(sign_in_id), code.encode()), expires_at=now + LASTS)
        .returning(ContactSignIn.sign_in_id)
    )
    return code if waiting.first() else None


def recipient(session: Session, sign_in_id: UUID) -> ProcessorContact | None:
    """Whose address and language the letter has: all of them have the same address."""
    ids = session.scalar(select(ContactSignIn.contact_ids).where(ContactSignIn.sign_in_id == sign_in_id))
    return session.scalar(
        select(ProcessorContact)
        .where(ProcessorContact.contact_id.in_(ids or ()), ProcessorContact.ended_at.is_(None))
        .order_by(ProcessorContact.contact_id)
        .limit(1)
    )


def check_code(session: Session, sign_in_id: UUID, given: str, *, client: str) -> Checked:
    """Each call uses up one attempt, so that guessing in parallel gains nothing."""
    if too_many := limits.count(session, limits.of_client(ATTEMPTS_OF_CLIENT, client)):
        return too_many
    now = datetime.now(UTC)
    claimed = session.execute(
        update(ContactSignIn)
        .where(
            ContactSignIn.sign_in_id == sign_in_id,
            ContactSignIn.used_at.is_(None),
            ContactSignIn.attempts < ATTEMPTS,
            ContactSignIn.expires_at > now,
        )
        .values(attempts=ContactSignIn.attempts + 1)
        .returning(ContactSignIn.contact_ids, ContactSignIn.code_digest, ContactSignIn.attempts)
    ).one_or_none()
    if claimed is None:
        return Unusable()
    digits = "".join(character for character in given if character.isdecimal()).encode()
    if not is_keyed(keyring(session), _use(sign_in_id), digits, claimed.code_digest or b""):
        return Wrong(ATTEMPTS - claimed.attempts)
    session.execute(
        update(ContactSignIn).where(ContactSignIn.sign_in_id == sign_in_id).values(used_at=now, code_digest=None)
    )
    return SignedIn(_signed_in(session, claimed.contact_ids))


def forget(session: Session) -> None:
    """What nobody can enter a code for any more."""
    session.execute(delete(ContactSignIn).where(ContactSignIn.expires_at < datetime.now(UTC) - HOUR))


def _signed_in(session: Session, contact_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    stand = session.execute(
        update(ProcessorContact)
        .where(ProcessorContact.contact_id.in_(contact_ids), ProcessorContact.ended_at.is_(None))
        .values(signed_in_at=func.now())
        .returning(ProcessorContact.contact_id, ProcessorContact.company_id)
    ).all()
    for contact_id, company_id in stand:
        trail.record(session, "contact.signed_in", about="contact", ids=[contact_id], company_id=company_id)
    return tuple(sorted(contact_id for contact_id, _ in stand))


def _use(sign_in_id: UUID) -> str:
    return f"console code of {sign_in_id}"

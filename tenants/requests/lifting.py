"""A restriction is lifted: the person is told first (Art. 18(3)), and only then does it end.

By e-mail it ends in the transaction that knows the letter was taken; on paper when staff mark it as posted. Until then
it is in force, whatever becomes of the letter.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from email.message import EmailMessage
from functools import partial
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.model import Company
from tenants.companies.permissions import Permission
from tenants.database import acting_of
from tenants.errors import Invalid, TooLong
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import DEFAULT, Language
from tenants.registers import persons, restricting
from tenants.registers.model import Restriction, RestrictionState
from tenants.registers.restricting import NoSuchRestriction, NotInForce
from tenants.requests import posting, typesetting
from tenants.requests.deadlines import received_on
from tenants.requests.typesetting import Set, Sheet
from tenants.vault.digests import IdentifierKind, normalise
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place, seal, unseal

LONGEST_ADDRESS = 300


class SendLiftingNotice(Job, frozen=True):
    name: ClassVar[str] = "requests.send_lifting_notice"
    queue: ClassVar[Queue] = Queue.OUTBOUND
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST
    restriction_id: UUID


class NobodyToTell(Invalid):
    """Give an e-mail address, or a name and postal address: the person is told before the restriction ends."""


class Notice(Struct, frozen=True):
    """What is sealed until it is sent: to which address, by e-mail or, in lines, by post; and why."""

    to: str
    reason: str


class LiftingWords(Struct, frozen=True):
    """What the template asks for. `received_on` decides which authority and court are named."""

    placed_on: date
    reason: str
    received_on: date


def lift(
    session: Session,
    restriction_id: UUID,
    *,
    reason: str,
    language: Language,
    email: str = "",
    postal_address: str = "",
) -> Restriction:
    """The notice is written now; the restriction ends when it is on its way. `reason` is what the person reads.

    Raises Forbidden, NoSuchRestriction, NotInForce, HeldAsAnother, Invalid.
    """
    permissions.require(session, Permission.RESTRICT_PERSONS)
    reason = restricting.stated(reason)
    to = _address(email.strip(), postal_address.strip())
    persons.hold(session, restricting.get(session, restriction_id).person_id)
    row = restricting.claim(session, restriction_id, RestrictionState.IN_FORCE)
    row.state = RestrictionState.BEING_LIFTED
    row.language = language
    row.on_paper = not email.strip()
    row.lifted_by = acting_of(session).actor_id
    row.sealed_notice = seal(keyring(session), _place(restriction_id), msgspec.json.encode(Notice(to, reason)))
    if not row.on_paper:
        enqueue(session, SendLiftingNotice(restriction_id))
    way = "post" if row.on_paper else "email"
    trail.record(session, "restriction.lifting", about="person", ids=[row.person_id], way=way)
    session.flush()
    return row


def send(session: Session, restriction_id: UUID) -> Callable[[], Callable[[Session], None]] | None:
    """Reads the notice now. What is returned sends it, and returns what ends the restriction in the job's last
    transaction. None if it was sent.

    Should this stop half-way, the second letter has the first one's Message-ID.
    """
    row = session.scalar(select(Restriction).where(Restriction.restriction_id == restriction_id))
    if row is None or row.state is not RestrictionState.BEING_LIFTED or row.sealed_notice is None or row.on_paper:
        return None
    to, sender, set_ = _open(session, row, row.sealed_notice)
    message = posting.message(restriction_id, set_, language=_language(row), sender=sender, to=to)
    return partial(_send, restriction_id, message, to)


def _send(restriction_id: UUID, message: EmailMessage, to: str) -> Callable[[Session], None]:
    """Raises NotPosted."""
    posting.post(message, to=to)
    return partial(_sent, restriction_id=restriction_id)


def open_sheet(session: Session, restriction_id: UUID) -> tuple[UUID, Sheet]:
    """The person, and the notice. Reading it is audited. Raises Forbidden, NoSuchRestriction, NotInForce."""
    permissions.require(session, Permission.RESTRICT_PERSONS)
    row = _on_paper(session, restriction_id)
    if row.sealed_notice is None:
        raise NotInForce
    to, sender, set_ = _open(session, row, row.sealed_notice)
    trail.record(session, "restriction.notice_opened", about="person", ids=[row.person_id])
    return row.person_id, typesetting.on_sheet(set_, language=_language(row), sender=sender, to=to)


def posted(session: Session, restriction_id: UUID) -> UUID:
    """By the member who says so, now: the text is destroyed, and the restriction ends. Returns the person.

    Raises Forbidden, NoSuchRestriction, NotInForce.
    """
    permissions.require(session, Permission.RESTRICT_PERSONS)
    row = _on_paper(session, restriction_id)
    _end(session, row)
    return row.person_id


def _on_paper(session: Session, restriction_id: UUID) -> Restriction:
    row = restricting.claim(session, restriction_id, RestrictionState.BEING_LIFTED)
    if not row.on_paper:
        raise NoSuchRestriction
    return row


def _sent(session: Session, restriction_id: UUID) -> None:
    _end(session, restricting.claim(session, restriction_id, RestrictionState.BEING_LIFTED))


def _end(session: Session, row: Restriction) -> None:
    row.sealed_notice = None
    row.told_at = datetime.now(UTC)
    restricting.end(session, row)


def _address(email: str, postal_address: str) -> str:
    if len(postal_address) > LONGEST_ADDRESS:
        raise TooLong(field="postal_address", most=LONGEST_ADDRESS)
    if email:
        try:
            return normalise(IdentifierKind.EMAIL, email)
        except Invalid as refused:
            refused.field = "email"
            raise
    if not postal_address:
        raise NobodyToTell(field="email")
    return postal_address


def _open(session: Session, row: Restriction, sealed: bytes) -> tuple[str, str, Set]:
    """To whom, from whom, and the words."""
    notice = msgspec.json.decode(unseal(keyring(session), _place(row.restriction_id), sealed), type=Notice)
    company = session.scalars(select(Company).where(Company.company_id == row.company_id)).one()
    words = LiftingWords(received_on(row.placed_at), notice.reason, received_on(datetime.now(UTC)))
    set_ = typesetting.typeset(
        _language(row),
        "restriction_lifted",
        words,
        sender=company.name,
        contact=company.answers,
        on_paper=row.on_paper,
    )
    return notice.to, company.name, set_


def _language(row: Restriction) -> Language:
    return Language(row.language or DEFAULT)


def _place(restriction_id: UUID) -> Place:
    return Place("restriction", restriction_id, "notice")

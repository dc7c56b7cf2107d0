"""A restriction is lifted: the person is told first (Art. 18(3)), and only then does it end.

By e-mail it ends in the transaction that knows the letter was taken; on paper when staff mark it as posted. Until then
it is in force, whatever becomes of the letter.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants import settings
from tenants.acting import Acting, PurposeKind
from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.model import Company
from tenants.companies.permissions import Permission
from tenants.database import acting_of, walled_session
from tenants.errors import Invalid, TooLong
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import DEFAULT, Language
from tenants.registers import restricting
from tenants.registers.model import Restriction, RestrictionState
from tenants.registers.restricting import NoSuchRestriction, NotInForce
from tenants.requests import posting, typesetting
from tenants.requests.deadlines import received_on
from tenants.requests.typesetting import Set
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


class LiftingSheet(Struct, frozen=True):
    """A notice as it is printed, in its own language; `to` is a name and an address, a line each."""

    person_id: UUID
    language: Language
    dated: date
    to: list[str]
    sender: str
    subject: str
    paragraphs: list[str]


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

    Raises Forbidden, NoSuchRestriction, NotInForce, Invalid.
    """
    permissions.require(session, Permission.RESTRICT_PERSONS)
    reason = restricting.stated(reason)
    to = _address(email.strip(), postal_address.strip())
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


def send(acting: Acting, restriction_id: UUID) -> Callable[[Session], None] | None:
    """Sends the notice unless it was sent; what is returned ends the restriction in the job's last transaction.

    Should this stop half-way, the second letter has the first one's Message-ID. Raises NotPosted.
    """
    with walled_session(acting) as session:
        row = session.scalar(select(Restriction).where(Restriction.restriction_id == restriction_id))
        if row is None or row.state is not RestrictionState.BEING_LIFTED or row.sealed_notice is None or row.on_paper:
            return None
        to, sender, set_ = _open(session, row, row.sealed_notice)
        message = _message(row, sender, set_, to)
    posting.post(message, to=to)
    return partial(_sent, restriction_id=restriction_id)


def open_sheet(session: Session, restriction_id: UUID) -> LiftingSheet:
    """Reading it is audited. Raises Forbidden, NoSuchRestriction, NotInForce."""
    permissions.require(session, Permission.RESTRICT_PERSONS)
    row = _on_paper(session, restriction_id)
    if row.sealed_notice is None:
        raise NotInForce
    to, sender, set_ = _open(session, row, row.sealed_notice)
    trail.record(session, "restriction.notice_opened", about="person", ids=[row.person_id])
    return LiftingSheet(
        person_id=row.person_id,
        language=Language(row.language or DEFAULT),
        dated=received_on(datetime.now(UTC)),
        to=[line.strip() for line in to.splitlines() if line.strip()],
        sender=sender,
        subject=set_.subject,
        paragraphs=set_.paragraphs,
    )


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
        Language(row.language or DEFAULT),
        "restriction_lifted",
        words,
        sender=company.name,
        contact=company.contact,
        on_paper=row.on_paper,
    )
    return notice.to, company.name, set_


def _message(row: Restriction, sender: str, set_: Set, to: str) -> EmailMessage:
    ours = settings.current().mail_from
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name=" ".join(sender.split()), addr_spec=ours)
    message["To"] = to
    message["Subject"] = set_.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{row.restriction_id}@{ours.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(set_.text)
    message.add_alternative(set_.html, subtype="html")
    message["Content-Language"] = row.language or DEFAULT
    return message


def _place(restriction_id: UUID) -> Place:
    return Place("restriction", restriction_id, "notice")

"""An e-mail to the contact of an agreement: so many notifications wait, and the link by which they are confirmed.

Nothing about anybody is in it: what happened to whose data is behind the link, by the ids that the recipient got with
the data. What the letter states is signed with the group's published key, so that it can be told from a forged one.
"""

import secrets
from base64 import b64encode
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from hashlib import sha256
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tenants import settings
from tenants.acting import Acting, PurposeKind, client, visitor
from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.model import Company
from tenants.database import acting_of, walled_session
from tenants.groups.model import Group
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import Language
from tenants.notifying.model import ConfirmLink, Notification, RecipientLetter, Way
from tenants.notifying.refusals import NoSuchNotification
from tenants.notifying.states import is_open
from tenants.processors.model import Agreement, Processor
from tenants.requests import posting, typesetting
from tenants.requests.deadlines import received_on
from tenants.vault.signing import Use, signing_key

LINK_HOLDS = timedelta(days=30)


class MailRecipient(Job, frozen=True):
    """What waits to be told under one agreement; of a `reminder`, what nobody has confirmed."""

    name: ClassVar[str] = "notifying.mail"
    queue: ClassVar[Queue] = Queue.OUTBOUND
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST
    agreement_id: UUID
    reminder: bool = False


class Waiting(Struct, frozen=True):
    """What the template asks for. `statement` is what is signed; `signature` is in base64."""

    count: int
    reminder: bool
    url: str
    until: date
    company: str
    keys_url: str
    key_id: UUID
    statement: str
    signature: str


class Statement(Struct, frozen=True):
    """Who says to whom that how much waits, and where that is confirmed. The link's secret is not in it."""

    letter: UUID
    group: str
    controller: str
    recipient: str
    agreement: str
    waiting: int
    at: datetime


def plan(session: Session, agreement_ids: Collection[UUID], *, reminder: bool = False) -> None:
    for one in sorted(agreement_ids):
        enqueue(session, MailRecipient(one, reminder))


def instead(session: Session, ids: Collection[UUID]) -> None:
    """What could not be told in another way goes by letter; where nobody can be written to, it is for staff."""
    rows = session.execute(
        select(Notification, Processor)
        .join(Processor, Processor.processor_id == Notification.recipient_id)
        .where(Notification.notification_id.in_(ids), is_open())
        .with_for_update(of=Notification)
    ).all()
    for row, processor in rows:
        written = row.agreement_id is not None and processor.contact.email is not None
        row.way = Way.EMAIL if written else Way.BY_HAND
        row.delivered_at = row.promised_at = None
    session.flush()
    plan(session, {row.agreement_id for row, _ in rows if row.way is Way.EMAIL and row.agreement_id})


def send(session: Session, job: MailRecipient) -> Callable[[], Callable[[Session], None]] | None:
    """Writes the letter down and reads what it says. What is returned sends it, and returns what notes it.

    None where nothing waits or there is nobody to write to. Should this stop half-way, the second letter has the first
    one's Message-ID, and a link of its own.
    """
    count = _take(session, job)
    agreement, processor = session.execute(
        select(Agreement, Processor).join(Processor).where(Agreement.agreement_id == job.agreement_id)
    ).one()
    if not count or processor.contact.email is None:
        return None
    letter = _letter(session, job)
    token, until = _new_link(session, letter)
    group = session.scalars(select(Group)).one()
    company = session.scalars(select(Company).where(Company.company_id == agreement.company_id)).one()
    said = Statement(
        letter=letter.letter_id,
        group=group.slug,
        controller=company.name,
        recipient=processor.name,
        agreement=agreement.key,
        waiting=count,
        at=datetime.now(UTC).replace(microsecond=0),
    )
    words = _words(session, said, reminder=job.reminder, url=link(group.slug, token), until=until)
    language = Language(group.default_language)
    set_ = typesetting.typeset(language, "recipient_told", words, sender=company.name, contact=company.answers)
    to = processor.contact.email
    message = posting.message(letter.letter_id, set_, language=language, sender=company.name, to=to)
    return partial(_send, letter.letter_id, message, to)


def link(slug: str, token: str) -> str:
    return f"{settings.current().base_url}/g/{slug}/confirmations/{token}"


def whose(group_id: UUID, token: str) -> Acting:
    """As whom the page of a link is opened: the recipient, under the agreement of its letter.

    Raises NoSuchNotification.
    """
    with walled_session(visitor(group_id)) as session:
        agreement_id = session.scalar(
            select(ConfirmLink.agreement_id).where(
                ConfirmLink.digest == _digest(token), ConfirmLink.expires_at > func.now()
            )
        )
    if agreement_id is None:
        raise NoSuchNotification
    return client(group_id, agreement_id)


def forget_links(session: Session) -> None:
    session.execute(delete(ConfirmLink).where(ConfirmLink.expires_at < func.now()))


def _take(session: Session, job: MailRecipient) -> int:
    """How many it is about. Those that have been in no letter yet are in this one."""
    waiting = select(Notification.notification_id).where(Notification.agreement_id == job.agreement_id, is_open())
    if not job.reminder:
        waiting = waiting.where(Notification.way == Way.EMAIL, Notification.delivered_at.is_(None))
    return len(session.scalars(waiting.with_for_update()).all())


def _letter(session: Session, job: MailRecipient) -> RecipientLetter:
    """The one that is on its way, or a new one."""
    wanted = select(RecipientLetter).where(
        RecipientLetter.agreement_id == job.agreement_id, RecipientLetter.sent_at.is_(None)
    )
    found = session.scalar(wanted.order_by(RecipientLetter.letter_id).limit(1))
    if found is None:
        found = RecipientLetter(letter_id=new_id(), agreement_id=job.agreement_id)
        session.add(found)
        session.flush()
    session.execute(
        update(Notification)
        .where(Notification.agreement_id == job.agreement_id, Notification.letter_id.is_(None), is_open())
        .values(letter_id=found.letter_id)
    )
    return found


def _new_link(session: Session, letter: RecipientLetter) -> tuple[str, date]:
    token, expires_at = secrets.token_urlsafe(32), datetime.now(UTC) + LINK_HOLDS
    session.add(
        ConfirmLink(
            digest=_digest(token),
            company_id=acting_of(session).company_id,
            letter_id=letter.letter_id,
            agreement_id=letter.agreement_id,
            expires_at=expires_at,
        )
    )
    session.flush()
    return token, received_on(expires_at)


def _words(session: Session, said: Statement, *, reminder: bool, url: str, until: date) -> Waiting:
    signer = signing_key(session, Use.ARCHIVE)
    statement = msgspec.json.encode(said)
    return Waiting(
        count=said.waiting,
        reminder=reminder,
        url=url,
        until=until,
        company=said.controller,
        keys_url=f"{settings.current().base_url}/g/{said.group}/keys.json",
        key_id=signer.key_id,
        statement=statement.decode(),
        signature=b64encode(signer.sign(statement)).decode(),
    )


def _send(letter_id: UUID, message: EmailMessage, to: str) -> Callable[[Session], None]:
    """Raises NotPosted."""
    posting.post(message, to=to)
    return partial(_sent, letter_id=letter_id)


def _sent(session: Session, letter_id: UUID) -> None:
    session.execute(update(RecipientLetter).where(RecipientLetter.letter_id == letter_id).values(sent_at=func.now()))
    session.execute(
        update(Notification)
        .where(Notification.letter_id == letter_id, Notification.way == Way.EMAIL, Notification.delivered_at.is_(None))
        .values(delivered_at=func.now())
    )
    trail.record(session, "recipient.written_to", about="recipient_letter", ids=[letter_id])


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()

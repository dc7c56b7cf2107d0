"""Letters to the person: sealed when they are written, rendered when they are sent, destroyed after that.

Whoever gave no e-mail address gets them on paper, printed and posted by staff (`paper.py`). A letter is written in the
transaction that gives the reason for it. Subjects and headers carry no personal data but the address. What was sealed
goes into the templates as values only, never as part of one.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from email.message import EmailMessage
from functools import partial
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tenants import settings, together
from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.model import Company
from tenants.groups.model import Group
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import Language
from tenants.requests import posting, timeline, typesetting
from tenants.requests.asker import Asker
from tenants.requests.model import Case, CaseEventKind, Letter, LetterKind, Request
from tenants.requests.typesetting import Set
from tenants.vault.keys import keyring
from tenants.vault.sealing import Place, seal, unseal


class SendLetter(Job, frozen=True):
    name: ClassVar[str] = "requests.send_letter"
    queue: ClassVar[Queue] = Queue.OUTBOUND
    purpose: ClassVar[PurposeKind | None] = PurposeKind.RIGHTS_REQUEST
    letter_id: UUID


class DiscardReceipt(Job, frozen=True):
    """Of a request that was answered before anybody posted it. Only the system may destroy letters."""

    name: ClassVar[str] = "requests.discard_receipt"
    request_id: UUID


class Code(Struct, frozen=True, tag="code"):
    kind: ClassVar = LetterKind.CODE
    code: str
    minutes: int


class IdentityAsked(Struct, frozen=True, tag="identity"):
    kind: ClassVar = LetterKind.IDENTITY
    number: str
    received_on: date
    days: int


class Reminder(Struct, frozen=True, tag="reminder"):
    kind: ClassVar = LetterKind.REMINDER
    received_on: date
    lapses_on: date


class Acknowledgement(Struct, frozen=True, tag="acknowledgement"):
    kind: ClassVar = LetterKind.ACKNOWLEDGEMENT
    received_on: date
    answer_by: date
    companies: list[str]


class ArchiveReady(Struct, frozen=True, tag="archive_ready"):
    kind: ClassVar = LetterKind.ARCHIVE_READY
    number: str
    received_on: date
    until: date
    withheld: int


class NoData(Struct, frozen=True, tag="no_data"):
    kind: ClassVar = LetterKind.NO_DATA
    number: str
    received_on: date


class Refusal(Struct, frozen=True, tag="refusal"):
    kind: ClassVar = LetterKind.REFUSAL
    number: str
    received_on: date
    ground: str
    reason: str


class Withdrawn(Struct, frozen=True, tag="withdrawn"):
    kind: ClassVar = LetterKind.WITHDRAWN
    received_on: date


class Lapsed(Struct, frozen=True, tag="lapsed"):
    kind: ClassVar = LetterKind.LAPSED
    received_on: date


Content = Code | IdentityAsked | Reminder | Acknowledgement | ArchiveReady | NoData | Refusal | Withdrawn | Lapsed


class Addressed(Struct, frozen=True):
    """What is sealed: to which address, by e-mail or, in lines, by post; and what."""

    to: str
    content: Content


def write(
    session: Session,
    request_id: UUID,
    content: Content,
    *,
    to: Asker,
    language: Language,
    company_id: UUID | None = None,
    case_id: UUID | None = None,
) -> None:
    """By e-mail; on paper, which is always one company's, to whoever gave no address for it."""
    letter_id, on_paper = new_id(), to.email is None
    addressed = Addressed(to.email or to.postal_address or "", content)
    together.add(
        session,
        Letter(
            letter_id=letter_id,
            request_id=request_id,
            company_id=company_id,
            case_id=case_id,
            kind=content.kind,
            language=language,
            on_paper=on_paper,
            sealed_content=seal(keyring(session), _place(letter_id), msgspec.json.encode(addressed)),
        ),
    )
    if not on_paper:
        enqueue(session, SendLetter(letter_id), company_id=company_id)
    trail.record(session, "letter.written", about="letter", ids=[letter_id], kind=content.kind)


def sender(request: Request, to: Asker) -> UUID | None:
    """Whose a letter about the request as a whole is: the group's; on paper that company's whose staff entered it."""
    return request.company_ids[0] if to.email is None else None


def discard(session: Session, request_id: UUID, *kinds: LetterKind) -> None:
    """Those on paper that nobody has posted, when what they say is no longer so. For the system."""
    waiting = (Letter.request_id == request_id, Letter.on_paper, Letter.sent_at.is_(None), Letter.kind.in_(kinds))
    gone = session.scalars(delete(Letter).where(*waiting).returning(Letter.letter_id)).all()
    if gone:
        trail.record(session, "letter.discarded", about="letter", ids=gone)


def discard_receipt(session: Session, request_id: UUID) -> None:
    """For the job."""
    discard(session, request_id, LetterKind.ACKNOWLEDGEMENT)


def send(session: Session, letter_id: UUID) -> Callable[[], Callable[[Session], None]] | None:
    """Reads it now. What is returned sends it, and returns what says so in the job's last transaction.

    None if it was sent. Should this stop half-way, the second letter has the first one's Message-ID.
    """
    row = session.scalar(select(Letter).where(Letter.letter_id == letter_id))
    if row is None or row.sealed_content is None:
        return None
    opened, language = open_letter(session, row, row.sealed_content), Language(row.language)
    message = posting.message(letter_id, opened.set, language=language, sender=opened.sender, to=opened.to)
    return partial(_send, letter_id, message, opened.to)


def _send(letter_id: UUID, message: EmailMessage, to: str) -> Callable[[Session], None]:
    """Raises NotPosted."""
    posting.post(message, to=to)
    return partial(_mark_sent, letter_id=letter_id)


class Opened(Struct, frozen=True):
    to: str
    sender: str
    set: Set


def open_letter(session: Session, row: Letter, sealed: bytes) -> Opened:
    addressed = msgspec.json.decode(unseal(keyring(session), _place(row.letter_id), sealed), type=Addressed)
    group = session.scalars(select(Group)).one()
    company = session.scalar(select(Company).where(Company.company_id == row.company_id)) if row.company_id else None
    sent_by = company.name if company else group.name
    set_ = typesetting.typeset(
        Language(row.language),
        addressed.content.kind,
        addressed.content,
        status_url=status_url(group.slug, row.request_id, Language(row.language)),
        sender=sent_by,
        contact=company.answers if company else None,
        on_paper=row.on_paper,
    )
    trail.record(session, "letter.opened", about="letter", ids=[row.letter_id], company_id=row.company_id)
    return Opened(addressed.to, sent_by, set_)


def status_url(slug: str, request_id: UUID, language: Language) -> str:
    """The page of a request. It opens by a code only, so the address alone is worth nothing."""
    return f"{settings.current().base_url}/g/{slug}/requests/{request_id}?language={language}"


def _mark_sent(session: Session, letter_id: UUID) -> None:
    sent = session.execute(
        update(Letter)
        .where(Letter.letter_id == letter_id, Letter.sealed_content.is_not(None))
        .values(sealed_content=None, sent_at=datetime.now(UTC))
        .returning(Letter.case_id, Letter.kind)
    ).one_or_none()
    if sent is None:
        return
    case = session.scalar(select(Case).where(Case.case_id == sent.case_id)) if sent.case_id else None
    if case is not None:
        timeline.note(session, case, CaseEventKind.LETTER_SENT, letter=sent.kind)
    trail.record(session, "letter.sent", about="letter", ids=[letter_id], kind=sent.kind)


def _place(letter_id: UUID) -> Place:
    return Place("letter", letter_id, "content")

"""Letters on paper: what waits to be printed and posted, each opened for that, and what was posted by whom.

They are the company's whose staff entered the request. Posting destroys the text, as sending does. It is also what
answers: a decision that lies in the tray has not been given to anybody (Art. 12(3), 12(4)).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.errors import Conflict, NotFound
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import Language
from tenants.requests import letters, timeline, typesetting, workflow
from tenants.requests.identity import AskedByPost
from tenants.requests.model import Case, CaseEventKind, CaseState, Letter, LetterKind
from tenants.requests.typesetting import Sheet

# How a case ends when the letter that says so has been posted.
_ENDS = {LetterKind.REFUSAL: CaseState.REFUSED, LetterKind.NO_DATA: CaseState.NO_DATA}


class NoSuchLetter(NotFound):
    """There is no such letter here."""


class AlreadyPosted(Conflict):
    """The letter has been posted already, and its text was destroyed then."""


class PaperLetter(Struct, frozen=True):
    """`number` is that of its case."""

    letter_id: UUID
    case_id: UUID
    number: str
    kind: LetterKind
    language: str
    created_at: datetime
    sent_at: datetime | None
    sent_by: UUID | None


def waiting(session: Session) -> list[PaperLetter]:
    """Of the company, the oldest first. Raises Forbidden."""
    permissions.require(session, Permission.HAND_OVER)
    rows = session.execute(_on_paper().where(Letter.sent_at.is_(None)).order_by(Letter.created_at))
    return [PaperLetter(*row) for row in rows]


def counted_waiting(_: Session) -> Select[int]:
    return select(func.count()).where(Letter.on_paper, Letter.sent_at.is_(None))


def of_case(session: Session, case: Case) -> Sequence[PaperLetter]:
    """Posted or not, the newest first."""
    rows = session.execute(_on_paper().where(Letter.request_id == case.request_id).order_by(Letter.created_at.desc()))
    return [PaperLetter(*row) for row in rows]


def open_sheet(session: Session, case_id: UUID, letter_id: UUID) -> tuple[PaperLetter, Sheet]:
    """Reading it is audited. Raises Forbidden, NoSuchCase, NoSuchLetter, AlreadyPosted."""
    permissions.require(session, Permission.HAND_OVER)
    found = _find(session, case_id, letter_id)
    row = session.scalars(select(Letter).where(Letter.letter_id == letter_id)).one()
    if row.sealed_content is None:
        raise AlreadyPosted
    opened = letters.open_letter(session, row, row.sealed_content)
    language = Language(row.language)
    return found, typesetting.on_sheet(opened.set, language=language, sender=opened.sender, to=opened.to)


def posted(session: Session, case_id: UUID, letter_id: UUID) -> None:
    """By the member who says so, now. Raises Forbidden, NoSuchCase, NoSuchLetter, AlreadyPosted."""
    by = permissions.require(session, Permission.HAND_OVER).member_id
    case = workflow.claim(session, case_id)
    found = _find(session, case_id, letter_id)
    if not _sent(session, letter_id, by):
        raise AlreadyPosted
    timeline.note(session, case, CaseEventKind.LETTER_POSTED, letter=found.kind)
    if case.state is CaseState.TO_BE_POSTED and found.kind in _ENDS:
        workflow.move(session, case, _ENDS[found.kind])
    if found.kind is LetterKind.IDENTITY:
        enqueue(session, AskedByPost(case.request_id, letter_id))


def hand_out(session: Session, case: Case, *, by: UUID) -> None:
    """The letter that goes with an archive, where it has not gone before, and none that says it is still to come."""
    enqueue(session, letters.DiscardReceipt(case.request_id))
    for letter in of_case(session, case):
        if letter.kind is LetterKind.ARCHIVE_READY:
            _sent(session, letter.letter_id, by)


def _sent(session: Session, letter_id: UUID, by: UUID) -> bool:
    sent = session.execute(
        update(Letter)
        .where(Letter.letter_id == letter_id, Letter.sent_at.is_(None))
        .values(sealed_content=None, sent_at=datetime.now(UTC), sent_by=by)
        .returning(Letter.kind)
    ).one_or_none()
    if sent is not None:
        trail.record(session, "letter.posted", about="letter", ids=[letter_id], kind=sent.kind)
    return sent is not None


def _find(session: Session, case_id: UUID, letter_id: UUID) -> PaperLetter:
    row = session.execute(_on_paper().where(Case.case_id == case_id, Letter.letter_id == letter_id)).one_or_none()
    if row is None:
        raise NoSuchLetter
    return PaperLetter(*row)


def _on_paper() -> Select[UUID, UUID, str, LetterKind, str, datetime, datetime | None, UUID | None]:
    return (
        select(
            Letter.letter_id,
            Case.case_id,
            Case.number,
            Letter.kind,
            Letter.language,
            Letter.created_at,
            Letter.sent_at,
            Letter.sent_by,
        )
        .join(Case, Case.request_id == Letter.request_id)
        .where(Letter.on_paper)
    )

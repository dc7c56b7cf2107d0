"""Cases as their company's staff see them: lists, one case whole, the deadlines ahead."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.exports.model import Download, Export
from tenants.languages.speaking import Text
from tenants.registers.model import IdentityLevel, Person, Record, Register
from tenants.requests import opening, paper
from tenants.requests.asker import Asker, of_case, open_asker, open_words
from tenants.requests.deadlines import Clock, received_on
from tenants.requests.model import (
    OPEN_STATES,
    Case,
    CaseEvent,
    CaseEventKind,
    CaseFinding,
    CaseMatch,
    CaseState,
    LetterKind,
)
from tenants.requests.paper import PaperLetter
from tenants.requests.workflow import FOLLOWS, NoSuchCase
from tenants.vault.keys import keyring

MOST_AT_ONCE = 100


class Shown(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    ALL = "all"


class BadCursor(Invalid):
    """This is not a place in the list. Begin at its start."""


class Cursor(Struct, frozen=True):
    """The last case of a page."""

    due_on: date
    case_id: UUID

    def __str__(self) -> str:
        return f"{self.due_on}_{self.case_id}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises BadCursor."""
        day, _, case_id = text.partition("_")
        try:
            return cls(date.fromisoformat(day), UUID(case_id))
        except ValueError:
            raise BadCursor(field="cursor") from None


class Page(Struct, frozen=True):
    cases: Sequence[Case]
    following: Cursor | None


class Finding(Struct, frozen=True):
    """What a register holds of the person; one that is `withheld` was not looked into."""

    register_id: UUID
    register: Text
    records: int
    fields: int
    withheld: IdentityLevel | None


class Candidate(Struct, frozen=True):
    """One of several whom the request fits: what tells them apart without telling who they are."""

    person_id: UUID
    known_since: datetime
    registers: list[Text]


class Archive(Struct, frozen=True):
    export: Export
    downloaded_at: datetime | None


class CaseFile(Struct, frozen=True, kw_only=True):
    """One case whole, its sealed parts opened. `events` are newest first."""

    case: Case
    asker: Asker
    words: str | None
    reason: str | None
    returned: str | None
    findings: list[Finding]
    candidates: list[Candidate]
    archive: Archive | None
    on_paper: Sequence[PaperLetter]
    events: Sequence[CaseEvent]

    @property
    def letters(self) -> list[CaseEvent]:
        """Those that were sent; `figures["letter"]` is their LetterKind."""
        return [event for event in self.events if event.kind is CaseEventKind.LETTER_SENT]

    @property
    def awaits_posting(self) -> bool:
        """Whoever is written to on paper does not know that the request lapsed before the letter has been posted."""
        return any(each.kind is LetterKind.LAPSED and not each.sent_at for each in self.on_paper)

    @property
    def archivable(self) -> bool:
        """Whether there is an archive, or one may still come."""
        undecided = self.case.state in OPEN_STATES and self.case.state is not CaseState.TO_BE_POSTED
        return undecided or self.archive is not None

    def may_become(self, state: CaseState) -> bool:
        return state in FOLLOWS[self.case.state]


def list_cases(
    session: Session, shown: Shown, *, state: CaseState | None = None, after: Cursor | None = None, limit: int = 50
) -> Page:
    """Open ones by the day they are due, the others newest first; of one `state` only, if asked. Raises Forbidden."""
    permissions.require(session, Permission.SEE_CASES)
    limit = max(1, min(limit, MOST_AT_ONCE))
    wanted = _by_due_date(after) if shown is Shown.OPEN else _newest_first(shown, after)
    if state is not None:
        wanted = wanted.where(Case.state == state)
    found = session.scalars(wanted.limit(limit + 1)).all()
    last = found[limit - 1] if len(found) > limit else None
    return Page(found[:limit], Cursor(last.due_on, last.case_id) if last else None)


def counted_open(_: Session) -> Select[int]:
    return select(func.count()).where(Case.state.in_(OPEN_STATES))


def due_dates(session: Session) -> list[date]:
    """Of the open cases. Raises Forbidden."""
    permissions.require(session, Permission.SEE_CASES)
    return list(session.scalars(select(Case.due_on).where(Case.state.in_(OPEN_STATES)).order_by(Case.due_on)))


def get_case(session: Session, case_id: UUID) -> CaseFile:
    """Raises Forbidden, NoSuchCase."""
    permissions.require(session, Permission.SEE_CASES)
    case = session.scalar(select(Case).where(Case.case_id == case_id))
    if case is None:
        raise NoSuchCase
    keys = keyring(session)
    trail.record(session, "case.read", about="case", ids=[case_id])
    return CaseFile(
        case=case,
        asker=open_asker(keys, of_case(case, "asker"), case.sealed_asker),
        words=open_words(keys, of_case(case, "words"), case.sealed_words),
        reason=open_words(keys, of_case(case, "reason"), case.sealed_reason),
        returned=open_words(keys, of_case(case, "return"), case.sealed_return),
        findings=_findings(session, case_id),
        candidates=_candidates(session, case_id) if case.state is CaseState.NEEDS_STAFF else [],
        archive=_archive(session, case_id),
        on_paper=paper.of_case(session, case),
        events=_events(session, case_id),
    )


def counted(case: Case) -> Clock:
    """The clock of a case, with the steps in which it was counted."""
    verified_on = received_on(case.verified_at) if case.verified_at else None
    return opening.clock_of(case.received_on, case.identity_asked_on, verified_on)


def _by_due_date(after: Cursor | None) -> Select[Case]:
    wanted = select(Case).where(Case.state.in_(OPEN_STATES)).order_by(Case.due_on, Case.case_id)
    if after is None:
        return wanted
    return wanted.where(tuple_(Case.due_on, Case.case_id) > tuple_(after.due_on, after.case_id))


def _newest_first(shown: Shown, after: Cursor | None) -> Select[Case]:
    wanted = select(Case).order_by(Case.case_id.desc())
    if shown is Shown.CLOSED:
        wanted = wanted.where(Case.state.not_in(OPEN_STATES))
    return wanted if after is None else wanted.where(Case.case_id < after.case_id)


def _findings(session: Session, case_id: UUID) -> list[Finding]:
    rows = session.execute(
        select(CaseFinding.register_id, Register.name, CaseFinding.records, CaseFinding.fields, CaseFinding.withheld)
        .join(Register, Register.register_id == CaseFinding.register_id)
        .where(CaseFinding.case_id == case_id)
        .order_by(Register.position, Register.key)
    )
    return [Finding(*row) for row in rows]


def _candidates(session: Session, case_id: UUID) -> list[Candidate]:
    matched = select(CaseMatch.person_id).where(CaseMatch.case_id == case_id)
    known = session.execute(
        select(Person.person_id, Person.created_at).where(Person.person_id.in_(matched)).order_by(Person.person_id)
    ).all()
    kept: dict[UUID, list[Text]] = {person_id: [] for person_id, _ in known}
    registers = (
        select(Record.person_id, Register.name, func.min(Register.position))
        .join(Register, Register.register_id == Record.register_id)
        .where(Record.person_id.in_(matched))
        .group_by(Record.person_id, Register.register_id, Register.name)
        .order_by(func.min(Register.position))
    )
    for person_id, name, _ in session.execute(registers):
        kept[person_id].append(name)
    trail.record(session, "person.told_apart", about="person", ids=kept, case=str(case_id))
    return [Candidate(person_id, created_at, kept[person_id]) for person_id, created_at in known]


def _archive(session: Session, case_id: UUID) -> Archive | None:
    export = session.scalar(select(Export).where(Export.case_id == case_id))
    if export is None:
        return None
    downloads = select(func.max(Download.completed_at)).where(Download.export_id == export.export_id)
    return Archive(export, session.scalar(downloads))


def _events(session: Session, case_id: UUID) -> Sequence[CaseEvent]:
    return session.scalars(
        select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.at.desc(), CaseEvent.event_id.desc())
    ).all()

"""A request as its person follows it, with what each company has answered."""

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies.model import Company
from tenants.exports import downloading
from tenants.exports.model import Download, Export, ExportState
from tenants.languages.speaking import Language, Text
from tenants.registers.model import IdentityLevel, Register
from tenants.requests import deadlines, opening, refusing, subjects, timeline
from tenants.requests.asker import of_case, open_words
from tenants.requests.deadlines import Clock
from tenants.requests.law import grounds
from tenants.requests.model import (
    OPEN_STATES,
    Case,
    CaseEvent,
    CaseEventKind,
    CaseFinding,
    CaseState,
    Request,
    RequestState,
)
from tenants.vault.keys import Keyring, keyring

# What happened to a case that means something to its person: not the inner steps of the work, and not what every case
# of a request has in its timeline, which is told once.
TOLD = (
    CaseEventKind.ENTERED,
    CaseEventKind.IDENTITY_CHECKED,
    CaseEventKind.SEVERAL_FIT,
    CaseEventKind.NOTHING_FOUND,
    CaseEventKind.GATHERED,
    CaseEventKind.REFUSED,
    CaseEventKind.ARCHIVE_READY,
    CaseEventKind.DOWNLOADED,
    CaseEventKind.ARCHIVE_EXPIRED,
    CaseEventKind.LETTER_SENT,
)


class Withheld(Struct, frozen=True):
    register: Text
    level: IdentityLevel


class OwnArchive(Struct, frozen=True):
    export_id: UUID
    state: ExportState
    size: int | None
    expires_at: datetime | None
    downloaded_at: datetime | None


class Answer(Struct, frozen=True, kw_only=True):
    """One company's; `state` is AWAITING_IDENTITY too while its case is still being opened."""

    company: str
    number: str | None = None
    state: CaseState
    answered_at: datetime | None = None
    reason: str | None = None
    archive: OwnArchive | None = None
    withheld: list[Withheld] = []


class Status(Struct, frozen=True, kw_only=True):
    """`events` are newest first; those of the request as a whole have no company. `names` are the companies'."""

    request: Request
    clock: Clock
    answers: list[Answer]
    events: list[CaseEvent]
    names: dict[UUID, str]

    @property
    def answered_on(self) -> date | None:
        """The day of the last answer, once all companies have given theirs."""
        if any(answer.state in OPEN_STATES for answer in self.answers):
            return None
        answered = [answer.answered_at for answer in self.answers if answer.answered_at]
        return deadlines.received_on(max(answered)) if answered else None

    @property
    def working(self) -> bool:
        """Whether something changes by itself in the next moments."""
        soon = {CaseState.AWAITING_IDENTITY, CaseState.BUILDING}
        return self.request.state is RequestState.VERIFIED and any(answer.state in soon for answer in self.answers)

    @property
    def withdrawable(self) -> bool:
        return self.request.state is RequestState.VERIFIED and (
            any(answer.state in OPEN_STATES for answer in self.answers)
            or any(answer.archive and answer.archive.state is ExportState.READY for answer in self.answers)
        )


def status(session: Session) -> Status:
    """Of the request whose subject the session acts for. Raises NoSuchRequest."""
    request = subjects.own_request(session)
    companies = session.execute(
        select(Company.company_id, Company.name)
        .where(Company.company_id.in_(request.company_ids))
        .order_by(Company.position, Company.name)
    ).all()
    cases = {case.company_id: case for case in session.scalars(select(Case))}
    archives, withheld, keys = _archives(session), _withheld(session), keyring(session)
    trail.record(session, "request.read", about="request", ids=[request.request_id])
    return Status(
        request=request,
        clock=opening.clock_of(
            deadlines.received_on(request.received_at), _day(request.identity_asked_at), _day(request.verified_at)
        ),
        answers=[
            Answer(company=name, state=_state(request, CaseState.AWAITING_IDENTITY))
            if (case := cases.get(company_id)) is None
            else _answer(
                keys, name, case, request, archive=archives.get(case.case_id), withheld=withheld.get(case.case_id, [])
            )
            for company_id, name in companies
        ],
        events=_events(session, request),
        names=dict(companies),
    )


def create_link(session: Session, export_id: UUID) -> str:
    """The secret of a link that opens the archive once. Raises NoSuchArchive, ArchiveNotReady, ArchiveEnded."""
    secret = downloading.create_link(session, export_id)
    export = session.scalars(select(Export).where(Export.export_id == export_id)).one()
    _note(session, export, CaseEventKind.LINK_ASKED)
    return secret


def note_download(session: Session, export: Export) -> None:
    _note(session, export, CaseEventKind.DOWNLOADED)


def _note(session: Session, export: Export, kind: CaseEventKind) -> None:
    timeline.note(session, session.scalars(select(Case).where(Case.case_id == export.case_id)).one(), kind)


def _day(moment: datetime | None) -> date | None:
    return deadlines.received_on(moment) if moment else None


def _state(request: Request, state: CaseState) -> CaseState:
    """What the person ended has ended for them, though a company closes its case a moment later."""
    ended = {RequestState.WITHDRAWN: CaseState.WITHDRAWN, RequestState.LAPSED: CaseState.LAPSED}
    return ended.get(request.state, state) if state in OPEN_STATES else state


def _as_told(case: Case) -> CaseState:
    """What staff propose to each other is not an answer yet."""
    return refusing.undecided(case) if case.state is CaseState.REFUSAL_PROPOSED else case.state


def _answer(
    keys: Keyring,
    company: str,
    case: Case,
    request: Request,
    *,
    archive: OwnArchive | None,
    withheld: list[Withheld],
) -> Answer:
    return Answer(
        company=company,
        number=case.number,
        state=_state(request, _as_told(case)),
        answered_at=case.closed_at if case.decided_at and case.state not in OPEN_STATES else None,
        reason=_reason(keys, case),
        archive=archive if request.state is RequestState.VERIFIED else None,
        withheld=withheld,
    )


def _reason(keys: Keyring, case: Case) -> str | None:
    if case.state is not CaseState.REFUSED or case.refusal_ground is None:
        return None
    ground = grounds.every_ground()[case.refusal_ground].says.in_(Language(case.language))
    words = open_words(keys, of_case(case, "reason"), case.sealed_reason)
    return f"{ground} {words}" if words else ground


def _archives(session: Session) -> dict[UUID, OwnArchive]:
    downloaded = select(func.max(Download.completed_at)).where(Download.export_id == Export.export_id)
    rows = session.execute(select(Export, downloaded.scalar_subquery()))
    return {
        export.case_id: OwnArchive(export.export_id, export.state, export.size, export.expires_at, downloaded_at)
        for export, downloaded_at in rows
    }


def _withheld(session: Session) -> dict[UUID, list[Withheld]]:
    rows = session.execute(
        select(CaseFinding.case_id, Register.name, CaseFinding.withheld)
        .join(Register, Register.register_id == CaseFinding.register_id)
        .where(CaseFinding.withheld.is_not(None))
        .order_by(Register.position, Register.key)
    )
    found: dict[UUID, list[Withheld]] = {}
    for case_id, name, level in rows:
        if level is not None:
            found.setdefault(case_id, []).append(Withheld(name, level))
    return found


def _events(session: Session, request: Request) -> list[CaseEvent]:
    """Newest first: what happened to the request as a whole, then to its cases."""
    in_cases = session.scalars(
        select(CaseEvent)
        .where(CaseEvent.request_id == request.request_id, CaseEvent.kind.in_(TOLD))
        .order_by(CaseEvent.at, CaseEvent.event_id)
    )
    every = [*_of_the_whole(request), *in_cases]
    return sorted(every, key=lambda event: event.at)[::-1]


def _of_the_whole(request: Request) -> Iterator[CaseEvent]:
    """Told from the request itself, for it goes on before any company has opened its case."""
    ended = CaseEventKind.WITHDRAWN if request.state is RequestState.WITHDRAWN else CaseEventKind.LAPSED
    verified_at = request.verified_at if request.verified_by is None else None
    moments = (
        (CaseEventKind.RECEIVED, request.received_at),
        (CaseEventKind.CODE_SENT, request.identity_asked_at),
        (CaseEventKind.VERIFIED, verified_at),
        (ended, request.ended_at),
    )
    return (CaseEvent(kind=kind, at=at, figures={}) for kind, at in moments if at is not None)

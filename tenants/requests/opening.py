"""A case is opened: its number, its clock, and a copy of what the person sent, sealed for this company."""

from datetime import date
from typing import LiteralString
from uuid import UUID

from sqlalchemy.orm import Session

from tenants import together
from tenants.acting import Actor
from tenants.audit import trail
from tenants.base import new_id
from tenants.database import acting_of, run
from tenants.registers.model import IdentityLevel
from tenants.requests import deadlines, timeline
from tenants.requests.asker import Asker, of_case, seal_asker, seal_words
from tenants.requests.deadlines import Clock, Pause
from tenants.requests.model import Case, CaseEventKind, CaseState, Channel, Request
from tenants.vault.keys import keyring


def open_case(session: Session, request: Request, *, asker: Asker, words: str | None, state: CaseState) -> Case:
    """In the walls of the company that the session acts for. `request` need not be readable, only complete."""
    received = deadlines.received_on(request.received_at)
    case = Case(
        case_id=new_id(),
        company_id=acting_of(session).company_id,
        request_id=request.request_id,
        number=_next_number(session, received.year),
        channel=request.channel,
        rights=request.rights,
        language=request.language,
        state=state,
        level=IdentityLevel.L0,
        received_at=request.received_at,
        received_on=received,
        identity_asked_on=deadlines.received_on(request.identity_asked_at) if request.identity_asked_at else None,
    )
    keys = keyring(session)
    case.sealed_asker = seal_asker(keys, of_case(case, "asker"), asker)
    case.sealed_words = seal_words(keys, of_case(case, "words"), words)
    set_clock(case, request)
    together.add(session, case)
    _note_the_past(session, case, request)
    trail.record(session, "case.opened", about="case", ids=[case.case_id], state=state)
    return case


def set_clock(case: Case, request: Request) -> None:
    """From the receipt, with the pause from the question for a code to its answer; the earlier date steers."""
    counted = clock_of(case.received_on, case.identity_asked_on, _day(request))
    # While the answer is awaited nobody knows when the paused period ends; the other date holds meanwhile.
    with_pause = counted.answer_by_with_pause or counted.answer_by
    case.due_on = counted.steering.on
    case.due_unsuspended_on = counted.answer_by.on
    case.due_suspended_on = with_pause.on
    case.latest_on = counted.extended_by.on
    case.rule_version = counted.rule_version
    case.holiday_version = counted.holiday_version


def clock_of(received_on: date, asked_on: date | None, verified_on: date | None) -> Clock:
    # A letter's code may be asked for days after the letter came, never before.
    pause = Pause(max(asked_on, received_on), verified_on) if asked_on else None
    return deadlines.clock(received_on, paused=pause)


def _day(request: Request) -> date | None:
    return deadlines.received_on(request.verified_at) if request.verified_at else None


_COUNT_ONE_MORE: LiteralString = """
    INSERT INTO case_numbers (group_id, company_id, year, last)
    VALUES (%(group_id)s, %(company_id)s, %(year)s, 1)
    ON CONFLICT (group_id, company_id, year) DO UPDATE SET last = case_numbers.last + 1
    RETURNING last, (SELECT prefix FROM companies WHERE company_id = %(company_id)s)
"""


def _next_number(session: Session, year: int) -> str:
    """Like KIN-2026-0042. The counter's row is locked until the case is there, so no number is left out."""
    acting = acting_of(session)
    counted = run(
        session, _COUNT_ONE_MORE, {"group_id": acting.group_id, "company_id": acting.company_id, "year": year}
    )
    [(number, prefix)] = counted.fetchall()
    return f"{prefix}-{year}-{number:04}"


def _note_the_past(session: Session, case: Case, request: Request) -> None:
    sender: tuple[Actor, UUID | None] = (Actor.VISITOR, None)
    timeline.note(session, case, CaseEventKind.RECEIVED, at=request.received_at, by=sender, channel=request.channel)
    if request.channel is not Channel.PORTAL:
        timeline.note(session, case, CaseEventKind.ENTERED)
    elif request.identity_asked_at is not None:
        timeline.note(session, case, CaseEventKind.CODE_SENT, at=request.identity_asked_at, by=sender)

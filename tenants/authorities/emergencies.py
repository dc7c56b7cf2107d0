"""Break-glass: registers open for a while to whoever asked, once another has confirmed it (P54).

Two people, two tables: who asks writes it in their own name, who confirms in theirs, and PostgreSQL lets neither write
the other's. It also ends the access, at the statement after its time, and opens no register that was not asked for
(`may_open`, `closed_registers`). What was done under it is counted from the audit and reviewed by a third.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Select, Text, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from tenants.acting import Actor, PurposeKind
from tenants.audit import trail
from tenants.audit.model import AuditEntry
from tenants.authorities import refusals
from tenants.base import new_id
from tenants.companies.model import Assignment, Emergency, EmergencyAnswer, EmergencyGround, Member, Role
from tenants.companies.permissions import EMERGENCY_PURPOSE, Permission, require
from tenants.database import acting_of
from tenants.errors import Invalid, SeveralInvalid, TooLong
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import enqueue
from tenants.processors.model import Processor
from tenants.registers.model import Register

LEAST, MOST = 5, 72 * 60
LONGEST = {"reason": 2000, "review": 2000}
SHOWN = 200


class ReportEmergency(Job, frozen=True):
    """Due when its time is over, or at once when it was ended before."""

    name: ClassVar[str] = "authorities.report_emergency"
    purpose: ClassVar[PurposeKind | None] = PurposeKind.STORAGE

    emergency_id: UUID


class TellOfEmergency(Job, frozen=True):
    """A word to one who oversees: that a report waits for their review."""

    name: ClassVar[str] = "authorities.tell_of_emergency"
    queue: ClassVar[Queue] = Queue.OUTBOUND
    purpose: ClassVar[PurposeKind | None] = PurposeKind.STORAGE

    emergency_id: UUID
    member_id: UUID


class Done(Struct, frozen=True):
    """Under one emergency: so often this was done, to these. `ids` are of what `about` says."""

    action: str
    about: str
    times: int
    ids: tuple[UUID, ...]


class Access(Struct, frozen=True, kw_only=True):
    """What was asked and what became of it. `running`: it opens at this moment."""

    row: Emergency
    answer: EmergencyAnswer | None
    asked_by: str
    answered_by: str | None
    reviewed_by: str | None
    recipient: str | None
    registers: tuple[Register, ...]
    now: datetime

    @property
    def running(self) -> bool:
        one = self.answer
        return one is not None and not one.refused and one.ended_at is None and one.ends_at > self.now

    @property
    def awaits_review(self) -> bool:
        return self.answer is not None and self.answer.reported_at is not None and self.answer.reviewed_at is None

    @property
    def report(self) -> list[Done]:
        kept = (self.answer.report if self.answer else None) or []
        return [Done(str(o["action"]), str(o["about"]), int(str(o["times"])), _ids(o["ids"])) for o in kept]


def ask(
    session: Session,
    *,
    ground: EmergencyGround,
    reason: str,
    minutes: int,
    register_ids: Collection[UUID],
    recipient_id: UUID | None = None,
) -> UUID:
    """In the own name. Raises Forbidden, SeveralInvalid."""
    here = require(session, Permission.ASK_EMERGENCY)
    company_id = acting_of(session).company_id
    own = select(Register.register_id).where(
        Register.company_id == company_id, Register.register_id.in_(register_ids), Register.retired_at.is_(None)
    )
    problems: list[Invalid] = [] if reason.strip() else [refusals.ReasonMissing(field="reason")]
    problems += [TooLong(field="reason", most=LONGEST["reason"])] if len(reason) > LONGEST["reason"] else []
    problems += [] if LEAST <= minutes <= MOST else [refusals.TooManyMinutes(field="minutes")]
    if not register_ids or {*session.scalars(own)} != {*register_ids}:
        problems.append(refusals.NoRegisters(field="registers"))
    in_use = select(Processor.processor_id).where(
        Processor.processor_id == recipient_id, Processor.retired_at.is_(None)
    )
    if recipient_id is not None and session.scalar(in_use) is None:
        problems.append(refusals.NotARecipient(field="recipient"))
    if problems:
        raise SeveralInvalid(problems)
    row = Emergency(
        emergency_id=new_id(),
        company_id=company_id,
        asked_by=here.member_id,
        ground=ground,
        reason=reason.strip(),
        minutes=minutes,
        register_ids=list(register_ids),
        recipient_id=recipient_id,
    )
    session.add(row)
    session.flush()
    trail.record(session, "emergency.asked", about="emergency", ids=[row.emergency_id], minutes=minutes)
    return row.emergency_id


def answer(session: Session, emergency_id: UUID, *, confirm: bool) -> None:
    """By another. It begins now. Raises NoSuchEmergency, OwnEmergency, AnsweredAlready, Forbidden."""
    here = require(session, Permission.CONFIRM_EMERGENCY)
    found = get(session, emergency_id)
    if found.row.asked_by == here.member_id:
        raise refusals.OwnEmergency
    if found.answer is not None:
        raise refusals.AnsweredAlready
    if confirm:
        _refuse_second(session, found.row.asked_by)
    now = session.scalars(select(func.statement_timestamp())).one()
    row = EmergencyAnswer(
        emergency_id=emergency_id,
        company_id=found.row.company_id,
        asked_by=found.row.asked_by,
        answered_by=here.member_id,
        answered_at=now,
        refused=not confirm,
        ends_at=now + timedelta(minutes=found.row.minutes),
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        # Somebody else was first, in another window.
        raise refusals.AnsweredAlready from None
    if confirm:
        enqueue(session, ReportEmergency(emergency_id), due_at=row.ends_at)
    action = "emergency.confirmed" if confirm else "emergency.refused"
    trail.record(session, action, about="emergency", ids=[emergency_id])


def _refuse_second(session: Session, asked_by: UUID) -> None:
    """What is read is reported under one of them. Who confirms another at the same time waits here.

    Raises RunsAlready.
    """
    name = f"emergency of {asked_by}"
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
    if any(one.row.asked_by == asked_by for one in running(session)):
        raise refusals.RunsAlready


def end(session: Session, emergency_id: UUID) -> None:
    """Before its time: by whoever has it, or may confirm. Raises NoSuchEmergency, NotRunning, Forbidden."""
    found = get(session, emergency_id)
    if found.row.asked_by != acting_of(session).actor_id:
        require(session, Permission.CONFIRM_EMERGENCY)
    ended = session.execute(
        update(EmergencyAnswer)
        .where(
            EmergencyAnswer.emergency_id == emergency_id,
            EmergencyAnswer.refused.is_(False),
            EmergencyAnswer.ended_at.is_(None),
            EmergencyAnswer.ends_at > func.statement_timestamp(),
        )
        .values(ended_at=func.now(), ended_by=acting_of(session).actor_id)
        .returning(EmergencyAnswer.emergency_id)
    )
    if ended.first() is None:
        raise refusals.NotRunning
    enqueue(session, ReportEmergency(emergency_id))
    trail.record(session, "emergency.ended", about="emergency", ids=[emergency_id])


def report(session: Session, emergency_id: UUID) -> None:
    """Once it is over: what the audit says was done under it, and a word to whoever oversees. By the system."""
    row = session.scalar(select(EmergencyAnswer).where(EmergencyAnswer.emergency_id == emergency_id).with_for_update())
    if row is None or row.refused or row.reported_at is not None:
        return
    if row.ended_at is None and row.ends_at > datetime.now(UTC):
        return
    done = _done(session, emergency_id)
    row.report = [
        {"action": o.action, "about": o.about, "times": o.times, "ids": [str(i) for i in o.ids]} for o in done
    ]
    row.reported_at = datetime.now(UTC)
    session.flush()
    for member_id in officers(session):
        enqueue(session, TellOfEmergency(emergency_id, member_id))
    trail.record(
        session, "emergency.reported", about="emergency", ids=[emergency_id], entries=sum(o.times for o in done)
    )


def review(session: Session, emergency_id: UUID, *, said: str) -> None:
    """By a third, who oversees. Raises NoSuchEmergency, NotReported, ReviewedAlready, OwnReview, Invalid, Forbidden."""
    here = require(session, Permission.REVIEW_EMERGENCY)
    found = get(session, emergency_id)
    if found.answer is None or found.answer.reported_at is None:
        raise refusals.NotReported
    if here.member_id in (found.row.asked_by, found.answer.answered_by):
        raise refusals.OwnReview
    if not said.strip():
        raise refusals.ReasonMissing(field="review")
    if len(said) > LONGEST["review"]:
        raise TooLong(field="review", most=LONGEST["review"])
    reviewed = session.execute(
        update(EmergencyAnswer)
        .where(EmergencyAnswer.emergency_id == emergency_id, EmergencyAnswer.reviewed_at.is_(None))
        .values(reviewed_by=here.member_id, reviewed_at=func.now(), review=said.strip())
        .returning(EmergencyAnswer.emergency_id)
    )
    if reviewed.first() is None:
        raise refusals.ReviewedAlready
    trail.record(session, "emergency.reviewed", about="emergency", ids=[emergency_id])


def get(session: Session, emergency_id: UUID) -> Access:
    """Raises NoSuchEmergency, Forbidden."""
    require(session, Permission.SEE_AUTHORITIES)
    found = _found(session, emergency_id)
    if not found:
        raise refusals.NoSuchEmergency
    return found[0]


def listed(session: Session) -> list[Access]:
    """Of the acting company, the newest first. Raises Forbidden."""
    require(session, Permission.SEE_AUTHORITIES)
    return _found(session)


def officers(session: Session) -> list[UUID]:
    """Who oversees the acting company."""
    here = acting_of(session).company_id
    wanted = (
        select(Member.member_id)
        .join(Assignment, Assignment.member_id == Member.member_id)
        .where(Assignment.role == Role.DATA_PROTECTION_OFFICER, Member.deactivated_at.is_(None))
        .where((Assignment.company_id == here) | Assignment.company_id.is_(None))
    )
    return sorted({*session.scalars(wanted)})


def running(session: Session) -> list[Access]:
    return [one for one in _found(session) if one.running]


def unsettled(session: Session) -> list[tuple[Emergency, EmergencyAnswer | None]]:
    """Of the acting company: not answered, open, or with a report that nobody has reviewed; the oldest first."""
    answer = EmergencyAnswer
    wanted = (
        select(Emergency, answer)
        .outerjoin(answer, answer.emergency_id == Emergency.emergency_id)
        .where(Emergency.company_id == acting_of(session).company_id)
        .where(answer.answered_at.is_(None) | (answer.refused.is_(False) & answer.reviewed_at.is_(None)))
        .order_by(Emergency.asked_at)
    )
    return [(asked, answered) for asked, answered in session.execute(wanted)]


def counted_waiting(session: Session) -> Select[int]:
    """Those that nobody has answered, and reports that nobody has reviewed."""
    of_company = (
        select(func.count())
        .select_from(Emergency)
        .outerjoin(EmergencyAnswer, EmergencyAnswer.emergency_id == Emergency.emergency_id)
        .where(Emergency.company_id == acting_of(session).company_id)
    )
    waits = EmergencyAnswer.answered_at.is_(None) | (
        EmergencyAnswer.reported_at.is_not(None) & EmergencyAnswer.reviewed_at.is_(None)
    )
    return of_company.where(waits)


def _found(session: Session, emergency_id: UUID | None = None) -> list[Access]:
    asker, answerer, reviewer = aliased(Member), aliased(Member), aliased(Member)
    wanted = (
        select(
            Emergency, EmergencyAnswer, asker.name, answerer.name, reviewer.name, Processor.name,
            func.statement_timestamp(),
        )
        .join(asker, asker.member_id == Emergency.asked_by)
        .outerjoin(EmergencyAnswer, EmergencyAnswer.emergency_id == Emergency.emergency_id)
        .outerjoin(answerer, answerer.member_id == EmergencyAnswer.answered_by)
        .outerjoin(reviewer, reviewer.member_id == EmergencyAnswer.reviewed_by)
        .outerjoin(Processor, Processor.processor_id == Emergency.recipient_id)
        .where(Emergency.company_id == acting_of(session).company_id)
        .order_by(Emergency.asked_at.desc(), Emergency.emergency_id.desc())
        .limit(SHOWN)
    )  # fmt: skip
    rows = session.execute(wanted.where(Emergency.emergency_id == emergency_id) if emergency_id else wanted).all()
    named = {one for row, *_ in rows for one in row.register_ids}
    registers = {o.register_id: o for o in session.scalars(select(Register).where(Register.register_id.in_(named)))}
    return [
        Access(
            row=row,
            answer=answered,
            asked_by=asked_by,
            answered_by=answered_by,
            reviewed_by=reviewed_by,
            recipient=recipient,
            registers=tuple(registers[one] for one in row.register_ids if one in registers),
            now=now,
        )
        for row, answered, asked_by, answered_by, reviewed_by, recipient, now in rows
    ]


def _done(session: Session, emergency_id: UUID) -> list[Done]:
    marked = select(AuditEntry.action, AuditEntry.about, AuditEntry.about_ids).where(
        AuditEntry.actor == Actor.MEMBER,
        AuditEntry.purpose == EMERGENCY_PURPOSE,
        AuditEntry.figures["emergency"].astext.cast(Text) == str(emergency_id),
    )
    times: dict[tuple[str, str], int] = {}
    ids: dict[tuple[str, str], dict[UUID, None]] = {}
    for action, about, about_ids in session.execute(marked.order_by(AuditEntry.at, AuditEntry.entry_id)):
        times[action, about] = times.get((action, about), 0) + 1
        ids.setdefault((action, about), {}).update(dict.fromkeys(about_ids))
    return [Done(action, about, count, tuple(ids[action, about])) for (action, about), count in times.items()]


def _ids(kept: object) -> tuple[UUID, ...]:
    return tuple(UUID(str(one)) for one in kept) if isinstance(kept, list) else ()

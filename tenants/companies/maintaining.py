"""Maintenance access just in time: asked for with a ticket, granted by somebody of the company, over by itself.

Two people, two tables: who asks writes the ask in their own name, who grants the grant in theirs, and PostgreSQL lets
neither write the other's. It also ends the access, at the statement after its time (`may_open`).
"""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session, aliased

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.companies import get as get_company
from tenants.companies.model import Company, MaintenanceAsk, MaintenanceGrant, Member
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import Conflict, Forbidden, Invalid, NotFound, SeveralInvalid, TooLong
from tenants.groups.model import Group

PURPOSES = (PurposeKind.STORAGE, PurposeKind.CUSTOMER_CARE)
LONGEST = {"ticket": 100, "reason": 1000}
SHOWN = 200


class NeedsTicket(Invalid):
    """A maintenance access names the ticket it is for."""


class NeedsReason(Invalid):
    """A maintenance access says why the data has to be looked at."""


class TooManyHours(Invalid):
    """A maintenance access lasts at least one hour and at most %(hours)s."""


class NoPurposeOfMaintenance(Invalid):
    """Maintenance looks at data for the upkeep of registers or for customer service."""


class NoSuchAsk(NotFound):
    """There is no such maintenance access."""


class AnsweredAlready(Conflict):
    """This has been answered already."""


class OwnAsk(Forbidden):
    """Nobody grants a maintenance access to themselves."""


class Access(Struct, frozen=True, kw_only=True):
    """An ask and what became of it. `running`: it opens at this moment."""

    ask_id: UUID
    member_id: UUID
    member: str
    company: str
    company_id: UUID
    purpose: PurposeKind
    ticket: str
    reason: str
    asked_at: datetime
    ends_at: datetime
    refused: bool | None
    granted_by: str | None
    ended_at: datetime | None
    running: bool
    over: bool


def longest_hours(session: Session) -> int:
    """As many as the group allows."""
    return session.scalars(select(Group.maintenance_hours)).one()


def ask(session: Session, *, company_id: UUID, purpose: PurposeKind, ticket: str, reason: str, hours: int) -> UUID:
    """In the own name. Raises Forbidden, NoSuchCompany, SeveralInvalid."""
    here = require(session, Permission.ASK_MAINTENANCE)
    get_company(session, company_id)
    most = longest_hours(session)
    problems = [*_too_long("ticket", ticket), *_too_long("reason", reason)]
    problems += [] if ticket.strip() else [NeedsTicket(field="ticket")]
    problems += [] if reason.strip() else [NeedsReason(field="reason")]
    problems += [] if 1 <= hours <= most else [TooManyHours(field="hours", hours=most)]
    problems += [] if purpose in PURPOSES else [NoPurposeOfMaintenance(field="purpose")]
    if problems:
        raise SeveralInvalid(problems)
    now = session.scalars(select(func.statement_timestamp())).one()
    row = MaintenanceAsk(
        ask_id=new_id(),
        member_id=here.member_id,
        company_id=company_id,
        purpose=purpose,
        ticket=ticket.strip(),
        reason=reason.strip(),
        ends_at=now + timedelta(hours=hours),
    )
    session.add(row)
    session.flush()
    trail.record(session, "maintenance.asked", about="maintenance", ids=[row.ask_id], company=str(company_id))
    return row.ask_id


def answer(session: Session, ask_id: UUID, *, grant: bool) -> None:
    """By somebody who acts for the company. Raises NoSuchAsk, AnsweredAlready, OwnAsk, Forbidden."""
    here = require(session, Permission.GRANT_MAINTENANCE)
    asked = session.scalar(
        select(MaintenanceAsk).where(
            MaintenanceAsk.ask_id == ask_id, MaintenanceAsk.company_id == here.acting.company_id
        )
    )
    if asked is None:
        raise NoSuchAsk
    if asked.member_id == here.member_id:
        raise OwnAsk
    if session.scalar(select(MaintenanceGrant.ask_id).where(MaintenanceGrant.ask_id == ask_id)):
        raise AnsweredAlready
    session.add(
        MaintenanceGrant(
            ask_id=ask_id,
            member_id=asked.member_id,
            company_id=asked.company_id,
            purpose=asked.purpose,
            refused=not grant,
            granted_by=here.member_id,
            ends_at=asked.ends_at,
        )
    )
    session.flush()
    action = "maintenance.granted" if grant else "maintenance.refused"
    trail.record(session, action, about="maintenance", ids=[ask_id])


def end(session: Session, ask_id: UUID) -> None:
    """Before its time: by whoever has it, or by somebody who may grant at the company. Raises NoSuchAsk, Forbidden."""
    acting = acting_of(session)
    grant = session.scalar(select(MaintenanceGrant).where(MaintenanceGrant.ask_id == ask_id))
    if grant is None or acting.company_id not in (None, grant.company_id):
        raise NoSuchAsk
    if grant.member_id != acting.actor_id:
        require(session, Permission.GRANT_MAINTENANCE)
    ended = session.execute(
        update(MaintenanceGrant)
        .where(
            MaintenanceGrant.ask_id == ask_id,
            MaintenanceGrant.ended_at.is_(None),
            MaintenanceGrant.ends_at > func.statement_timestamp(),
        )
        .values(ended_at=func.now(), ended_by=acting.actor_id)
        .returning(MaintenanceGrant.ask_id)
    )
    if ended.first() is not None:
        trail.record(session, "maintenance.ended", about="maintenance", ids=[ask_id], company=str(grant.company_id))


def listed(session: Session) -> list[Access]:
    """Newest first: the company's that is acted for, or of all companies. Whoever only may ask sees their own."""
    here = require(session, Permission.SEE_MAINTENANCE)
    granter = aliased(Member)
    statement = (
        select(MaintenanceAsk, MaintenanceGrant, Member.name, granter.name, Company.name, func.statement_timestamp())
        .join(Member, Member.member_id == MaintenanceAsk.member_id)
        .join(Company, Company.company_id == MaintenanceAsk.company_id)
        .outerjoin(MaintenanceGrant, MaintenanceGrant.ask_id == MaintenanceAsk.ask_id)
        .outerjoin(granter, granter.member_id == MaintenanceGrant.granted_by)
        .order_by(MaintenanceAsk.asked_at.desc(), MaintenanceAsk.ask_id.desc())
        .limit(SHOWN)
    )
    if here.acting.company_id is not None:
        statement = statement.where(MaintenanceAsk.company_id == here.acting.company_id)
    if not here.may(Permission.SEE_AUDIT):
        statement = statement.where(MaintenanceAsk.member_id == here.member_id)
    return [
        _access(asked, grant, (member, by, company), now)
        for asked, grant, member, by, company, now in session.execute(statement)
    ]


def running(session: Session) -> list[tuple[UUID, datetime]]:
    """The asks at the company that is acted for that are let in at this moment, and until when."""
    found = session.execute(
        select(MaintenanceGrant.ask_id, MaintenanceGrant.ends_at).where(
            MaintenanceGrant.company_id == acting_of(session).company_id,
            MaintenanceGrant.refused.is_(False),
            MaintenanceGrant.ended_at.is_(None),
            MaintenanceGrant.ends_at > func.statement_timestamp(),
        )
    )
    return [(ask_id, ends_at) for ask_id, ends_at in found]


def counted_waiting(session: Session) -> Select[int]:
    """Asks at the company that is acted for, that nobody has answered and whose time is not over."""
    answered = select(MaintenanceGrant.ask_id).where(MaintenanceGrant.ask_id == MaintenanceAsk.ask_id)
    return select(func.count()).where(
        MaintenanceAsk.company_id == acting_of(session).company_id,
        MaintenanceAsk.ends_at > func.statement_timestamp(),
        ~answered.exists(),
    )


def _access(
    asked: MaintenanceAsk, grant: MaintenanceGrant | None, names: tuple[str, str | None, str], now: datetime
) -> Access:
    member, granter, company = names
    ended_at = grant.ended_at if grant else None
    over = ended_at is not None or asked.ends_at <= now
    return Access(
        ask_id=asked.ask_id,
        member_id=asked.member_id,
        member=member,
        company=company,
        company_id=asked.company_id,
        purpose=asked.purpose,
        ticket=asked.ticket,
        reason=asked.reason,
        asked_at=asked.asked_at,
        ends_at=asked.ends_at,
        refused=grant.refused if grant else None,
        granted_by=granter,
        ended_at=ended_at,
        running=grant is not None and not grant.refused and not over,
        over=over,
    )


def _too_long(field: str, value: str) -> list[Invalid]:
    return [TooLong(field=field, most=LONGEST[field])] if len(value) > LONGEST[field] else []

"""Roles are confirmed anew every so many months: only those whose tasks need the data keep it.

A campaign for each company, and one for the group-wide roles, lists what everybody holds. Somebody who manages members,
never the holder, keeps or takes each role; what nobody decided by the day ends by itself, after a word before.
"""

from calendar import monthrange
from datetime import date, timedelta
from typing import ClassVar
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.members import NotYoursToGive, OwnRoles, alone_with
from tenants.companies.model import Assignment, Campaign, Certification, Company, Member, Role, Verdict
from tenants.companies.permissions import Permission, Standing, require
from tenants.database import acting_of
from tenants.errors import Conflict, NotFound
from tenants.groups.model import Group
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import HELSINKI

USUAL_MONTHS = 12
DAYS_TO_DECIDE = 30
DAYS_OF_LAST_WORD = 7
SHOWN_PAST = 10


class CertifyRoles(Job, frozen=True):
    """Begin the campaigns that are due, tell of those that end soon, take away what nobody confirmed in time."""

    name: ClassVar[str] = "companies.certify_roles"


class TellOfRoles(Job, frozen=True):
    """One e-mail to one member. `last`: the campaign ends within days."""

    name: ClassVar[str] = "companies.tell_of_roles"
    queue: ClassVar[Queue] = Queue.OUTBOUND
    campaign_id: UUID
    member_id: UUID
    last: bool


class NoSuchCertification(NotFound):
    """There is no such role to confirm."""


class CertifiedAlready(Conflict):
    """This role has been decided on already, or the time for it is over."""


class CampaignRuns(Conflict):
    """These roles are being confirmed already."""


class NothingToCertify(Conflict):
    """Nobody holds a role here."""


class Listed(Struct, frozen=True, kw_only=True):
    campaign_id: UUID
    assignment_id: UUID
    member_id: UUID
    member: str
    role: Role
    company_id: UUID | None
    verdict: Verdict | None
    decided_by: str | None


class Running(Struct, frozen=True, kw_only=True):
    """A campaign that is open; `company` is empty for the group-wide roles."""

    campaign_id: UUID
    company: str | None
    due_on: date
    roles: tuple[Listed, ...]

    @property
    def decided(self) -> int:
        return sum(1 for one in self.roles if one.verdict is not None)


class Ended(Struct, frozen=True):
    """A role that did not outlive its campaign: taken, or confirmed by nobody."""

    member: str
    role: Role
    verdict: Verdict


class Past(Struct, frozen=True, kw_only=True):
    campaign_id: UUID
    company: str | None
    due_on: date
    kept: int
    revoked: int
    lapsed: int
    ended: tuple[Ended, ...]


def keep_up(session: Session, *, today: date) -> None:
    """By the system for the group, any number of times a day."""
    _close_overdue(session, today)
    _say_last_word(session, today)
    group = session.scalars(select(Group)).one()
    companies = session.scalars(select(Company).where(Company.retired_at.is_(None)).order_by(Company.company_id))
    began = {None: group.created_at} | {company.company_id: company.created_at for company in companies}
    newest: dict[UUID | None, Campaign] = {
        one.company_id: one for one in session.scalars(select(Campaign).order_by(Campaign.opened_at))
    }
    for company_id, created_at in began.items():
        last = newest.get(company_id)
        if last is not None and last.closed_at is None:
            continue
        since = (last.opened_at if last else created_at).astimezone(HELSINKI).date()
        if months_after(since, months(session)) <= today:
            _begin(session, company_id, today)


def begin(session: Session, *, today: date) -> UUID:
    """Before its time, for the company that is acted for or the group-wide roles.

    Raises CampaignRuns, NothingToCertify, Forbidden.
    """
    here = require(session, Permission.MANAGE_MEMBERS)
    company_id = here.acting.company_id
    running = select(Campaign.campaign_id).where(
        Campaign.company_id.is_not_distinct_from(company_id), Campaign.closed_at.is_(None)
    )
    if session.scalar(running) is not None:
        raise CampaignRuns
    campaign_id = _begin(session, company_id, today)
    if campaign_id is None:
        raise NothingToCertify
    return campaign_id


def decide(session: Session, campaign_id: UUID, assignment_id: UUID, *, keep: bool) -> None:
    """Raises NoSuchCertification, CertifiedAlready, OwnRoles, NotYoursToGive, Forbidden."""
    here = require(session, Permission.MANAGE_MEMBERS)
    row, company_id = _get(session, here, campaign_id, assignment_id)
    alone_with(session, row.member_id)
    decided = session.execute(
        update(Certification)
        .where(
            Certification.campaign_id == campaign_id,
            Certification.assignment_id == assignment_id,
            Certification.verdict.is_(None),
        )
        .values(verdict=Verdict.KEPT if keep else Verdict.REVOKED, decided_by=here.member_id, decided_at=func.now())
        .returning(Certification.assignment_id)
    )
    if decided.first() is None:
        raise CertifiedAlready
    if not keep:
        session.execute(delete(Assignment).where(Assignment.assignment_id == assignment_id))
    action = "role.confirmed" if keep else "role.taken"
    trail.record(
        session, action, about="member", ids=[row.member_id], role=row.role, company=str(company_id or "group")
    )


def running(session: Session) -> list[Running]:
    """The company's that is acted for, or all: first what is still to be decided."""
    here = require(session, Permission.SEE_MEMBERS)
    company_id = here.acting.company_id
    campaigns: dict[UUID, tuple[Campaign, str | None]] = {}
    roles: dict[UUID, list[Listed]] = {}
    for row, campaign, member, company, by in session.execute(_of_open_campaigns()):
        if company_id not in (None, campaign.company_id):
            continue
        campaigns[campaign.campaign_id] = campaign, company
        roles.setdefault(campaign.campaign_id, []).append(
            Listed(
                campaign_id=row.campaign_id,
                assignment_id=row.assignment_id,
                member_id=row.member_id,
                member=member,
                role=row.role,
                company_id=campaign.company_id,
                verdict=row.verdict,
                decided_by=by,
            )
        )
    return [
        Running(campaign_id=campaign_id, company=company, due_on=campaign.due_on, roles=tuple(roles[campaign_id]))
        for campaign_id, (campaign, company) in campaigns.items()
    ]


def past(session: Session) -> list[Past]:
    """How the campaigns ended that are over, the newest first."""
    here = require(session, Permission.SEE_MEMBERS)
    statement = (
        select(Campaign.campaign_id, Company.name, Campaign.due_on)
        .add_columns(_counted(Verdict.KEPT), _counted(Verdict.REVOKED), _counted(Verdict.LAPSED))
        .outerjoin(Company, Company.company_id == Campaign.company_id)
        .outerjoin(Certification, Certification.campaign_id == Campaign.campaign_id)
        .where(Campaign.closed_at.is_not(None))
        .group_by(Campaign.campaign_id, Company.name, Campaign.due_on)
        .order_by(Campaign.due_on.desc(), Campaign.campaign_id.desc())
        .limit(SHOWN_PAST)
    )
    if here.acting.company_id is not None:
        statement = statement.where(Campaign.company_id == here.acting.company_id)
    rows = session.execute(statement).all()
    ended = _ended(session, [campaign_id for campaign_id, *_ in rows])
    return [
        Past(
            campaign_id=campaign_id,
            company=company,
            due_on=due_on,
            kept=kept,
            revoked=revoked,
            lapsed=lapsed,
            ended=tuple(ended.get(campaign_id, ())),
        )
        for campaign_id, company, due_on, kept, revoked, lapsed in rows
    ]


def counted_waiting(session: Session) -> Select[int]:
    """Roles that the member who acts may decide on, if they manage members."""
    acting = acting_of(session)
    waits = (
        select(func.count())
        .select_from(Certification)
        .join(Campaign, Campaign.campaign_id == Certification.campaign_id)
        .join(Assignment, Assignment.assignment_id == Certification.assignment_id)
        .where(
            Campaign.closed_at.is_(None), Certification.verdict.is_(None), Certification.member_id != acting.actor_id
        )
    )
    return waits if acting.company_id is None else waits.where(Campaign.company_id == acting.company_id)


def months(session: Session) -> int:
    """How often, as the group says."""
    return session.scalars(select(Group.certify_months)).one() or USUAL_MONTHS


def months_after(day: date, number: int) -> date:
    """The same day of a later month, or its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + number, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def _of_open_campaigns() -> Select[Certification, Campaign, str, str | None, str | None]:
    """What was taken away otherwise meanwhile is left out: on that nobody decides."""
    decider = aliased(Member)
    held_or_decided = or_(Assignment.assignment_id.is_not(None), Certification.verdict.is_not(None))
    return (
        select(Certification, Campaign, Member.name, Company.name, decider.name)
        .join(Campaign, Campaign.campaign_id == Certification.campaign_id)
        .join(Member, Member.member_id == Certification.member_id)
        .outerjoin(Company, Company.company_id == Campaign.company_id)
        .outerjoin(decider, decider.member_id == Certification.decided_by)
        .outerjoin(Assignment, Assignment.assignment_id == Certification.assignment_id)
        .where(Campaign.closed_at.is_(None), held_or_decided)
        .order_by(
            Company.position.nulls_first(),
            Campaign.campaign_id,
            Certification.verdict.is_not(None),
            Member.name,
            Certification.assignment_id,
        )
    )


def _ended(session: Session, campaign_ids: list[UUID]) -> dict[UUID, list[Ended]]:
    rows = session.execute(
        select(Certification.campaign_id, Member.name, Certification.role, Certification.verdict)
        .join(Member, Member.member_id == Certification.member_id)
        .where(
            Certification.campaign_id.in_(campaign_ids), Certification.verdict.in_((Verdict.REVOKED, Verdict.LAPSED))
        )
        .order_by(Member.name, Certification.assignment_id)
    )
    found: dict[UUID, list[Ended]] = {}
    for campaign_id, name, role, verdict in rows:
        if verdict is not None:
            found.setdefault(campaign_id, []).append(Ended(name, role, verdict))
    return found


def _counted(verdict: Verdict) -> ColumnElement[int]:
    return func.count(Certification.assignment_id).filter(Certification.verdict == verdict)


def _get(session: Session, here: Standing, campaign_id: UUID, assignment_id: UUID) -> tuple[Certification, UUID | None]:
    found = session.execute(
        select(Certification, Campaign.company_id, Campaign.closed_at, Assignment.assignment_id)
        .join(Campaign, Campaign.campaign_id == Certification.campaign_id)
        .outerjoin(Assignment, Assignment.assignment_id == Certification.assignment_id)
        .where(Certification.campaign_id == campaign_id, Certification.assignment_id == assignment_id)
    ).one_or_none()
    if found is None:
        raise NoSuchCertification
    row, company_id, closed_at, held = found
    if here.acting.company_id not in (None, company_id):
        raise NotYoursToGive
    if row.member_id == here.member_id:
        raise OwnRoles
    if closed_at is not None or row.verdict is not None or held is None:
        raise CertifiedAlready
    return row, company_id


def _begin(session: Session, company_id: UUID | None, today: date) -> UUID | None:
    held = session.scalars(
        select(Assignment)
        .join(Member, Member.member_id == Assignment.member_id)
        .where(Assignment.company_id.is_not_distinct_from(company_id), Member.deactivated_at.is_(None))
    ).all()
    if not held:
        return None
    campaign = Campaign(campaign_id=new_id(), company_id=company_id, due_on=today + timedelta(days=DAYS_TO_DECIDE))
    session.add(campaign)
    session.flush()
    session.add_all(
        Certification(
            campaign_id=campaign.campaign_id, assignment_id=one.assignment_id, member_id=one.member_id, role=one.role
        )
        for one in held
    )
    session.flush()
    for member_id in _deciders(session, company_id):
        _tell(session, campaign, member_id, last=False)
    trail.record(session, "certification.begun", about="campaign", ids=[campaign.campaign_id], roles=len(held))
    return campaign.campaign_id


def _say_last_word(session: Session, today: date) -> None:
    """To whoever may still decide, and to whom a role ends that nobody has confirmed."""
    near = today + timedelta(days=DAYS_OF_LAST_WORD)
    ending = session.scalars(
        select(Campaign).where(Campaign.closed_at.is_(None), Campaign.told_at.is_(None), Campaign.due_on <= near)
    ).all()
    for campaign in ending:
        holders = {row.member_id for row in _undecided(session, campaign)}
        deciders = _deciders(session, campaign.company_id) if holders else []
        for member_id in sorted({*holders, *deciders}):
            _tell(session, campaign, member_id, last=True)
        # Where nobody looked for a while, nothing ends without the word, nor sooner after it.
        campaign.told_at, campaign.due_on = func.now(), max(campaign.due_on, near)
        session.flush()


def _close_overdue(session: Session, today: date) -> None:
    overdue = session.scalars(
        select(Campaign).where(Campaign.closed_at.is_(None), Campaign.due_on < today, Campaign.told_at.is_not(None))
    ).all()
    for campaign in overdue:
        lapsing = _without_the_last_admin(session, _undecided(session, campaign))
        ids = [row.assignment_id for row in lapsing]
        session.execute(
            update(Certification)
            .where(
                Certification.campaign_id == campaign.campaign_id,
                Certification.assignment_id.in_(ids),
                Certification.verdict.is_(None),
            )
            .values(verdict=Verdict.LAPSED, decided_at=func.now())
        )
        session.execute(delete(Assignment).where(Assignment.assignment_id.in_(ids)))
        for row in lapsing:
            where = str(campaign.company_id or "group")
            trail.record(session, "role.lapsed", about="member", ids=[row.member_id], role=row.role, company=where)
        campaign.closed_at = func.now()
        session.flush()
        trail.record(session, "certification.closed", about="campaign", ids=[campaign.campaign_id], lapsed=len(ids))


Undecided = Row[tuple[UUID, UUID, Role]]


def _undecided(session: Session, campaign: Campaign) -> list[Undecided]:
    return list(
        session.execute(
            select(Certification.assignment_id, Certification.member_id, Certification.role)
            .join(Assignment, Assignment.assignment_id == Certification.assignment_id)
            .where(Certification.campaign_id == campaign.campaign_id, Certification.verdict.is_(None))
            .order_by(Certification.assignment_id)
            .with_for_update(of=Certification)
        )
    )


def _without_the_last_admin(session: Session, lapsing: list[Undecided]) -> list[Undecided]:
    """Without any group administrator nobody could give a role back: the one who was first stays."""
    ids = [row.assignment_id for row in lapsing]
    left = (
        select(Assignment.assignment_id)
        .join(Member, Member.member_id == Assignment.member_id)
        .where(
            Assignment.role == Role.GROUP_ADMIN,
            Assignment.assignment_id.not_in(ids),
            Member.deactivated_at.is_(None),
        )
        .limit(1)
    )
    admins = [row.assignment_id for row in lapsing if row.role is Role.GROUP_ADMIN]
    if not admins or session.scalar(left) is not None:
        return lapsing
    return [row for row in lapsing if row.assignment_id != admins[0]]


def _deciders(session: Session, company_id: UUID | None) -> list[UUID]:
    """The company's administrators; where these are fewer than two, those of the group with them."""
    held = (
        select(Assignment.member_id, Assignment.role)
        .join(Member, and_(Member.member_id == Assignment.member_id, Member.deactivated_at.is_(None)))
        .where(
            or_(
                and_(Assignment.role == Role.COMPANY_ADMIN, Assignment.company_id == company_id),
                Assignment.role == Role.GROUP_ADMIN,
            )
        )
    )
    rows = session.execute(held).all()
    own = {member_id for member_id, role in rows if role is Role.COMPANY_ADMIN}
    return sorted(own if len(own) > 1 else {member_id for member_id, _ in rows})


def _tell(session: Session, campaign: Campaign, member_id: UUID, *, last: bool) -> None:
    job = TellOfRoles(campaign.campaign_id, member_id, last)
    enqueue(session, job, company_id=campaign.company_id, once=f"{campaign.campaign_id} {member_id} {last}")

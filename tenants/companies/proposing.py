"""Roles that take two: one administrator gives, another confirms, and neither is the holder (`roles_by_two`).

PostgreSQL asks the same of every role that a member writes down. Taking a role away takes one, so that it is quick.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Select, and_, delete, func, or_, select
from sqlalchemy.orm import Session, aliased

from tenants.audit import trail
from tenants.companies import members
from tenants.companies.model import Assignment, Company, Member, ProposedRole, Role
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import Conflict, Forbidden, NotFound


class NoSuchProposal(NotFound):
    """No such role waits to be confirmed."""


class OwnProposal(Forbidden):
    """Nobody confirms a role that they have given themselves; another administrator does."""


class ProposerMayNot(Conflict):
    """Whoever gave this role may give it no longer. Decline it; another administrator can give it anew."""


class Waiting(Struct, frozen=True, kw_only=True):
    """`company` is empty where the role is to hold for the whole group."""

    proposal_id: UUID
    member_id: UUID
    member: str
    role: Role
    company_id: UUID | None
    company: str | None
    proposed_by: UUID
    proposer: str
    proposed_at: datetime


def waiting(session: Session) -> list[Waiting]:
    """Of the company that is acted for, or all; the oldest first."""
    company_id = require(session, Permission.SEE_MEMBERS).acting.company_id
    proposer = aliased(Member)
    rows = session.execute(
        select(ProposedRole, Member.name, proposer.name, Company.name)
        .join(Member, Member.member_id == ProposedRole.member_id)
        .join(proposer, proposer.member_id == ProposedRole.proposed_by)
        .outerjoin(Company, Company.company_id == ProposedRole.company_id)
        .order_by(ProposedRole.proposal_id)
    )
    return [
        Waiting(
            proposal_id=row.proposal_id,
            member_id=row.member_id,
            member=member,
            role=row.role,
            company_id=row.company_id,
            company=company,
            proposed_by=row.proposed_by,
            proposer=by,
            proposed_at=row.proposed_at,
        )
        for row, member, by, company in rows
        if company_id in (None, row.company_id)
    ]


def counted_waiting(session: Session) -> Select[int]:
    """Those that the member who acts may confirm, at the company that is acted for or in the whole group."""
    acting = acting_of(session)
    waits = select(func.count()).where(
        ProposedRole.proposed_by != acting.actor_id, ProposedRole.member_id != acting.actor_id
    )
    return waits if acting.company_id is None else waits.where(ProposedRole.company_id == acting.company_id)


def confirm(session: Session, proposal_id: UUID) -> None:
    """The role holds from now on, if whoever gave it may still give it.

    Raises NoSuchProposal, OwnProposal, ProposerMayNot, AlreadyAssigned, NotForOutsiders, Forbidden.
    """
    row = _get(session, proposal_id)
    if row.proposed_by == acting_of(session).actor_id:
        raise OwnProposal
    if not _may_still_give(session, row):
        raise ProposerMayNot
    members.must_be_new(session, row.member_id, row.role, row.company_id)
    members.hold(session, row.member_id, row.role, row.company_id)
    trail.record(
        session,
        "role.given",
        about="member",
        ids=[row.member_id],
        role=row.role,
        company=members.where(row.company_id),
        proposed_by=str(row.proposed_by),
    )


def decline(session: Session, proposal_id: UUID) -> None:
    """By whoever might confirm it, or takes back what they gave. Raises NoSuchProposal, Forbidden."""
    row = _get(session, proposal_id)
    session.execute(delete(ProposedRole).where(ProposedRole.proposal_id == proposal_id))
    company = members.where(row.company_id)
    trail.record(session, "role.declined", about="member", ids=[row.member_id], role=row.role, company=company)


def _may_still_give(session: Session, row: ProposedRole) -> bool:
    """One administrator alone is not to give what another, who is none by now, was once of a mind to give."""
    administering = or_(
        and_(Assignment.role == Role.GROUP_ADMIN, Assignment.company_id.is_(None)),
        and_(Assignment.role == Role.COMPANY_ADMIN, Assignment.company_id == row.company_id),
    )
    found = (
        select(Assignment.assignment_id)
        .join(Member, Member.member_id == Assignment.member_id)
        .where(Member.member_id == row.proposed_by, Member.deactivated_at.is_(None), administering)
    )
    return session.scalar(found.limit(1)) is not None


def _get(session: Session, proposal_id: UUID) -> ProposedRole:
    """Whoever decides about the same member meanwhile waits, and then finds that it was decided."""
    found = select(ProposedRole).where(ProposedRole.proposal_id == proposal_id)
    row = session.scalar(found)
    if row is None:
        raise NoSuchProposal
    members.must_manage(session, row.member_id, row.company_id)
    session.execute(
        select(Member.member_id).where(Member.member_id == row.member_id).with_for_update(key_share=True)
    )  # fmt: skip
    session.expire(row)
    if session.scalar(found) is None:
        raise NoSuchProposal
    return row

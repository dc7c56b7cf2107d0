"""Members of staff: who they are, which roles they hold, for which companies they may act."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from tenants.acting import Actor, PurposeKind
from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.model import Assignment, Company, Member, ProposedRole, Role, StaffContract
from tenants.companies.permissions import EXTERNAL_ROLES, Permission, Standing, require, standing
from tenants.database import acting_of
from tenants.errors import Conflict, Forbidden, Invalid, NotFound, SeveralInvalid, TooLong
from tenants.groups.model import Group

# An identity provider's `sub` is at most this long (OpenID Connect Core, §2), an address too (RFC 5321).
LONGEST = {"subject": 255, "name": 200, "email": 254}


class NotAMember(Forbidden):
    """This account is not a member of staff here. A group or company administrator can add it."""


class NoSuchMember(NotFound):
    """There is no such member of staff."""


class NoSuchAssignment(NotFound):
    """There is no such role."""


class NoSuchCompany(NotFound):
    """There is no such company."""


class AlreadyMember(Conflict):
    """This account is a member of staff already."""


class AlreadyAssigned(Conflict):
    """This member has the role already."""


class AlreadyProposed(Conflict):
    """This role waits already for another administrator to confirm it."""


class OwnRoles(Forbidden):
    """Nobody changes their own roles."""


class NotYoursToGive(Forbidden):
    """A company administrator gives and takes roles at the own company only."""


class GivenBySignIn(Conflict):
    """The identity provider says that this account has the role; it is taken away there."""


class NothingGiven(Invalid):
    """This cannot be empty."""


class GroupWideOnly(Invalid):
    """Only the whole group can be administered by a group administrator, so this role takes no company."""


class CompanyNeeded(Invalid):
    """This role is held at one company; choose the company."""


class NotForOutsiders(Invalid):
    """People of a processor hold this role not, or not at this company."""


class Choice(Struct, frozen=True):
    """A company and purpose that a member may act for; neither means administration without personal data."""

    company_id: UUID | None
    company: str | None
    purpose: PurposeKind | None


class Held(Struct, frozen=True):
    """A role that a member has; `company` is empty where it holds for the whole group.

    `by_sign_in`: claims of the identity provider give it.
    """

    assignment_id: UUID
    role: Role
    company_id: UUID | None
    company: str | None
    by_sign_in: bool


class Listed(Struct, frozen=True):
    """`brought_by` is the company whose administrator added the account."""

    member_id: UUID
    name: str
    email: str
    deactivated_at: datetime | None
    brought_by: UUID | None
    roles: tuple[Held, ...]
    contract_id: UUID | None


def find(session: Session, *, issuer: str, subject: str) -> Member:
    """The active member whom this identity provider knows by this subject. Raises NotAMember."""
    member = session.scalar(
        select(Member).where(Member.issuer == issuer, Member.subject == subject, Member.deactivated_at.is_(None))
    )
    if member is None:
        raise NotAMember
    return member


def choices(session: Session, here: Standing) -> list[Choice]:
    """What this member may act for, in the companies' order; administration first for whoever has a group-wide role."""
    companies = session.execute(
        select(Company.company_id, Company.name)
        .where(Company.retired_at.is_(None))
        .order_by(Company.position, Company.name)
    ).all()
    found = [Choice(None, None, None)] if here.roles_at(None) else []
    for company_id, name in companies:
        if here.roles_at(company_id):
            purposes: Sequence[PurposeKind | None] = here.purposes_at(company_id) or (None,)
            found += [Choice(company_id, name, purpose) for purpose in purposes]
    return found


def first_choice(offered: Sequence[Choice]) -> Choice:
    """Where a member starts: at the first company with requests to answer, else wherever something is offered."""
    with_requests = (one for one in offered if one.purpose is PurposeKind.RIGHTS_REQUEST)
    return next(with_requests, offered[0] if offered else Choice(None, None, None))


def signed_in(session: Session) -> Choice:
    """Notes that the member who acts has signed in, and where they start. Raises NoLongerMember."""
    here = standing(session)
    trail.record(session, "member.signed_in", about="member", ids=[here.member_id])
    return first_choice(choices(session, here))


def signed_out(session: Session, member_id: UUID) -> None:
    trail.record(session, "member.signed_out", about="member", ids=[member_id])


def names(session: Session, member_ids: Collection[UUID]) -> dict[UUID, str]:
    """Of former members too: the audit names who acted long ago."""
    rows = session.execute(select(Member.member_id, Member.name).where(Member.member_id.in_(member_ids)))
    return {member_id: name for member_id, name in rows}  # noqa: C416 (typed rows, not pairs)


def names_with(session: Session, role: Role) -> list[str]:
    """Who has this role in the whole group."""
    held = (
        select(Member.name)
        .join(Assignment, Assignment.member_id == Member.member_id)
        .where(Assignment.role == role, Assignment.company_id.is_(None), Member.deactivated_at.is_(None))
    )
    return list(session.scalars(held.distinct().order_by(Member.name)))


def holding(session: Session, role: Role, company_id: UUID) -> Sequence[Member]:
    """Who has this role at this company, or in the whole group."""
    here = or_(Assignment.company_id.is_(None), Assignment.company_id == company_id)
    held = select(Assignment.member_id).where(Assignment.role == role, here)
    return session.scalars(
        select(Member).where(Member.member_id.in_(held), Member.deactivated_at.is_(None)).order_by(Member.name)
    ).all()


def listed(session: Session) -> list[Listed]:
    """Those whom the member who acts may see: a company's own, the group-wide, who has no role yet; or everybody."""
    company_id = acting_of(session).company_id
    rows = session.execute(
        select(Member, Assignment, Company.name)
        .select_from(Member)
        .outerjoin(Assignment)
        .outerjoin(Company)
        .order_by(Member.created_at, Member.member_id, Assignment.created_at, Assignment.assignment_id)
    ).all()  # fmt: skip
    found = {member.member_id: member for member, _, _ in rows}
    with_roles = {member.member_id for member, assignment, _ in rows if assignment is not None or member.deactivated_at}
    roles: dict[UUID, list[Held]] = {member_id: [] for member_id in found}
    for member, assignment, company in rows:
        if assignment is not None and (company_id is None or assignment.company_id in (None, company_id)):
            held = _held(assignment, company)
            roles[member.member_id].append(held)
    return [
        Listed(
            one.member_id,
            one.name,
            one.email,
            one.deactivated_at,
            one.brought_by,
            tuple(roles[one.member_id]),
            one.contract_id,
        )
        for one in found.values()
        if company_id is None or roles[one.member_id] or one.member_id not in with_roles
    ]


def add(session: Session, *, issuer: str, subject: str, name: str, email: str) -> Member:
    """Somebody whom the identity provider knows, as yet without a role. Raises AlreadyMember, SeveralInvalid."""
    must_manage(session)
    given = {"subject": subject, "name": name, "email": email}
    problems = [problem for field, value in given.items() for problem in _problems(field, value)]
    if problems:
        raise SeveralInvalid(problems)
    known = session.scalar(select(Member).where(Member.issuer == issuer, Member.subject == subject))
    if known is not None:
        raise AlreadyMember
    member = Member(
        member_id=new_id(),
        issuer=issuer,
        subject=subject,
        name=name,
        email=email,
        brought_by=acting_of(session).company_id,
    )
    session.add(member)
    session.flush()
    trail.record(session, "member.added", about="member", ids=[member.member_id])
    return member


def assign(session: Session, member_id: UUID, role: Role, *, company_id: UUID | None = None) -> bool:
    """Whether the role holds from now on; else it waits for another administrator, for the group wants two.

    Raises NoSuchMember, NoSuchCompany, AlreadyAssigned, AlreadyProposed, GroupWideOnly, CompanyNeeded, NotForOutsiders,
    Forbidden.
    """
    _must_exist(session, member_id, company_id)
    must_manage(session, member_id, company_id)
    check_place(role, company_id)
    must_be_new(session, member_id, role, company_id)
    if _waits_for_another(session):
        _propose(session, member_id, role, company_id)
        return False
    hold(session, member_id, role, company_id)
    trail.record(session, "role.given", about="member", ids=[member_id], role=role, company=where(company_id))
    return True


def hold(session: Session, member_id: UUID, role: Role, company_id: UUID | None) -> None:
    """What waited for it goes. Whether whoever acts may give it has been asked."""
    session.add(Assignment(assignment_id=new_id(), member_id=member_id, role=role, company_id=company_id))
    session.flush()
    session.execute(delete(ProposedRole).where(*_is_proposed(member_id, role, company_id)))


def must_be_new(session: Session, member_id: UUID, role: Role, company_id: UUID | None) -> None:
    """Raises NotForOutsiders, AlreadyAssigned."""
    _must_fit_the_contract(session, member_id, role, company_id)
    held = select(Assignment.assignment_id).where(
        Assignment.member_id == member_id,
        Assignment.role == role,
        Assignment.company_id.is_not_distinct_from(company_id),
    )
    if session.scalar(held) is not None:
        raise AlreadyAssigned


def unassign(session: Session, assignment_id: UUID) -> None:
    """Raises NoSuchAssignment, GivenBySignIn, Forbidden."""
    assignment = session.scalar(select(Assignment).where(Assignment.assignment_id == assignment_id))
    if assignment is None:
        raise NoSuchAssignment
    must_manage(session, assignment.member_id, assignment.company_id)
    if assignment.provider_id is not None:
        raise GivenBySignIn
    session.execute(delete(Assignment).where(Assignment.assignment_id == assignment_id))
    trail.record(
        session,
        "role.taken",
        about="member",
        ids=[assignment.member_id],
        role=assignment.role,
        company=where(assignment.company_id),
    )


def deactivate(session: Session, member_id: UUID) -> None:
    """The account opens nothing from its next request on. Raises NoSuchMember, Forbidden."""
    _must_exist(session, member_id, None)
    must_manage(session, member_id, None)
    left = session.execute(
        update(Member)
        .where(Member.member_id == member_id, Member.deactivated_at.is_(None))
        .values(deactivated_at=func.now())
        .returning(Member.member_id)
    )  # fmt: skip
    if left.first() is None:
        raise NoSuchMember
    session.execute(delete(ProposedRole).where(ProposedRole.member_id == member_id))
    trail.record(session, "member.deactivated", about="member", ids=[member_id])


def must_manage(session: Session, member_id: UUID | None = None, company_id: UUID | None = None) -> None:
    """The system may; a member with the permission may, but not for themselves and not beyond the own company."""
    acting = acting_of(session)
    if acting.actor is Actor.SYSTEM:
        return
    require(session, Permission.MANAGE_MEMBERS)
    if member_id is not None and member_id == acting.actor_id:
        raise OwnRoles
    if member_id is not None and acting.company_id is not None and company_id != acting.company_id:
        raise NotYoursToGive
    if member_id is not None:
        alone_with(session, member_id)


def alone_with(session: Session, member_id: UUID) -> None:
    """Of two who decide about each other, the second waits and then has what the first left them. Raises Forbidden."""
    both = (member_id, acting_of(session).actor_id)
    held = select(Member.member_id).where(Member.member_id.in_(both)).order_by(Member.member_id)
    session.execute(held.with_for_update(key_share=True))
    require(session, Permission.MANAGE_MEMBERS)


def _held(row: Assignment, company: str | None) -> Held:
    return Held(row.assignment_id, row.role, row.company_id, company, row.provider_id is not None)


def _waits_for_another(session: Session) -> bool:
    """What the system does, an operator or the demo does: the first administrator has no second one."""
    return acting_of(session).actor is Actor.MEMBER and bool(session.scalar(select(Group.roles_by_two)))


def _propose(session: Session, member_id: UUID, role: Role, company_id: UUID | None) -> None:
    if session.scalar(select(ProposedRole.proposal_id).where(*_is_proposed(member_id, role, company_id))) is not None:
        raise AlreadyProposed
    session.add(
        ProposedRole(
            proposal_id=new_id(),
            member_id=member_id,
            role=role,
            company_id=company_id,
            proposed_by=acting_of(session).actor_id,
        )
    )
    session.flush()
    trail.record(session, "role.proposed", about="member", ids=[member_id], role=role, company=where(company_id))


def _is_proposed(member_id: UUID, role: Role, company_id: UUID | None) -> tuple[ColumnElement[bool], ...]:
    return (
        ProposedRole.member_id == member_id,
        ProposedRole.role == role,
        ProposedRole.company_id.is_not_distinct_from(company_id),
    )


def check_place(role: Role, company_id: UUID | None) -> None:
    """Raises GroupWideOnly, CompanyNeeded."""
    if role is Role.GROUP_ADMIN and company_id is not None:
        raise GroupWideOnly(field="company")
    if role in (Role.COMPANY_ADMIN, Role.REGISTER_OWNER) and company_id is None:
        raise CompanyNeeded(field="company")


def _must_exist(session: Session, member_id: UUID, company_id: UUID | None) -> None:
    if session.scalar(select(Member.member_id).where(Member.member_id == member_id)) is None:
        raise NoSuchMember
    if company_id and session.scalar(select(Company.company_id).where(Company.company_id == company_id)) is None:
        raise NoSuchCompany


def _must_fit_the_contract(session: Session, member_id: UUID, role: Role, company_id: UUID | None) -> None:
    contract_at = session.scalar(
        select(StaffContract.company_id)
        .join(Member, Member.contract_id == StaffContract.contract_id)
        .where(Member.member_id == member_id)
    )
    if contract_at is not None and (role not in EXTERNAL_ROLES or company_id != contract_at):
        raise NotForOutsiders(field="role")


def _problems(field: str, value: str) -> Iterator[Invalid]:
    if not value.strip():
        yield NothingGiven(field=field)
    if len(value) > LONGEST[field]:
        yield TooLong(field=field, most=LONGEST[field])


def where(company_id: UUID | None) -> str:
    return str(company_id or "group")

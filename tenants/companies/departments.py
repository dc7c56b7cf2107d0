"""Departments of a company and who works in them. Which registers are bound to them the registers say."""

from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.members import NoSuchMember, OwnRoles
from tenants.companies.model import Department, DepartmentMember, Member
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import Conflict, Forbidden, Invalid, NotFound, TooLong
from tenants.languages.speaking import Text

LONGEST_NAME = 100


class NoSuchDepartment(NotFound):
    """There is no such department."""


class NeedsDepartmentName(Invalid):
    """A department has a name."""


class KnownDepartment(Conflict):
    """The company has a department of this name already."""


class CompanyFirst(Forbidden):
    """Departments belong to one company; act for it first."""


class Worker(Struct, frozen=True):
    member_id: UUID
    name: str


class Listed(Struct, frozen=True):
    """`declared`: the manifest says it, and which registers are bound to it."""

    department_id: UUID
    name: Text
    declared: bool
    workers: tuple[Worker, ...]


def add(session: Session, name: Text) -> UUID:
    """To the company that is acted for. Raises NeedsDepartmentName, KnownDepartment, TooLong, Forbidden."""
    company_id = _managed_company(session)
    if not name.fi.strip():
        raise NeedsDepartmentName(field="name")
    if len(name.fi) > LONGEST_NAME:
        raise TooLong(field="name", most=LONGEST_NAME)
    key = " ".join(name.fi.split()).lower()
    same = select(Department.department_id).where(Department.company_id == company_id, Department.key == key)
    if session.scalar(same) is not None:
        raise KnownDepartment(field="name")
    row = Department(department_id=new_id(), company_id=company_id, key=key, name=name)
    session.add(row)
    session.flush()
    trail.record(session, "department.added", about="department", ids=[row.department_id])
    return row.department_id


def put_in(session: Session, department_id: UUID, member_id: UUID) -> None:
    """Raises NoSuchDepartment, NoSuchMember, OwnRoles, Forbidden."""
    _must_be_ours(session, department_id, member_id)
    if session.scalar(select(Member.member_id).where(Member.member_id == member_id)) is None:
        raise NoSuchMember
    row = {"group_id": acting_of(session).group_id, "department_id": department_id, "member_id": member_id}
    session.execute(insert(DepartmentMember).values(row).on_conflict_do_nothing())
    trail.record(session, "department.joined", about="member", ids=[member_id], department=str(department_id))


def take_out(session: Session, department_id: UUID, member_id: UUID) -> None:
    """Raises NoSuchDepartment, OwnRoles, Forbidden."""
    _must_be_ours(session, department_id, member_id)
    session.execute(
        delete(DepartmentMember).where(
            DepartmentMember.department_id == department_id, DepartmentMember.member_id == member_id
        )
    )
    trail.record(session, "department.left", about="member", ids=[member_id], department=str(department_id))


def listed(session: Session) -> list[Listed]:
    """Those of the company that is acted for, with who works in them."""
    company_id = acting_of(session).company_id
    rows = session.execute(
        select(Department, Member.member_id, Member.name)
        .select_from(Department)
        .outerjoin(DepartmentMember, DepartmentMember.department_id == Department.department_id)
        .outerjoin(Member, Member.member_id == DepartmentMember.member_id)
        .where(Department.company_id == company_id, Department.retired_at.is_(None))
        .order_by(Department.key, Member.name, Member.member_id)
    ).all()  # fmt: skip
    workers: dict[Department, list[Worker]] = {}
    for department, member_id, name in rows:
        here = workers.setdefault(department, [])
        here += [Worker(member_id, name)] if member_id is not None else []
    return [Listed(one.department_id, one.name, one.declared, tuple(here)) for one, here in workers.items()]


def _managed_company(session: Session) -> UUID:
    here = require(session, Permission.MANAGE_MEMBERS)
    if here.acting.company_id is None:
        raise CompanyFirst
    return here.acting.company_id


def _must_be_ours(session: Session, department_id: UUID, member_id: UUID) -> None:
    company_id = _managed_company(session)
    ours = select(Department.department_id).where(
        Department.department_id == department_id, Department.company_id == company_id
    )
    if session.scalar(ours) is None:
        raise NoSuchDepartment
    if member_id == acting_of(session).actor_id:
        raise OwnRoles

"""Registers that only the members of some departments open; PostgreSQL keeps them (`closed_registers`)."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies.departments import CompanyFirst, NoSuchDepartment
from tenants.companies.model import Department, DepartmentMember
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import Forbidden
from tenants.registers.model import Register, RegisterDepartment
from tenants.registers.shapes import NoSuchRegister


class OpensToYourself(Forbidden):
    """This would open the register to yourself; somebody to whom it is open does it."""


def bind(session: Session, register_id: UUID, department_id: UUID) -> None:
    """Both of the company that is acted for. Raises NoSuchRegister, NoSuchDepartment, Forbidden."""
    company_id = _ours(session, register_id, department_id)
    before = _departments_of(session, register_id)
    _must_not_open_to_oneself(session, before, before | {department_id})
    row = {"register_id": register_id, "department_id": department_id, "company_id": company_id}
    statement = insert(RegisterDepartment).values(
        group_id=require(session, Permission.MANAGE_MEMBERS).acting.group_id, **row
    )
    session.execute(statement.on_conflict_do_nothing())
    trail.record(session, "register.bound", about="register", ids=[register_id], department=str(department_id))


def release(session: Session, register_id: UUID, department_id: UUID) -> None:
    """Without a department left the register is open to everybody whose role opens it. Raises as `bind` does."""
    _ours(session, register_id, department_id)
    before = _departments_of(session, register_id)
    _must_not_open_to_oneself(session, before, before - {department_id})
    session.execute(
        delete(RegisterDepartment).where(
            RegisterDepartment.register_id == register_id, RegisterDepartment.department_id == department_id
        )
    )
    trail.record(session, "register.released", about="register", ids=[register_id], department=str(department_id))


def bound(session: Session, company_id: UUID) -> dict[UUID, list[Register]]:
    """The registers of each department."""
    rows = session.execute(
        select(RegisterDepartment.department_id, Register)
        .join(Register, Register.register_id == RegisterDepartment.register_id)
        .where(RegisterDepartment.company_id == company_id)
        .order_by(Register.position)
    )
    found: dict[UUID, list[Register]] = {}
    for department_id, register in rows:
        found.setdefault(department_id, []).append(register)
    return found


def _departments_of(session: Session, register_id: UUID) -> set[UUID]:
    found = select(RegisterDepartment.department_id).where(RegisterDepartment.register_id == register_id)
    return set(session.scalars(found))


def _must_not_open_to_oneself(session: Session, before: set[UUID], after: set[UUID]) -> None:
    mine = set(
        session.scalars(
            select(DepartmentMember.department_id).where(DepartmentMember.member_id == acting_of(session).actor_id)
        )
    )
    if before and not before & mine and (not after or after & mine):
        raise OpensToYourself


def _ours(session: Session, register_id: UUID, department_id: UUID) -> UUID:
    company_id = require(session, Permission.MANAGE_MEMBERS).acting.company_id
    if company_id is None:
        raise CompanyFirst
    register = select(Register.register_id).where(
        Register.register_id == register_id, Register.company_id == company_id, Register.retired_at.is_(None)
    )
    if session.scalar(register) is None:
        raise NoSuchRegister
    department = select(Department.department_id).where(
        Department.department_id == department_id, Department.company_id == company_id
    )
    if session.scalar(department) is None:
        raise NoSuchDepartment
    return company_id

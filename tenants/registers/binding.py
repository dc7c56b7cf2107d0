"""Registers that only the members of some departments open; PostgreSQL keeps them (`closed_registers`)."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Uuid, any_, delete, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies.departments import CompanyFirst, NoSuchDepartment
from tenants.companies.model import Department, DepartmentMember
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import Conflict, Forbidden
from tenants.registers.model import Register, RegisterDepartment
from tenants.registers.shapes import NoSuchRegister


class BoundByManifest(Conflict):
    """The manifest declares this department and its registers; they are changed there."""


class OpensToYourself(Forbidden):
    """This would open the register to yourself; somebody to whom it is open does it."""


class ClosedToYou(Forbidden):
    """This register is open to the members of its departments only."""


def must_be_open(session: Session, register_id: UUID) -> None:
    """To whoever acts, for the purpose acted for. Raises ClosedToYou."""
    if session.scalar(select(literal(register_id) == any_(func.closed_registers(type_=ARRAY(Uuid()))))):
        raise ClosedToYou


def bind(session: Session, register_id: UUID, department_id: UUID) -> None:
    """Both of the company that is acted for. Raises NoSuchRegister, NoSuchDepartment, BoundByManifest, Forbidden."""
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


def rebind(session: Session, department: Department, register_keys: Collection[str]) -> bool:
    """As a manifest declares it: the department is bound to exactly these of its company's. True where it was not."""
    wanted = set(
        session.scalars(
            select(Register.register_id).where(
                Register.company_id == department.company_id,
                Register.key.in_(register_keys),
                Register.retired_at.is_(None),
            )
        )
    )
    here = RegisterDepartment.department_id == department.department_id
    before = set(session.scalars(select(RegisterDepartment.register_id).where(here)))
    if wanted == before:
        return False
    session.execute(delete(RegisterDepartment).where(here, RegisterDepartment.register_id.in_(before - wanted)))
    session.add_all(
        RegisterDepartment(
            register_id=register_id, department_id=department.department_id, company_id=department.company_id
        )
        for register_id in sorted(wanted - before)
    )
    session.flush()
    return True


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
    declared = session.scalar(
        select(Department.declared).where(
            Department.department_id == department_id, Department.company_id == company_id
        )
    )
    if declared is None:
        raise NoSuchDepartment
    if declared:
        raise BoundByManifest
    return company_id

"""Departments of the company that is acted for: who works in them, and which registers only they open."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api.forms import Form, refused
from services.api.office.desk import Desk
from tenants.companies import departments, members
from tenants.companies.departments import CompanyFirst, Listed
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.languages.speaking import Text
from tenants.registers import binding, registers
from tenants.registers.model import Register

DEPARTMENTS = "/office/departments"


class NewDepartment(Struct, frozen=True):
    name: str = ""


class ChosenMember(Struct, frozen=True):
    member: UUID


class ChosenRegister(Struct, frozen=True):
    register: UUID


class ShownDepartment(Struct, frozen=True):
    department: Listed
    registers: tuple[Register, ...]
    url: str


@get("/departments", sync_to_thread=True)
def list_departments(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.MANAGE_MEMBERS)
    return _page(session, desk, Form())


@post("/departments", sync_to_thread=True)
def add(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[NewDepartment, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_MEMBERS)
    try:
        departments.add(session, Text(fi=data.name.strip()))
    except Invalid as refusal:
        return _page(session, desk, refused(desk.language, to_builtins(data), refusal), status=422)
    return desk.done(DEPARTMENTS, "department-added")


def of_members(path: str, step: Callable[[Session, UUID, UUID], None], done: str) -> HTTPRouteHandler:
    """A step about who works there: it takes the department and the member."""

    @post(f"/departments/{{department_id:uuid}}/{path}", sync_to_thread=True)
    def change(
        session: NamedDependency[Session],
        desk: NamedDependency[Desk],
        department_id: FromPath[UUID],
        data: Annotated[ChosenMember, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Redirect:
        desk.require(Permission.MANAGE_MEMBERS)
        step(session, department_id, data.member)
        return desk.done(DEPARTMENTS, done)

    return change


def of_registers(path: str, step: Callable[[Session, UUID, UUID], None], done: str) -> HTTPRouteHandler:
    """A step about what only the department opens: it takes the register and the department."""

    @post(f"/departments/{{department_id:uuid}}/{path}", sync_to_thread=True)
    def change(
        session: NamedDependency[Session],
        desk: NamedDependency[Desk],
        department_id: FromPath[UUID],
        data: Annotated[ChosenRegister, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Redirect:
        desk.require(Permission.MANAGE_MEMBERS)
        step(session, data.register, department_id)
        return desk.done(DEPARTMENTS, done)

    return change


CHANGES = (
    of_members("members", departments.put_in, "department-changed"),
    of_members("members/removal", departments.take_out, "department-changed"),
    of_registers("registers", binding.bind, "register-bound"),
    of_registers("registers/release", binding.release, "register-released"),
)


def _page(session: Session, desk: Desk, form: Form, *, status: int = 200) -> Response[str]:
    company_id = desk.here.acting.company_id
    if company_id is None:
        raise CompanyFirst
    bound = binding.bound(session, company_id)
    return desk.page(
        "office/departments/list.html",
        status=status,
        form=form,
        departments=[
            ShownDepartment(one, tuple(bound.get(one.department_id, ())), f"{DEPARTMENTS}/{one.department_id}")
            for one in departments.listed(session)
        ],
        add_url=DEPARTMENTS,
        longest_name=departments.LONGEST_NAME,
        # Nobody puts themselves into a department.
        members=[
            (one.member_id, one.name)
            for one in members.listed(session)
            if one.deactivated_at is None and one.member_id != desk.here.member_id
        ],
        registers=[one for one in registers.listed(session) if one.company_id == company_id],
    )

"""Departments of the key's company: who works in them, and which registers only they open."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.companies import departments
from tenants.companies.departments import CompanyFirst
from tenants.companies.permissions import Permission, Standing
from tenants.languages.speaking import Text
from tenants.registers import binding


class DepartmentGiven(Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(max_length=1000, examples=["Myynti"])]


class DepartmentAdded(Struct, frozen=True):
    department_id: UUID


class DepartmentShown(Struct, frozen=True):
    """`registers` are bound to it: others open them for requests of data subjects only. `declared`: by the manifest."""

    department_id: UUID
    name: str
    declared: bool
    members: list[UUID]
    registers: list[UUID]


class WorksHere(Struct, frozen=True, forbid_unknown_fields=True):
    member_id: UUID
    works_here: bool


class BoundHere(Struct, frozen=True, forbid_unknown_fields=True):
    register_id: UUID
    bound: bool


@get("/departments", sync_to_thread=True, summary="List departments", tags=["staff"], responses=problems())
def list_departments(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[DepartmentShown]:
    standing.require(Permission.MANAGE_MEMBERS)
    company_id = standing.acting.company_id
    if company_id is None:
        raise CompanyFirst
    bound = binding.bound(session, company_id)
    return [
        DepartmentShown(
            one.department_id,
            one.name.fi,
            one.declared,
            [worker.member_id for worker in one.workers],
            [register.register_id for register in bound.get(one.department_id, ())],
        )
        for one in departments.listed(session)
    ]


@changing("/departments", status_code=201, summary="Add a department", tags=["staff"], responses=problems(409))
def add_department(
    session: NamedDependency[Session], standing: NamedDependency[Standing], data: JSONBody[DepartmentGiven]
) -> Response[DepartmentAdded]:
    standing.require(Permission.MANAGE_MEMBERS)
    return Response(DepartmentAdded(departments.add(session, Text(fi=data.name.strip()))), status_code=201)


Change = Callable[[Session, UUID, UUID], None]


@changing(
    "/departments/{department_id:uuid}/members",
    status_code=204,
    summary="Put a member into a department, or take one out",
    tags=["staff"],
    responses=problems(404),
)
def change_members(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    department_id: FromPath[UUID],
    data: JSONBody[WorksHere],
) -> None:
    """Nobody puts themselves into a department."""
    standing.require(Permission.MANAGE_MEMBERS)
    step: Change = departments.put_in if data.works_here else departments.take_out
    step(session, department_id, data.member_id)


@changing(
    "/departments/{department_id:uuid}/registers",
    status_code=204,
    summary="Bind a register to a department, or release it",
    tags=["staff"],
    responses=problems(404, 409),
)
def change_registers(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    department_id: FromPath[UUID],
    data: JSONBody[BoundHere],
) -> None:
    """Nobody opens a register to themselves by it."""
    standing.require(Permission.MANAGE_MEMBERS)
    step: Change = binding.bind if data.bound else binding.release
    step(session, data.register_id, department_id)

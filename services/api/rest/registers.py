"""Companies and registers, and who the key acts as."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from tenants.acting import PurposeKind
from tenants.companies import companies
from tenants.companies.model import Company, Role
from tenants.companies.permissions import Permission, Standing
from tenants.languages.speaking import Text
from tenants.registers import registers
from tenants.registers.model import Cardinality, Field, FieldType, IdentityLevel, Origin, Register
from tenants.vault.digests import IdentifierKind


class ActingAs(Struct, frozen=True):
    """What the key opens at this moment. Without a company it administers, and sees no personal data."""

    member_id: UUID
    name: str
    company_id: UUID | None
    purpose: PurposeKind | None
    roles: list[Role]
    permissions: list[Permission]


class ListedCompany(Struct, frozen=True):
    company_id: UUID
    key: Annotated[str, Meta(examples=["kinkerips"])]
    name: str
    business_id: str | None


class ListedField(Struct, frozen=True):
    """`origin` decides what portability covers; a sealed value lies encrypted, an identifier finds its person."""

    field_id: UUID
    key: str
    label: Text
    category: Text
    type: FieldType
    origin: Origin
    identifier: IdentifierKind | None
    sealed: bool
    required: bool


class ListedRegister(Struct, frozen=True):
    register_id: UUID
    company_id: UUID
    key: Annotated[str, Meta(examples=["customers"])]
    name: Text
    identity_level: IdentityLevel
    cardinality: Cardinality
    fields: list[ListedField]


@get("/me", sync_to_thread=False, summary="Show who the key acts as", tags=["registers"], responses=problems())
def show_me(standing: NamedDependency[Standing]) -> ActingAs:
    acting = standing.acting
    return ActingAs(
        member_id=standing.member_id,
        name=standing.name,
        company_id=acting.company_id,
        purpose=acting.purpose,
        roles=list(standing.roles_at(acting.company_id)),
        permissions=sorted(standing.permissions),
    )


@get("/companies", sync_to_thread=True, summary="List the companies", tags=["registers"], responses=problems())
def list_companies(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[ListedCompany]:
    """Of the group, in their order."""
    return [_company(one) for one in companies.listed(session)]


@get("/registers", sync_to_thread=True, summary="List the registers", tags=["registers"], responses=problems())
def list_registers(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[ListedRegister]:
    """Of the key's company, with their fields; of all companies for a key that acts for none."""
    standing.require(Permission.SEE_REGISTERS)
    return [_register(session, one) for one in registers.listed(session)]


@get(
    "/registers/{register_id:uuid}",
    sync_to_thread=True,
    summary="Show a register",
    tags=["registers"],
    responses=problems(404),
)
def show_register(
    session: NamedDependency[Session], standing: NamedDependency[Standing], register_id: FromPath[UUID]
) -> ListedRegister:
    standing.require(Permission.SEE_REGISTERS)
    return _register(session, registers.get(session, register_id))


def _company(one: Company) -> ListedCompany:
    return ListedCompany(one.company_id, one.key, one.name, one.business_id)


def _register(session: Session, one: Register) -> ListedRegister:
    return ListedRegister(
        register_id=one.register_id,
        company_id=one.company_id,
        key=one.key,
        name=one.name,
        identity_level=one.identity_level,
        cardinality=one.cardinality,
        fields=[_field(field) for field in registers.fields(session, one.register_id)],
    )


def _field(one: Field) -> ListedField:
    return ListedField(
        field_id=one.field_id,
        key=one.key,
        label=one.label,
        category=one.category,
        type=one.type,
        origin=one.origin,
        identifier=one.identifier,
        sealed=one.sealed,
        required=one.required,
    )

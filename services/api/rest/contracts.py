"""Contracts of processors whose people work in the office, of the key's company or of the whole group."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.companies import contracts
from tenants.companies.permissions import Permission, Standing


class ContractGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """`ends_on` is the last day on which the processor's people get in, in Finland."""

    company_id: UUID
    processor: Annotated[str, Meta(max_length=1000, examples=["Palvelu Oy"])]
    reference: Annotated[str, Meta(max_length=1000, examples=["S-2026-14"])]
    ends_on: date


class ContractShown(Struct, frozen=True, kw_only=True):
    """`ended_at` where it was ended before its day."""

    contract_id: UUID
    company_id: UUID
    processor: str
    reference: str
    ends_on: date
    ended_at: datetime | None


class ContractAdded(Struct, frozen=True):
    contract_id: UUID


class Tied(Struct, frozen=True, forbid_unknown_fields=True):
    member_id: UUID


@get("/contracts", sync_to_thread=True, summary="List contracts of processors", tags=["staff"], responses=problems())
def list_contracts(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[ContractShown]:
    """The newest first."""
    standing.require(Permission.MANAGE_MEMBERS)
    return [
        ContractShown(
            contract_id=one.contract_id,
            company_id=one.company_id,
            processor=one.processor,
            reference=one.reference,
            ends_on=one.ends_on,
            ended_at=one.ended_at,
        )
        for one in contracts.listed(session)
    ]


@changing(
    "/contracts", status_code=201, summary="Add a contract of a processor", tags=["staff"], responses=problems(404, 409)
)
def add_contract(
    session: NamedDependency[Session], standing: NamedDependency[Standing], data: JSONBody[ContractGiven]
) -> Response[ContractAdded]:
    standing.require(Permission.MANAGE_MEMBERS)
    contract_id = contracts.add(
        session,
        company_id=data.company_id,
        processor=data.processor,
        reference=data.reference,
        ends_on=data.ends_on,
    )
    return Response(ContractAdded(contract_id), status_code=201)


@changing(
    "/contracts/{contract_id:uuid}/members",
    status_code=204,
    summary="Tie an account to a contract",
    tags=["staff"],
    responses=problems(404, 409),
)
def tie_member(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    contract_id: FromPath[UUID],
    data: JSONBody[Tied],
) -> None:
    """The account opens that company and no other from now on. There is no way back."""
    standing.require(Permission.MANAGE_MEMBERS)
    contracts.tie(session, data.member_id, contract_id)


@changing(
    "/contracts/{contract_id:uuid}/ending",
    status_code=204,
    summary="End a contract before its day",
    tags=["staff"],
    responses=problems(404),
)
def end_contract(
    session: NamedDependency[Session], standing: NamedDependency[Standing], contract_id: FromPath[UUID]
) -> None:
    """Its people get in nowhere from the next request on."""
    standing.require(Permission.MANAGE_MEMBERS)
    contracts.end(session, contract_id)

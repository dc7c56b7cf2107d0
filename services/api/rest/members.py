"""The staff and their roles, as the key's member manages them: at the key's company, or in the whole group."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.companies import members, proposing, providers
from tenants.companies.members import LONGEST
from tenants.companies.model import Role
from tenants.companies.permissions import Permission, Standing

OF_PROPOSAL = "/members/proposals/{proposal_id:uuid}"


class RoleOfMember(Struct, frozen=True):
    """`company_id` is null where the role holds in the whole group. `by_sign_in`: claims of the provider give it."""

    assignment_id: UUID
    role: Role
    company_id: UUID | None
    by_sign_in: bool


class MemberOfStaff(Struct, frozen=True):
    member_id: UUID
    name: str
    email: str
    active: bool
    roles: list[RoleOfMember]


class RoleWaiting(Struct, frozen=True):
    """Given by one administrator; it holds when another has confirmed it."""

    proposal_id: UUID
    member_id: UUID
    role: Role
    company_id: UUID | None
    proposed_by: UUID
    proposed_at: datetime


class Staff(Struct, frozen=True):
    members: list[MemberOfStaff]
    waiting: list[RoleWaiting]


class AddingMember(Struct, frozen=True, forbid_unknown_fields=True):
    """`subject` is how the identity provider calls the account. Without a provider, the newest sign-in of the group."""

    subject: Annotated[str, Meta(max_length=LONGEST["subject"], examples=["a1b2c3"])]
    name: Annotated[str, Meta(max_length=LONGEST["name"], examples=["Aino Esimerkki"])]
    email: Annotated[str, Meta(max_length=LONGEST["email"], examples=["aino@esimerkki.example"])]
    provider_id: UUID | None = None


class MemberAdded(Struct, frozen=True):
    member_id: UUID


class GivingRole(Struct, frozen=True, forbid_unknown_fields=True):
    """Without a company: in the whole group."""

    role: Role
    company_id: UUID | None = None


class RoleGiven(Struct, frozen=True):
    """Whether it holds now; else another administrator has to confirm it."""

    holds: bool


@get("/members", sync_to_thread=True, summary="List the staff", tags=["staff"], responses=problems())
def list_members(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> Staff:
    """A company's own, the group-wide and who has no role yet, or everybody; and the roles that wait for another."""
    standing.require(Permission.SEE_MEMBERS)
    waiting = [
        RoleWaiting(one.proposal_id, one.member_id, one.role, one.company_id, one.proposed_by, one.proposed_at)
        for one in proposing.waiting(session)
    ]
    return Staff([_member(one) for one in members.listed(session)], waiting)


@changing("/members", status_code=201, summary="Add a member of staff", tags=["staff"], responses=problems(404))
def add_member(
    session: NamedDependency[Session], standing: NamedDependency[Standing], data: JSONBody[AddingMember]
) -> Response[MemberAdded]:
    """An account of the identity provider, as yet without a role."""
    standing.require(Permission.MANAGE_MEMBERS)
    named = data.provider_id
    provider = providers.get(session, named) if named else providers.current(session)
    added = members.add(session, issuer=provider.issuer, subject=data.subject, name=data.name, email=data.email)
    return Response(MemberAdded(added.member_id), status_code=201)


@changing(
    "/members/{member_id:uuid}/roles", status_code=200, summary="Give a role", tags=["staff"], responses=problems(404)
)
def give_role(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    member_id: FromPath[UUID],
    data: JSONBody[GivingRole],
) -> RoleGiven:
    """At once, or when another administrator has confirmed it, where the group wants two for a role."""
    standing.require(Permission.MANAGE_MEMBERS)
    return RoleGiven(members.assign(session, member_id, data.role, company_id=data.company_id))


@changing(
    "/members/roles/{assignment_id:uuid}/removal",
    status_code=204,
    summary="Take a role away",
    tags=["staff"],
    responses=problems(404),
)
def take_role(
    session: NamedDependency[Session], standing: NamedDependency[Standing], assignment_id: FromPath[UUID]
) -> None:
    standing.require(Permission.MANAGE_MEMBERS)
    members.unassign(session, assignment_id)


@changing(
    f"{OF_PROPOSAL}/confirmation",
    status_code=204,
    summary="Confirm a role that another gave",
    tags=["staff"],
    responses=problems(404),
)
def confirm_role(
    session: NamedDependency[Session], standing: NamedDependency[Standing], proposal_id: FromPath[UUID]
) -> None:
    """By neither who gave it nor who would hold it."""
    standing.require(Permission.MANAGE_MEMBERS)
    proposing.confirm(session, proposal_id)


@changing(
    f"{OF_PROPOSAL}/removal",
    status_code=204,
    summary="Decline a role, or take back what one gave",
    tags=["staff"],
    responses=problems(404),
)
def decline_role(
    session: NamedDependency[Session], standing: NamedDependency[Standing], proposal_id: FromPath[UUID]
) -> None:
    standing.require(Permission.MANAGE_MEMBERS)
    proposing.decline(session, proposal_id)


@changing(
    "/members/{member_id:uuid}/deactivation",
    status_code=204,
    summary="Close an account",
    tags=["staff"],
    responses=problems(404),
)
def deactivate_member(
    session: NamedDependency[Session], standing: NamedDependency[Standing], member_id: FromPath[UUID]
) -> None:
    """It opens nothing from its next request on. For who manages the whole group."""
    standing.require(Permission.MANAGE_MEMBERS)
    members.deactivate(session, member_id)


def _member(one: members.Listed) -> MemberOfStaff:
    roles = [RoleOfMember(held.assignment_id, held.role, held.company_id, held.by_sign_in) for held in one.roles]
    return MemberOfStaff(one.member_id, one.name, one.email, one.deactivated_at is None, roles)

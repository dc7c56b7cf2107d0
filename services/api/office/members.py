"""The staff and their roles."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api import wording
from services.api.forms import Form, refused
from services.api.office.desk import Desk
from services.api.office.sign_in_rules import SIGN_IN, chosen
from tenants.companies import committing, companies, contracts, members, proposing, providers
from tenants.companies.model import Role, StaffContract
from tenants.companies.permissions import Permission
from tenants.companies.proposing import Waiting
from tenants.errors import Invalid

MEMBERS = "/office/members"


class NewMember(Struct, frozen=True):
    """`provider` is the id of an identity provider; empty where the group has one."""

    provider: str = ""
    subject: str = ""
    name: str = ""
    email: str = ""


class NewRole(Struct, frozen=True):
    """`company` is empty for a role in the whole group."""

    role: Role
    company: str = ""


class ShownRole(Struct, frozen=True):
    role: Role
    company: str | None
    take_url: str | None
    by_sign_in: bool


class ShownMember(Struct, frozen=True):
    """The addresses are empty where nothing may be changed. `signed_at`: the commitment in force.

    `contract`: the processor's, of an outsider.
    """

    name: str
    email: str
    active: bool
    signed_at: datetime | None
    contract: StaffContract | None
    roles: tuple[ShownRole, ...]
    give_url: str | None
    deactivate_url: str | None


class ShownProposal(Struct, frozen=True):
    """Whoever has given a role takes it back; another confirms or declines it. The holder does neither."""

    waiting: Waiting
    confirm_url: str | None
    decline_url: str | None
    own: bool


@get("/members", sync_to_thread=True)
def list_members(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.SEE_MEMBERS)
    return _page(session, desk, Form())


@post("/members", sync_to_thread=True)
def add(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[NewMember, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_MEMBERS)
    try:
        members.add(
            session, issuer=_issuer(session, data.provider), subject=data.subject, name=data.name, email=data.email
        )
    except Invalid as refusal:
        return _page(session, desk, refused(desk.language, to_builtins(data), refusal), status=422)
    return desk.done(MEMBERS, "member-added")


@post("/members/{member_id:uuid}/roles", sync_to_thread=True)
def give_role(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    member_id: FromPath[UUID],
    data: Annotated[NewRole, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_MEMBERS)
    company_id = companies.by_key(session, data.company).company_id if data.company else None
    try:
        holds = members.assign(session, member_id, data.role, company_id=company_id)
    except Invalid as refusal:
        return _page(session, desk, refused(desk.language, {}, refusal), status=422)
    return desk.done(MEMBERS, "role-given" if holds else "role-proposed")


@post("/members/proposals/{proposal_id:uuid}/confirmation", sync_to_thread=True)
def confirm_role(
    session: NamedDependency[Session], desk: NamedDependency[Desk], proposal_id: FromPath[UUID]
) -> Redirect:
    desk.require(Permission.MANAGE_MEMBERS)
    proposing.confirm(session, proposal_id)
    return desk.done(MEMBERS, "role-given")


@post("/members/proposals/{proposal_id:uuid}/removal", sync_to_thread=True)
def decline_role(
    session: NamedDependency[Session], desk: NamedDependency[Desk], proposal_id: FromPath[UUID]
) -> Redirect:
    desk.require(Permission.MANAGE_MEMBERS)
    proposing.decline(session, proposal_id)
    return desk.done(MEMBERS, "role-declined")


@post("/members/roles/{assignment_id:uuid}/removal", sync_to_thread=True)
def take_role(
    session: NamedDependency[Session], desk: NamedDependency[Desk], assignment_id: FromPath[UUID]
) -> Redirect:
    desk.require(Permission.MANAGE_MEMBERS)
    members.unassign(session, assignment_id)
    return desk.done(MEMBERS, "role-taken")


@post("/members/{member_id:uuid}/deactivation", sync_to_thread=True)
def deactivate(session: NamedDependency[Session], desk: NamedDependency[Desk], member_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.MANAGE_MEMBERS)
    members.deactivate(session, member_id)
    return desk.done(MEMBERS, "member-deactivated")


def _page(session: Session, desk: Desk, form: Form, *, status: int = 200) -> Response[str]:
    manages = desk.here.may(Permission.MANAGE_MEMBERS)
    known = companies.listed(session)
    here = desk.here.acting.company_id
    offered = [one for one in known if here in (None, one.company_id)]
    signatures = committing.signatures(session)
    tied = {one.contract_id: one for one in contracts.listed(session)}
    return desk.page(
        "office/members/list.html",
        status=status,
        form=form,
        members=[
            _shown(
                desk,
                one,
                manages,
                signatures.get(one.member_id),
                tied.get(one.contract_id) if one.contract_id else None,
            )
            for one in members.listed(session)
        ],
        proposals=[_proposal(desk, one, manages) for one in proposing.waiting(session)],
        add_url=MEMBERS if manages else None,
        rules_url=SIGN_IN,
        longest=members.LONGEST,
        roles=[
            (role.value, wording.said(desk.language, role))
            for role in Role
            if here is None or role is not Role.GROUP_ADMIN
        ],
        companies=[(one.key, one.name) for one in offered],
        whole_group=here is None,
        providers=[(str(one.provider_id), one.name) for one in providers.listed(session)] if manages else [],
    )


def _issuer(session: Session, provider: str) -> str:
    """Raises NoProvider, UnknownProvider."""
    return chosen(session, provider).issuer if provider else providers.current(session).issuer


def _proposal(desk: Desk, one: Waiting, manages: bool) -> ShownProposal:
    me = desk.here.member_id
    url = f"{MEMBERS}/proposals/{one.proposal_id}" if manages and one.member_id != me else None
    own = one.proposed_by == me
    return ShownProposal(
        one, f"{url}/confirmation" if url and not own else None, f"{url}/removal" if url else None, own
    )


def _shown(
    desk: Desk, one: members.Listed, manages: bool, signed_at: datetime | None, contract: StaffContract | None
) -> ShownMember:
    """One's own roles are given and taken by others."""
    acting = desk.here.acting
    changeable = manages and one.deactivated_at is None and one.member_id != acting.actor_id
    return ShownMember(
        name=one.name,
        email=one.email,
        active=one.deactivated_at is None,
        signed_at=signed_at,
        contract=contract,
        roles=tuple(
            ShownRole(
                held.role,
                held.company,
                f"{MEMBERS}/roles/{held.assignment_id}/removal"
                if changeable and not held.by_sign_in and acting.company_id in (None, held.company_id)
                else None,
                held.by_sign_in,
            )
            for held in one.roles
        ),
        give_url=f"{MEMBERS}/{one.member_id}/roles" if changeable else None,
        deactivate_url=f"{MEMBERS}/{one.member_id}/deactivation" if changeable and acting.company_id is None else None,
    )

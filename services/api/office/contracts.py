"""Contracts of processors whose people work in the office."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api.forms import Form, refused
from services.api.office.desk import Desk
from tenants.companies import companies, contracts, members
from tenants.companies.contracts import KnownReference
from tenants.companies.model import StaffContract
from tenants.companies.permissions import EXTERNAL_ROLES, Permission
from tenants.errors import Invalid
from tenants.languages.speaking import HELSINKI

CONTRACTS = "/office/contracts"


class NewContract(Struct, frozen=True):
    """`company` is a company's key."""

    company: str = ""
    processor: str = ""
    reference: str = ""
    ends_on: str = ""


class NotALastDay(Invalid):
    """The last day of the contract is written as a date."""


class ChosenMember(Struct, frozen=True):
    member: UUID


class ShownContract(Struct, frozen=True):
    """`over`: its last day has passed. `members` are those who could be tied to it, and with which name."""

    contract: StaffContract
    company: str
    people: list[str]
    over: bool
    url: str
    members: list[tuple[UUID, str]]


@get("/contracts", sync_to_thread=True)
def list_contracts(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.MANAGE_MEMBERS)
    return _page(session, desk, Form())


@post("/contracts", sync_to_thread=True)
def add(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[NewContract, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_MEMBERS)
    try:
        contracts.add(
            session,
            company_id=companies.by_key(session, data.company).company_id,
            processor=data.processor,
            reference=data.reference,
            ends_on=_day(data.ends_on),
        )
    except (Invalid, KnownReference) as refusal:
        return _page(session, desk, refused(desk.language, to_builtins(data), refusal), status=422)
    return desk.done(CONTRACTS, "contract-added")


@post("/contracts/{contract_id:uuid}/members", sync_to_thread=True)
def tie(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    contract_id: FromPath[UUID],
    data: Annotated[ChosenMember, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    desk.require(Permission.MANAGE_MEMBERS)
    contracts.tie(session, data.member, contract_id)
    return desk.done(CONTRACTS, "member-tied")


@post("/contracts/{contract_id:uuid}/ending", sync_to_thread=True)
def end(session: NamedDependency[Session], desk: NamedDependency[Desk], contract_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.MANAGE_MEMBERS)
    contracts.end(session, contract_id)
    return desk.done(CONTRACTS, "contract-ended")


def _page(session: Session, desk: Desk, form: Form, *, status: int = 200) -> Response[str]:
    here = desk.here.acting.company_id
    known = [one for one in companies.listed(session) if here in (None, one.company_id)]
    names = {one.company_id: one.name for one in known}
    people = contracts.people(session)
    today = datetime.now(HELSINKI).date()
    others = [one for one in members.listed(session) if one.member_id != desk.here.member_id]
    return desk.page(
        "office/contracts/list.html",
        status=status,
        form=form,
        contracts=[
            ShownContract(
                contract=one,
                company=names.get(one.company_id, ""),
                people=people.get(one.contract_id, []),
                over=one.ends_on < today,
                url=f"{CONTRACTS}/{one.contract_id}",
                members=[(each.member_id, each.name) for each in others if _could_be_tied(each, one.company_id, here)],
            )
            for one in contracts.listed(session)
        ],
        add_url=CONTRACTS,
        companies=[(one.key, one.name) for one in known],
        longest=contracts.LONGEST,
    )


def _could_be_tied(one: members.Listed, company_id: UUID, here: UUID | None) -> bool:
    fit = all(held.role in EXTERNAL_ROLES and held.company_id == company_id for held in one.roles)
    own = contracts.is_own(here, one.brought_by, has_role=bool(one.roles))
    return one.deactivated_at is None and fit and own


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise NotALastDay(field="ends_on") from None

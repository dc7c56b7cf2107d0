"""What controllers ask of the company that is acted for by OpenDSR: looked at, taken up, carried out."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.office.cases import CASES, OPENDSR
from services.api.office.desk import Desk
from tenants.companies.permissions import Permission
from tenants.opendsr import carrying_out, controllers, tracing
from tenants.opendsr.model import ReceivedRequest
from tenants.opendsr.wire import RequestStatus
from tenants.processors import cataloguing
from tenants.registers import finding


class Chosen(Struct, frozen=True):
    """A box that is ticked alone comes as one word."""

    person: str | list[str] = []


class ShownReceived(Struct, frozen=True):
    row: ReceivedRequest
    controller: str
    url: str


class Fitting(Struct, frozen=True):
    person_id: UUID
    name: str
    url: str


@get("/opendsr", sync_to_thread=True)
def list_received(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.SEE_CASES)
    names = _names(session)
    rows = carrying_out.listed(session)
    return desk.page(
        "office/opendsr/list.html",
        received=[ShownReceived(one, names[one.controller_id], f"{OPENDSR}/{one.received_id}") for one in rows],
        list_url=CASES,
    )


@get("/opendsr/{received_id:uuid}", sync_to_thread=True)
def show_received(
    session: NamedDependency[Session], desk: NamedDependency[Desk], received_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.SEE_CASES)
    row = carrying_out.get(session, received_id)
    persons = carrying_out.fitting(session, row)
    named = finding.names_of(session, persons)
    may = desk.here.may(Permission.DECIDE_CASES)
    return desk.page(
        "office/opendsr/request.html",
        row=row,
        controller=_names(session)[row.controller_id],
        persons=[Fitting(one, named.get(one, ""), f"/office/persons/{one}") for one in persons],
        steps=tracing.of(session, received_id),
        may_take_up=may and row.status is RequestStatus.PENDING,
        may_carry_out=may and row.status is RequestStatus.IN_PROGRESS,
        url=f"{OPENDSR}/{received_id}",
        requests_url=OPENDSR,
        list_url=CASES,
    )


@post("/opendsr/{received_id:uuid}/taking-up", sync_to_thread=True)
def take_up(session: NamedDependency[Session], desk: NamedDependency[Desk], received_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.DECIDE_CASES)
    carrying_out.take_up(session, received_id)
    return desk.done(f"{OPENDSR}/{received_id}", "opendsr-taken-up")


@post("/opendsr/{received_id:uuid}/completion", sync_to_thread=True)
def carry_out(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    received_id: FromPath[UUID],
    data: Annotated[Chosen, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    desk.require(Permission.DECIDE_CASES)
    chosen = [data.person] if isinstance(data.person, str) else data.person
    known = {str(one): one for one in carrying_out.fitting(session, carrying_out.get(session, received_id))}
    carrying_out.carry_out(session, received_id, [known[one] for one in chosen if one in known])
    return desk.done(f"{OPENDSR}/{received_id}", "opendsr-carried-out")


def _names(session: Session) -> dict[UUID, str]:
    return {one.controller_id: cataloguing.get(session, one.processor_id).name for one in controllers.listed(session)}

"""As a controller: the address that a processor calls when a request has come to another state."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.unit import unit_of_work
from tenants.acting import Acting, system
from tenants.opendsr import hearing, wire
from tenants.opendsr.asking import CALLBACKS


class Arrived(Struct, frozen=True):
    """The body as it came: nothing has read it."""

    domain: str | None
    signature: str | None
    body: bytes


async def arrived(request: Request[Any, Any, Any]) -> Arrived:
    body = await request.body()
    return Arrived(wire.header(request.headers, wire.DOMAINS), wire.header(request.headers, wire.SIGNATURES), body)


async def acting(opaque: FromPath[str]) -> Acting:
    """The system, until it is known for which company. Raises NoSuchSent."""
    group_id: UUID = hearing.group_of(opaque)
    return system(group_id)


@post("/{opaque:str}", sync_to_thread=True, status_code=202, summary="A processor tells of a request", tags=["opendsr"])
def call_back(
    session: NamedDependency[Session], arrived: NamedDependency[Arrived], opaque: FromPath[str]
) -> Response[None]:
    """202 where it is believed; 401 for the domain and the certificate, 400 for everything after them."""
    judged = hearing.hear(session, opaque, domain=arrived.domain, signature=arrived.signature, body=arrived.body)
    return Response(None, status_code=judged.answer)


CALLING_BACK = Router(
    path=CALLBACKS,
    route_handlers=[call_back],
    dependencies={"arrived": Provide(arrived), "acting": Provide(acting), "session": Provide(unit_of_work)},
    request_max_body_size=wire.LARGEST_BODY,
)

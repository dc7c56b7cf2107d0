"""As a processor: discovery for everybody, and requests of the controllers that the office has entered."""

from typing import Any
from uuid import UUID

from anyio import to_thread
from litestar import Request, Response, Router, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.feeds.bearer import LetIn, NotLetIn, let_in
from services.api.opendsr.answering import EXCEPTION_HANDLERS, is_as_before, signed
from services.api.unit import unit_of_work
from tenants import settings
from tenants.acting import Acting, DatabaseRole, PurposeKind, system
from tenants.clients import registering
from tenants.groups.directory import Kind, find_group
from tenants.opendsr import controllers, identities, own, receiving, results, wire
from tenants.opendsr.model import DsrController
from tenants.opendsr.telling import PATH
from tenants.opendsr.wire import Discovery, RequestType, Unacceptable

AnyRequest = Request[Any, Any, Any]

TAGS = ["opendsr"]
VERSION = "/v2"
# With the version, and as before there was one.
REQUESTS = (f"{VERSION}{wire.REQUESTS}", f"{VERSION}{wire.FORMER_REQUESTS}", wire.FORMER_REQUESTS)
ONE = "/{subject_request_id:str}"
PEM = "application/x-pem-file"


class Asking(Struct, frozen=True):
    """Who has shown a token with the scope, and the body as it came."""

    client_id: UUID
    acting: Acting
    body: bytes
    as_before: bool


async def asking(request: AnyRequest, slug: FromPath[str]) -> Asking:
    """Raises NotLetIn, GroupSuspended."""
    shown: LetIn = await let_in(request)
    group_id = await to_thread.run_sync(_group, slug)
    if group_id != shown.group_id or controllers.SCOPE not in shown.scopes:
        raise NotLetIn("insufficient_scope", "The token does not open this", status=403, scope=controllers.SCOPE)
    acting = system(group_id, company_id=shown.company_id, purpose=PurposeKind.RIGHTS_REQUEST)
    return Asking(shown.client_id, acting, await request.body(), is_as_before(request))


async def acting(asking: NamedDependency[Asking]) -> Acting:
    return asking.acting


@get(
    "/",
    sync_to_thread=True,
    summary="What may be asked of this group by OpenDSR",
    tags=TAGS,
)
def discovery(slug: FromPath[str]) -> Response[bytes]:
    _group(slug)
    return signed(
        Discovery(
            api_version=wire.API_VERSION,
            supported_identities=list(identities.SUPPORTED),
            supported_subject_request_types=list(RequestType),
            processor_certificate=f"{settings.current().base_url}{PATH}/{slug}/certificate",
        )
    )


@get(
    "/certificate",
    sync_to_thread=True,
    media_type=PEM,
    summary="The certificate that answers are signed with",
    tags=TAGS,
)
def certificate(slug: FromPath[str]) -> Response[str]:
    _group(slug)
    return Response(own.own().certificates, media_type=PEM)


@post("/", sync_to_thread=True, status_code=201, summary="Ask for an erasure, access or portability", tags=TAGS)
def create(session: NamedDependency[Session], asking: NamedDependency[Asking]) -> Response[bytes]:
    """The body is the request of the standard, §7.1."""
    own.own()
    controller = _controller(session, asking)
    made = receiving.receive(session, controller, asking.body, as_before=asking.as_before)
    return signed(made, status=201, as_before=asking.as_before)


@get(ONE, sync_to_thread=True, summary="How a request stands", tags=TAGS)
def status(
    session: NamedDependency[Session], asking: NamedDependency[Asking], subject_request_id: FromPath[str]
) -> Response[bytes]:
    told = receiving.status(session, _controller(session, asking), _id(subject_request_id))
    return signed(told, as_before=asking.as_before)


@delete(ONE, sync_to_thread=True, status_code=202, summary="Take a pending request back", tags=TAGS)
def cancel(
    session: NamedDependency[Session], asking: NamedDependency[Asking], subject_request_id: FromPath[str]
) -> Response[bytes]:
    told = receiving.cancel(session, _controller(session, asking), _id(subject_request_id))
    return signed(told, status=202, as_before=asking.as_before)


@get(f"{VERSION}/results/{{secret:str}}", sync_to_thread=True, summary="The results of a request, once", tags=TAGS)
def fetch_results(
    session: NamedDependency[Session], asking: NamedDependency[Asking], secret: FromPath[str]
) -> Response[bytes]:
    return signed(results.fetch(session, _controller(session, asking), secret))


def _group(slug: str) -> UUID:
    return find_group(Kind.SLUG, slug, role=DatabaseRole.APP)


def _controller(session: Session, asking: Asking) -> DsrController:
    """Asked at every request, so that one who is stopped is stopped at once. Raises NotLetIn."""
    found = controllers.of_client(session, registering.get(session, asking.client_id))
    if found is None:
        raise NotLetIn("insufficient_scope", "The token does not open this", status=403, scope=controllers.SCOPE)
    return found


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise Unacceptable("unknown", "There is no such request", status=404) from None


PROCESSING = Router(
    path=f"{PATH}/{{slug:str}}",
    route_handlers=[
        certificate,
        *(Router(path=path, route_handlers=[discovery]) for path in (f"{VERSION}{wire.DISCOVERY}", wire.DISCOVERY)),
        Router(
            path="/",
            route_handlers=[
                fetch_results,
                *(Router(path=path, route_handlers=[create, status, cancel]) for path in REQUESTS),
            ],
            dependencies={"asking": Provide(asking), "acting": Provide(acting), "session": Provide(unit_of_work)},
        ),
    ],
    exception_handlers=EXCEPTION_HANDLERS,
    request_max_body_size=wire.LARGEST_BODY,
)

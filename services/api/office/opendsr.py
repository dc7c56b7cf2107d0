"""OpenDSR with one organisation, at the company that is acted for: how we ask it, and how it asks us."""

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
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.api.forms import Form, refused
from services.api.office.cases import OPENDSR
from services.api.office.desk import Desk
from services.api.office.processors_told import PROCESSORS, url_of
from services.api.wording import said
from tenants import outside
from tenants.clients import registering
from tenants.companies.permissions import Permission
from tenants.errors import Conflict, Invalid
from tenants.groups.model import Group
from tenants.opendsr import asking, controllers, endpoints, identities, refusals, telling, tracing
from tenants.opendsr.dialects import Dialect
from tenants.opendsr.model import STANDARD, DsrEndpoint, DsrStep, LetIn, SentRequest, Wanted
from tenants.opendsr.wire import IdentityType
from tenants.processors import cataloguing
from tenants.registers.model import Register

LONGEST_PEM = 20_000


class NewEndpoint(Struct, frozen=True):
    base_url: str = ""
    domain: str = ""
    dialect: str = Dialect.STANDARD
    let_in: str = LetIn.BEARER
    user_name: str = ""
    secret: str = ""
    token_url: str = ""
    property_id: str = ""
    issuer: str = ""
    declares: str | list[str] = []


class NewController(Struct, frozen=True):
    client_id: str = ""
    callback_domains: str = ""
    identity_types: str | list[str] = []
    registers: str | list[str] = []


class NewRequest(Struct, frozen=True):
    """The person by the number of a customer of the company."""

    customer_number: str = ""
    wanted: str = ""


class ShownEndpoint(Struct, frozen=True):
    """`public_key` is what the processor is given where we sign, once it is in use."""

    row: DsrEndpoint
    public_key: str
    steps: list[DsrStep]
    url: str


class ShownSent(Struct, frozen=True):
    row: SentRequest
    url: str


@get("/processors/{processor_id:uuid}/opendsr", sync_to_thread=True)
def show(session: NamedDependency[Session], desk: NamedDependency[Desk], processor_id: FromPath[UUID]) -> Response[str]:
    desk.require(Permission.SEE_PROCESSORS)
    return _page(session, desk, processor_id)


@post("/processors/{processor_id:uuid}/opendsr/endpoints", sync_to_thread=True)
def register_endpoint(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    data: Annotated[NewEndpoint, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    try:
        endpoints.register(session, processor_id, _terms(data))
    except (Invalid, Conflict) as refusal:
        given = {name: value for name, value in to_builtins(data).items() if name != "secret"}
        return _page(session, desk, processor_id, form=refused(desk.language, given, refusal), about="endpoint")
    return desk.done(_url(processor_id), "opendsr-endpoint-registered")


@post("/processors/{processor_id:uuid}/opendsr/controllers", sync_to_thread=True)
def enter_controller(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    data: Annotated[NewController, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    try:
        terms = controllers.Terms(
            callback_domains=data.callback_domains.replace(",", " ").split(),
            identity_types=[one for one in IdentityType if one in _several(data.identity_types)],
            registers=[UUID(one) for one in _several(data.registers) if _is_id(one)],
        )
        if not _is_id(data.client_id):
            raise refusals.ClientOfAnother(field="client_id")
        controllers.enter(session, processor_id, client_id=UUID(data.client_id), terms=terms)
    except (Invalid, Conflict) as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _page(session, desk, processor_id, form=form, about="controller")
    return desk.done(_url(processor_id), "opendsr-controller-entered")


@post("/processors/{processor_id:uuid}/opendsr/requests", sync_to_thread=True)
def ask(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    data: Annotated[NewRequest, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.DECIDE_CASES)
    wanted = Wanted(data.wanted) if data.wanted in set(Wanted) else Wanted.ACCESS
    try:
        sent_id = asking.ask_about_customer(session, processor_id, data.customer_number, wanted)
    except (Invalid, Conflict) as refusal:
        return _page(
            session, desk, processor_id, form=refused(desk.language, to_builtins(data), refusal), about="request"
        )
    return desk.done(f"{OPENDSR}/sent/{sent_id}", "opendsr-asked")


@get("/opendsr/sent/{sent_id:uuid}", sync_to_thread=True)
def show_sent(session: NamedDependency[Session], desk: NamedDependency[Desk], sent_id: FromPath[UUID]) -> Response[str]:
    desk.require(Permission.SEE_CASES)
    row = asking.locked(session, sent_id)
    endpoint = endpoints.get(session, row.endpoint_id)
    processor = cataloguing.get(session, endpoint.processor_id)
    may_decide = desk.here.may(Permission.DECIDE_CASES)
    return desk.page(
        "office/opendsr/sent.html",
        row=row,
        processor=processor,
        endpoint=endpoint,
        steps=tracing.of(session, sent_id),
        may_cancel=row.ended_at is None and may_decide,
        results_url=asking.results_url(session, row) if may_decide else None,
        notification_urls=[f"/office/notifications/{one}" for one in row.notification_ids],
        person_url=f"/office/persons/{row.person_id}" if row.person_id else None,
        url=f"{OPENDSR}/sent/{sent_id}",
        processor_url=_url(endpoint.processor_id),
        list_url=PROCESSORS,
    )


@post("/opendsr/sent/{sent_id:uuid}/cancellation", sync_to_thread=True)
def cancel_sent(session: NamedDependency[Session], desk: NamedDependency[Desk], sent_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.DECIDE_CASES)
    asking.cancel(session, sent_id)
    return desk.done(f"{OPENDSR}/sent/{sent_id}", "opendsr-cancel-asked")


def _of_endpoint(path: str, step: Callable[[Session, UUID], None], done: str) -> HTTPRouteHandler:
    @post(f"/opendsr/endpoints/{{endpoint_id:uuid}}/{path}", sync_to_thread=True)
    def take(session: NamedDependency[Session], desk: NamedDependency[Desk], endpoint_id: FromPath[UUID]) -> Redirect:
        desk.require(Permission.MANAGE_PROCESSORS)
        step(session, endpoint_id)
        return desk.done(_url(endpoints.get(session, endpoint_id).processor_id), done)

    return take


STEPS = (
    _of_endpoint("test", endpoints.test, "opendsr-endpoint-tested"),
    _of_endpoint("stopping", endpoints.stop, "opendsr-endpoint-stopped"),
)


@post("/opendsr/controllers/{controller_id:uuid}/stopping", sync_to_thread=True)
def stop_controller(
    session: NamedDependency[Session], desk: NamedDependency[Desk], controller_id: FromPath[UUID]
) -> Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    controllers.stop(session, controller_id)
    return desk.done(_url(controllers.get(session, controller_id).processor_id), "opendsr-controller-stopped")


def _page(
    session: Session, desk: Desk, processor_id: UUID, *, form: Form | None = None, about: str = ""
) -> Response[str]:
    """`about` says which of the forms the given one is."""
    company = desk.here.acting.company_id
    if company is None:
        raise refusals.CompanyOfOpenDsr
    processor = cataloguing.get(session, processor_id)
    may = desk.here.may(Permission.MANAGE_PROCESSORS)
    endpoint = endpoints.of_processor(session, processor_id)
    registers = session.scalars(
        select(Register)
        .where(Register.company_id == company, Register.retired_at.is_(None))
        .order_by(Register.position)
    ).all()
    clients = [one for one in registering.listed(session, processor_id) if one.disabled_at is None]
    return desk.page(
        "office/opendsr/processor.html",
        status=422 if form else 200,
        processor=processor,
        endpoint=_shown(session, endpoint) if endpoint else None,
        sent=_sent(session, endpoint, desk),
        controllers=controllers.listed(session, processor_id),
        register_names={one.register_id: one.name.in_(desk.language) for one in registers},
        clients={one.client_id: one.name for one in clients},
        dialects=[(str(one), said(desk.language, one)) for one in Dialect],
        ways=[(str(one), said(desk.language, one)) for one in LetIn],
        askable=[(str(one), said(desk.language, one)) for one in _askable(endpoint)],
        may_ask=endpoint is not None and desk.here.may(Permission.DECIDE_CASES),
        rights=[(str(one), said(desk.language, one)) for one in Wanted if one not in STANDARD],
        types=[(str(one), said(desk.language, one)) for one in identities.KINDS],
        form=form or Form(),
        about=about,
        may_manage=may and processor.retired_at is None,
        longest={"url": outside.LONGEST, "pem": LONGEST_PEM},
        base_url=telling.base(session.scalars(select(Group.slug)).one()),
        url=_url(processor_id),
        own_url=OPENDSR,
        processor_url=url_of(processor_id),
        list_url=PROCESSORS,
    )


def _askable(endpoint: DsrEndpoint | None) -> list[Wanted]:
    declared = endpoint.declares if endpoint else []
    return [one for one in Wanted if one in STANDARD or one in declared]


def _shown(session: Session, endpoint: DsrEndpoint) -> ShownEndpoint:
    return ShownEndpoint(
        row=endpoint,
        public_key=endpoints.public_key(session, endpoint) if endpoint.let_in is LetIn.PRIVATE_KEY_JWT else "",
        steps=list(tracing.of(session, endpoint.endpoint_id))[:10],
        url=f"{OPENDSR}/endpoints/{endpoint.endpoint_id}",
    )


def _sent(session: Session, endpoint: DsrEndpoint | None, desk: Desk) -> list[ShownSent]:
    if endpoint is None or not desk.here.may(Permission.SEE_CASES):
        return []
    rows = asking.listed(session, [endpoint.endpoint_id])
    return [ShownSent(one, f"{OPENDSR}/sent/{one.sent_id}") for one in rows]


def _terms(data: NewEndpoint) -> endpoints.Terms:
    """What is no choice is the first one: the form offers no other."""
    return endpoints.Terms(
        base_url=data.base_url,
        domain=data.domain,
        dialect=Dialect(data.dialect) if data.dialect in set(Dialect) else Dialect.STANDARD,
        let_in=LetIn(data.let_in) if data.let_in in set(LetIn) else LetIn.BEARER,
        user_name=data.user_name,
        secret=data.secret,
        token_url=data.token_url,
        property_id=data.property_id,
        issuer=data.issuer,
        declares=[one for one in Wanted if one in _several(data.declares)],
    )


def _several(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def _is_id(given: str) -> bool:
    try:
        return bool(UUID(given))
    except ValueError:
        return False


def _url(processor_id: UUID) -> str:
    return f"{url_of(processor_id)}/opendsr"

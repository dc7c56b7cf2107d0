"""The webhook endpoints of a processor, at the company acted for: where it is told, of what, and how that goes."""

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
from sqlalchemy.orm import Session

from services.api.forms import Form, refused
from services.api.office.desk import Desk
from services.api.office.processors_told import PROCESSORS, url_of
from services.api.wording import said
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.outside import LONGEST as LONGEST_URL
from tenants.processors import cataloguing
from tenants.processors import reading as agreements
from tenants.processors.reading import Agreed
from tenants.webhooks import announcing, endpoints, reading
from tenants.webhooks.endpoints import Issued
from tenants.webhooks.model import SUBSCRIBED, MessageState, WebhookEndpoint, WebhookMessage, WebhookSecret
from tenants.webhooks.reading import Sent
from tenants.webhooks.refusals import CompanyOfTheEndpoint, NeedsAgreement

WEBHOOKS = f"{PROCESSORS}/webhooks"
SHOWN = 8


class GivenEndpoint(Struct, frozen=True):
    """`asymmetric` is a box: there when it is ticked."""

    agreement: str = ""
    url: str = ""
    description: str = ""
    events: str | list[str] = []
    asymmetric: str = ""

    @property
    def chosen(self) -> list[str]:
        return [self.events] if isinstance(self.events, str) else self.events


class ShownMessage(Struct, frozen=True):
    """`again_url` where it may be sent once more."""

    sent: Sent
    again_url: str | None


class ShownEndpoint(Struct, frozen=True):
    """`agreement` is its key."""

    row: WebhookEndpoint
    agreement: str
    secrets: list[WebhookSecret]
    messages: list[ShownMessage]
    url: str


@get("/processors/{processor_id:uuid}/webhooks", sync_to_thread=True)
def list_endpoints(
    session: NamedDependency[Session], desk: NamedDependency[Desk], processor_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.SEE_PROCESSORS)
    return _page(session, desk, processor_id)


@post("/processors/{processor_id:uuid}/webhooks", sync_to_thread=True, status_code=200)
def register(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    data: Annotated[GivenEndpoint, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str]:
    """Answers with the secret itself, this once; so there is no redirect."""
    desk.require(Permission.MANAGE_PROCESSORS)
    try:
        made = endpoints.register(
            session,
            _agreement(session, processor_id, data.agreement),
            url=data.url.strip(),
            events=data.chosen,
            description=data.description,
            asymmetric=bool(data.asymmetric),
        )
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _page(session, desk, processor_id, form=form, about="new", status=422)
    return _page(session, desk, processor_id, issued=made)


@post("/processors/webhooks/{endpoint_id:uuid}/facts", sync_to_thread=True)
def change(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    endpoint_id: FromPath[UUID],
    data: Annotated[GivenEndpoint, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    processor_id = _processor_of(session, endpoint_id)
    try:
        endpoints.change(session, endpoint_id, url=data.url.strip(), events=data.chosen, description=data.description)
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _page(session, desk, processor_id, form=form, about=str(endpoint_id), status=422)
    return desk.done(_url(processor_id), "webhook-changed")


@post("/processors/webhooks/{endpoint_id:uuid}/rotation", sync_to_thread=True, status_code=200)
def rotate(
    session: NamedDependency[Session], desk: NamedDependency[Desk], endpoint_id: FromPath[UUID]
) -> Response[str]:
    """Answers with the new secret itself, this once; so there is no redirect."""
    desk.require(Permission.MANAGE_PROCESSORS)
    issued = endpoints.rotate(session, endpoint_id)
    return _page(session, desk, _processor_of(session, endpoint_id), issued=issued)


@post("/processors/webhooks/messages/{message_id:uuid}/redelivery", sync_to_thread=True)
def redeliver(session: NamedDependency[Session], desk: NamedDependency[Desk], message_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    message = announcing.redeliver(session, message_id)
    return desk.done(_url(_processor_of(session, message.endpoint_id)), "webhook-redelivered")


def _step(path: str, step: Callable[[Session, UUID], object], done: str) -> HTTPRouteHandler:
    @post(f"/processors/webhooks/{{endpoint_id:uuid}}/{path}", sync_to_thread=True)
    def take(session: NamedDependency[Session], desk: NamedDependency[Desk], endpoint_id: FromPath[UUID]) -> Redirect:
        desk.require(Permission.MANAGE_PROCESSORS)
        step(session, endpoint_id)
        return desk.done(_url(_processor_of(session, endpoint_id)), done)

    return take


STEPS = (
    _step("ping", announcing.ping, "webhook-pinged"),
    _step("disabling", endpoints.disable, "webhook-disabled"),
    _step("enabling", endpoints.enable, "webhook-enabled"),
)


def _url(processor_id: UUID) -> str:
    return f"{url_of(processor_id)}/webhooks"


def _processor_of(session: Session, endpoint_id: UUID) -> UUID:
    """Raises NoSuchEndpoint."""
    endpoint = endpoints.get(session, endpoint_id)
    return agreements.agreement(session, endpoint.agreement_id).agreement.processor_id


def _agreement(session: Session, processor_id: UUID, key: str) -> UUID:
    """One of the company's with this processor, by its key. Raises NeedsAgreement."""
    for one in _agreed(session, processor_id):
        if one.agreement.key == key:
            return one.agreement.agreement_id
    raise NeedsAgreement(field="agreement")


def _agreed(session: Session, processor_id: UUID) -> list[Agreed]:
    return [one for one in agreements.listed(session) if one.agreement.processor_id == processor_id]


def _page(
    session: Session,
    desk: Desk,
    processor_id: UUID,
    *,
    form: Form | None = None,
    about: str = "",
    issued: Issued | None = None,
    status: int = 200,
) -> Response[str]:
    """`about` says which of the page's forms the given one is: the new endpoint's, or that of one that is changed."""
    if desk.here.acting.company_id is None:
        raise CompanyOfTheEndpoint
    processor = cataloguing.get(session, processor_id)
    agreed = _agreed(session, processor_id)
    open_keys = [one.agreement.key for one in agreed if one.agreement.ended_at is None]
    return desk.page(
        "office/processors/webhooks.html",
        status=status,
        processor=processor,
        endpoints=_shown(session, processor_id, {one.agreement.agreement_id: one.agreement.key for one in agreed}),
        issued=issued,
        form=form or Form(),
        about=about,
        events=[(str(one), said(desk.language, one), str(one)) for one in SUBSCRIBED],
        agreements=[(key, key) for key in open_keys],
        may_manage=desk.here.may(Permission.MANAGE_PROCESSORS),
        longest={"url": LONGEST_URL, "description": endpoints.LONGEST_DESCRIPTION},
        url=_url(processor_id),
        processor_url=url_of(processor_id),
        list_url=PROCESSORS,
    )


def _shown(session: Session, processor_id: UUID, keys: dict[UUID, str]) -> list[ShownEndpoint]:
    rows = endpoints.of_processor(session, processor_id)
    secrets = endpoints.signing_with(session, [one.endpoint_id for one in rows])
    return [
        ShownEndpoint(
            row=one,
            agreement=keys[one.agreement_id],
            secrets=[secret for secret in secrets if secret.endpoint_id == one.endpoint_id],
            messages=[_message(one, sent) for sent in reading.last(session, one.endpoint_id, limit=SHOWN)],
            url=f"{WEBHOOKS}/{one.endpoint_id}",
        )
        for one in rows
    ]


def _message(endpoint: WebhookEndpoint, sent: Sent) -> ShownMessage:
    message: WebhookMessage = sent.message
    settled = message.state is not MessageState.PENDING and endpoint.disabled_at is None
    return ShownMessage(sent, f"{WEBHOOKS}/messages/{message.message_id}/redelivery" if settled else None)

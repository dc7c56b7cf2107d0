"""Webhook endpoints of processors (Standard Webhooks 1.0.0), at the key's company."""

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from services.api.rest.steps import step
from tenants.companies.permissions import Permission, Standing
from tenants.outside import Unreached
from tenants.processors import cataloguing
from tenants.webhooks import announcing, endpoints, reading
from tenants.webhooks.endpoints import Issued
from tenants.webhooks.model import (
    DisabledFor,
    EventType,
    MessageState,
    SecretKind,
    WebhookAttempt,
    WebhookEndpoint,
    WebhookSecret,
)
from tenants.webhooks.reading import Sent

TAGS = ["processors"]
Address = Annotated[str, Meta(max_length=10_000, examples=["https://kuuntelija.esimerkkipilvi.example/seloste"])]
Described = Annotated[str, Meta(max_length=5000, examples=["Laskutuksen kuuntelija"])]
Events = Annotated[list[EventType], Meta(max_length=20, examples=[["feed.changed", "confirmation.pending"]])]
PublicKey = Annotated[str, Meta(examples=["whpk_..."])]


class NewEndpoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`asymmetric`: messages bear a `v1a` signature (Ed25519), too, that is checked with a public key."""

    agreement_id: UUID
    url: Address
    events: Events
    description: Described = ""
    asymmetric: bool = False


class ChangedEndpoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: Address
    events: Events
    description: Described = ""


class EndpointIssued(Struct, frozen=True):
    """`secret` is shown this once."""

    endpoint_id: UUID
    secret: Annotated[str, Meta(examples=["whsec_..."])]
    public_key: PublicKey | None


class SecretShown(Struct, frozen=True):
    """`retires_at`: a former one, which signs until then."""

    kind: SecretKind
    public_key: PublicKey | None
    made_at: datetime
    retires_at: datetime | None


class EndpointShown(Struct, frozen=True, kw_only=True):
    """`failing_since`: no good answer since then. `exhausted` messages in a row were given up."""

    endpoint_id: UUID
    agreement_id: UUID
    url: Address
    events: Events
    description: Described
    created_at: datetime
    disabled_at: datetime | None
    disabled_for: DisabledFor | None
    quiet_until: datetime | None
    failing_since: datetime | None
    exhausted: int
    last_ok_at: datetime | None
    secrets: list[SecretShown]


class AttemptShown(Struct, frozen=True):
    """`reason` where there was no answer, or none that counts."""

    at: datetime
    milliseconds: int
    status: Annotated[int, Meta(examples=[204])] | None
    reason: Unreached | None


class MessageShown(Struct, frozen=True, kw_only=True):
    """`held_at`: it waits until something flows under the agreement again."""

    message_id: UUID
    type: EventType
    created_at: datetime
    state: MessageState
    held_at: datetime | None
    settled_at: datetime | None
    attempts: list[AttemptShown]


class MessageQueued(Struct, frozen=True):
    message_id: UUID


@get(
    "/processors/{processor_id:uuid}/webhooks",
    sync_to_thread=True,
    summary="List the webhook endpoints of a processor",
    tags=TAGS,
    responses=problems(404),
)
def list_endpoints(
    session: NamedDependency[Session], standing: NamedDependency[Standing], processor_id: FromPath[UUID]
) -> list[EndpointShown]:
    """Those of the key's company."""
    standing.require(Permission.SEE_PROCESSORS)
    cataloguing.get(session, processor_id)
    rows = endpoints.of_processor(session, processor_id)
    secrets = endpoints.signing_with(session, [one.endpoint_id for one in rows])
    return [_shown(one, [each for each in secrets if each.endpoint_id == one.endpoint_id]) for one in rows]


@changing(
    "/processors/webhooks",
    status_code=201,
    summary="Register a webhook endpoint",
    tags=TAGS,
    responses=problems(404, 409),
)
def register_endpoint(
    session: NamedDependency[Session], standing: NamedDependency[Standing], data: JSONBody[NewEndpoint]
) -> Response[EndpointIssued]:
    """Of one agreement of the key's company. Nothing is called yet: a ping tells whether anybody is there."""
    standing.require(Permission.MANAGE_PROCESSORS)
    made = endpoints.register(
        session,
        data.agreement_id,
        url=data.url,
        events=data.events,
        description=data.description,
        asymmetric=data.asymmetric,
    )
    return Response(_issued(made), status_code=201)


@changing(
    "/processors/webhooks/{endpoint_id:uuid}/facts",
    status_code=204,
    summary="Change a webhook endpoint",
    tags=TAGS,
    responses=problems(404),
)
def change_endpoint(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    endpoint_id: FromPath[UUID],
    data: JSONBody[ChangedEndpoint],
) -> None:
    """Messages on their way go to the new address."""
    standing.require(Permission.MANAGE_PROCESSORS)
    endpoints.change(session, endpoint_id, url=data.url, events=data.events, description=data.description)


@changing(
    "/processors/webhooks/{endpoint_id:uuid}/rotation",
    status_code=201,
    summary="Rotate the secret of a webhook endpoint",
    tags=TAGS,
    responses=problems(404, 409),
)
def rotate_secret(
    session: NamedDependency[Session], standing: NamedDependency[Standing], endpoint_id: FromPath[UUID]
) -> Response[EndpointIssued]:
    """The former one signs beside the new one for a day."""
    standing.require(Permission.MANAGE_PROCESSORS)
    return Response(_issued(endpoints.rotate(session, endpoint_id)), status_code=201)


@changing(
    "/processors/webhooks/{endpoint_id:uuid}/ping",
    status_code=202,
    summary="Send a test message to a webhook endpoint",
    tags=TAGS,
    responses=problems(404, 409),
)
def ping_endpoint(
    session: NamedDependency[Session], standing: NamedDependency[Standing], endpoint_id: FromPath[UUID]
) -> Response[MessageQueued]:
    standing.require(Permission.MANAGE_PROCESSORS)
    return Response(MessageQueued(announcing.ping(session, endpoint_id)), status_code=202)


@get(
    "/processors/webhooks/{endpoint_id:uuid}/messages",
    sync_to_thread=True,
    summary="List the last messages to a webhook endpoint",
    tags=TAGS,
    responses=problems(404),
)
def list_messages(
    session: NamedDependency[Session], standing: NamedDependency[Standing], endpoint_id: FromPath[UUID]
) -> list[MessageShown]:
    """The newest first, each with its attempts; what was answered is not kept."""
    standing.require(Permission.SEE_PROCESSORS)
    endpoints.get(session, endpoint_id)
    return [_message(one) for one in reading.last(session, endpoint_id)]


@changing(
    "/processors/webhooks/messages/{message_id:uuid}/redelivery",
    status_code=202,
    summary="Send a webhook message again",
    tags=TAGS,
    responses=problems(404, 409),
)
def redeliver_message(
    session: NamedDependency[Session], standing: NamedDependency[Standing], message_id: FromPath[UUID]
) -> Response[MessageQueued]:
    """Under the id by which the receiver knows it."""
    standing.require(Permission.MANAGE_PROCESSORS)
    return Response(MessageQueued(announcing.redeliver(session, message_id).message_id), status_code=202)


_step = partial(step, of="endpoint_id", tags=TAGS)
_AT = "/processors/webhooks/{endpoint_id:uuid}"

STEPS = (
    _step(f"{_AT}/disabling", endpoints.disable, "disable_endpoint", "Disable a webhook endpoint"),
    _step(f"{_AT}/enabling", endpoints.enable, "enable_endpoint", "Enable a webhook endpoint again"),
)


def _issued(made: Issued) -> EndpointIssued:
    return EndpointIssued(made.endpoint_id, made.secret, made.public_key)


def _shown(row: WebhookEndpoint, secrets: list[WebhookSecret]) -> EndpointShown:
    return EndpointShown(
        endpoint_id=row.endpoint_id,
        agreement_id=row.agreement_id,
        url=row.url,
        events=[EventType(one) for one in row.events],
        description=row.description,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        disabled_for=row.disabled_for,
        quiet_until=row.quiet_until,
        failing_since=row.failing_since,
        exhausted=row.exhausted,
        last_ok_at=row.last_ok_at,
        secrets=[SecretShown(one.kind, one.public_key, one.made_at, one.retires_at) for one in secrets],
    )


def _message(sent: Sent) -> MessageShown:
    return MessageShown(
        message_id=sent.message.message_id,
        type=sent.message.type,
        created_at=sent.message.created_at,
        state=sent.message.state,
        held_at=sent.message.held_at,
        settled_at=sent.message.settled_at,
        attempts=[_attempt(one) for one in sent.attempts],
    )


def _attempt(row: WebhookAttempt) -> AttemptShown:
    return AttemptShown(row.at, row.milliseconds, row.status, row.reason)

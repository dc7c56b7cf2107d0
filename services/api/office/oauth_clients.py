"""The OAuth clients of a processor, at the company that is acted for: registered, given keys, shut out and let in."""

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
from services.api.oauth import addresses
from services.api.office.desk import Desk
from services.api.office.processors_told import PROCESSORS, url_of
from services.api.wording import said
from tenants import outside
from tenants.clients import failing, key_sets, public_keys, registering
from tenants.clients.model import ClientFailure, ClientKey, ClientKeySet, ClientSecret, Method, OAuthClient
from tenants.clients.refusals import CompanyOfTheClient
from tenants.companies.permissions import Permission
from tenants.contacts import keys as brought
from tenants.errors import Invalid
from tenants.groups.model import Group
from tenants.processors import cataloguing

CLIENTS = f"{PROCESSORS}/clients"


class NewClient(Struct, frozen=True):
    """`dpop` is a box: there when it is ticked."""

    name: str = ""
    method: str = Method.PRIVATE_KEY_JWT
    dpop: str = ""
    keys: str = ""
    jwks_uri: str = ""


class GivenKeys(Struct, frozen=True):
    keys: str = ""


class GivenAddress(Struct, frozen=True):
    jwks_uri: str = ""


class ChosenKey(Struct, frozen=True):
    kid: str = ""


class ShownClient(Struct, frozen=True):
    row: OAuthClient
    keys: list[ClientKey]
    retired: list[ClientKey]
    secrets: list[ClientSecret]
    published: ClientKeySet | None
    refused: list[ClientFailure]
    url: str


class NewSecret(Struct, frozen=True):
    """Shown this once."""

    name: str
    client_id: UUID
    secret: str


@get("/processors/{processor_id:uuid}/clients", sync_to_thread=True)
def list_clients(
    session: NamedDependency[Session], desk: NamedDependency[Desk], processor_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.SEE_PROCESSORS)
    return _page(session, desk, processor_id)


@post("/processors/{processor_id:uuid}/clients", sync_to_thread=True)
def register(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    data: Annotated[NewClient, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    """Answers with the secret itself, if there is one, this once."""
    desk.require(Permission.MANAGE_PROCESSORS)
    by_secret = data.method == Method.CLIENT_SECRET_BASIC
    try:
        made = registering.register(
            session,
            processor_id,
            name=data.name,
            method=Method.CLIENT_SECRET_BASIC if by_secret else Method.PRIVATE_KEY_JWT,
            dpop=bool(data.dpop),
            keys=public_keys.read(data.keys) if data.keys.strip() and not by_secret else (),
            jwks_uri=data.jwks_uri,
        )
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _page(session, desk, processor_id, form=form, about="new", status=422)
    if made.secret is None:
        return desk.done(_url(processor_id), "client-registered")
    return _page(session, desk, processor_id, shown=NewSecret(data.name.strip(), made.client_id, made.secret))


@post("/processors/clients/{client_id:uuid}/keys", sync_to_thread=True)
def add_keys(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    client_id: FromPath[UUID],
    data: Annotated[GivenKeys, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    client = registering.get(session, client_id)
    try:
        registering.add_keys(session, client_id, public_keys.read(data.keys))
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _page(session, desk, client.processor_id, form=form, about=str(client_id), status=422)
    return desk.done(_url(client.processor_id), "client-key-added")


@post("/processors/clients/{client_id:uuid}/address", sync_to_thread=True)
def move_keys(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    client_id: FromPath[UUID],
    data: Annotated[GivenAddress, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    client = registering.get(session, client_id)
    try:
        registering.publish_at(session, client_id, data.jwks_uri)
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _page(session, desk, client.processor_id, form=form, about=str(client_id), status=422)
    return desk.done(_url(client.processor_id), "client-keys-moved")


@post("/processors/clients/{client_id:uuid}/keys/retirement", sync_to_thread=True)
def retire_key(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    client_id: FromPath[UUID],
    data: Annotated[ChosenKey, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    registering.retire_key(session, client_id, data.kid)
    return desk.done(_url(registering.get(session, client_id).processor_id), "client-key-retired")


@post("/processors/clients/{client_id:uuid}/secrets", sync_to_thread=True, status_code=200)
def make_secret(
    session: NamedDependency[Session], desk: NamedDependency[Desk], client_id: FromPath[UUID]
) -> Response[str]:
    """Answers with the secret itself, this once; so there is no redirect."""
    desk.require(Permission.MANAGE_PROCESSORS)
    client = registering.get(session, client_id)
    secret = registering.make_secret(session, client_id)
    return _page(session, desk, client.processor_id, shown=NewSecret(client.name, client_id, secret))


@post("/processors/clients/{client_id:uuid}/secrets/{secret_id:uuid}/retirement", sync_to_thread=True)
def retire_secret(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    client_id: FromPath[UUID],
    secret_id: FromPath[UUID],
) -> Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    registering.retire_secret(session, client_id, secret_id)
    return desk.done(_url(registering.get(session, client_id).processor_id), "client-secret-retired")


def _step(path: str, step: Callable[[Session, UUID], None], done: str) -> HTTPRouteHandler:
    @post(f"/processors/clients/{{client_id:uuid}}/{path}", sync_to_thread=True)
    def take(session: NamedDependency[Session], desk: NamedDependency[Desk], client_id: FromPath[UUID]) -> Redirect:
        desk.require(Permission.MANAGE_PROCESSORS)
        step(session, client_id)
        return desk.done(_url(registering.get(session, client_id).processor_id), done)

    return take


STEPS = (
    _step("disabling", registering.disable, "client-disabled"),
    _step("enabling", registering.enable, "client-enabled"),
    _step("release", registering.release, "client-released"),
)


def _url(processor_id: UUID) -> str:
    return f"{url_of(processor_id)}/clients"


def _page(
    session: Session,
    desk: Desk,
    processor_id: UUID,
    *,
    form: Form | None = None,
    about: str = "",
    shown: NewSecret | None = None,
    status: int = 200,
) -> Response[str]:
    """`about` says which of the page's forms the given one is: the new client's, or that of a client's keys."""
    if desk.here.acting.company_id is None:
        raise CompanyOfTheClient
    processor = cataloguing.get(session, processor_id)
    slug = session.scalars(select(Group.slug)).one()
    return desk.page(
        "office/processors/clients.html",
        status=status,
        processor=processor,
        clients=_shown(session, processor_id),
        new_secret=shown,
        form=form or Form(),
        about=about,
        methods=[(str(one), said(desk.language, one)) for one in Method],
        may_manage=desk.here.may(Permission.MANAGE_PROCESSORS),
        may_add=desk.here.may(Permission.MANAGE_PROCESSORS) and processor.retired_at is None,
        offered=sum(one.processor_id == processor_id for one in brought.waiting(session)),
        contacts_url=f"{url_of(processor_id)}/contacts",
        most_secrets=registering.MOST_SECRETS,
        longest={"name": registering.LONGEST_NAME, "keys": public_keys.LONGEST, "jwks_uri": outside.LONGEST},
        issuer=addresses.issuer(slug),
        url=_url(processor_id),
        processor_url=url_of(processor_id),
        list_url=PROCESSORS,
    )


def _shown(session: Session, processor_id: UUID) -> list[ShownClient]:
    rows = registering.listed(session, processor_id)
    ids = [one.client_id for one in rows]
    keys, secrets = registering.keys_of(session, ids), registering.secrets_of(session, ids)
    published, refusals = key_sets.of_clients(session, ids), failing.traces(session, ids)
    return [
        ShownClient(
            row=one,
            keys=[key for key in keys if key.client_id == one.client_id and key.retired_at is None],
            retired=[key for key in keys if key.client_id == one.client_id and key.retired_at is not None],
            secrets=[secret for secret in secrets if secret.client_id == one.client_id],
            published=published.get(one.client_id),
            refused=[failure for failure in refusals if failure.client_id == one.client_id],
            url=f"{CLIENTS}/{one.client_id}",
        )
        for one in rows
    ]

"""The keys of the processor's clients: brought, waiting for their release, in use, retired and lost."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.console.counter import Counter
from services.api.forms import Form, refused
from tenants import outside
from tenants.clients import public_keys, registering
from tenants.clients.model import Method
from tenants.contacts import keys, seeing
from tenants.contacts.seeing import SeenClient
from tenants.errors import Invalid


class BroughtKey(Struct, frozen=True):
    """`client` is the id of one, or empty for a new one by this `name`."""

    client: str = ""
    name: str = ""
    keys: str = ""


class BroughtAddress(Struct, frozen=True):
    jwks_uri: str = ""


class ChosenKey(Struct, frozen=True):
    kid: str = ""


@get("/keys", sync_to_thread=True)
def show_keys(session: NamedDependency[Session], counter: NamedDependency[Counter]) -> Response[str]:
    return _page(session, counter, Form())


@post("/keys", sync_to_thread=True)
def offer_key(
    session: NamedDependency[Session],
    counter: NamedDependency[Counter],
    data: Annotated[BroughtKey, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    chosen = next((one.row.client_id for one in seeing.clients(session) if str(one.row.client_id) == data.client), None)
    try:
        keys.offer(session, counter.here, keys.read(data.keys), client_id=chosen, name=data.name)
    except Invalid as refusal:
        given = {"client": data.client, "name": data.name, "keys": data.keys}
        return _page(session, counter, refused(counter.language, given, refusal), status=422)
    return counter.done(counter.url("keys"), "key-offered")


@post("/keys/{client_id:uuid}/address", sync_to_thread=True)
def offer_address(
    session: NamedDependency[Session],
    counter: NamedDependency[Counter],
    client_id: FromPath[UUID],
    data: Annotated[BroughtAddress, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    try:
        keys.offer_address(session, counter.here, client_id, data.jwks_uri)
    except Invalid as refusal:
        given = {"jwks_uri": data.jwks_uri}
        return _page(session, counter, refused(counter.language, given, refusal), about=client_id, status=422)
    return counter.done(counter.url("keys"), "address-offered")


@post("/keys/{client_id:uuid}/retirement", sync_to_thread=True)
def retire_key(
    session: NamedDependency[Session],
    counter: NamedDependency[Counter],
    client_id: FromPath[UUID],
    data: Annotated[ChosenKey, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    keys.retire(session, counter.here, client_id, data.kid)
    return counter.done(counter.url("keys"), "key-retired")


@post("/keys/{client_id:uuid}/loss", sync_to_thread=True)
def report_lost(
    session: NamedDependency[Session],
    counter: NamedDependency[Counter],
    client_id: FromPath[UUID],
    data: Annotated[ChosenKey, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    keys.report_lost(session, counter.here, client_id, data.kid)
    return counter.done(f"{counter.url('keys')}#lost", "key-lost")


def _page(
    session: Session, counter: Counter, form: Form, *, about: UUID | None = None, status: int = 200
) -> Response[str]:
    """`about` is the client whose address the form was, else it was that of a new key."""
    clients = seeing.clients(session)
    may_change = [one for one in clients if _signs(one) and not one.row.jwks_uri]
    return counter.page(
        "console/keys.html",
        status=status,
        clients=clients,
        offers=keys.offers(session),
        lost=keys.lost(session),
        names={one.row.client_id: one.row.name for one in clients},
        choices=[(str(one.row.client_id), one.row.name) for one in may_change],
        form=form,
        about=about,
        longest={"name": registering.LONGEST_NAME, "keys": public_keys.LONGEST, "jwks_uri": outside.LONGEST},
        url=counter.url("keys"),
    )


def _signs(client: SeenClient) -> bool:
    return client.row.method is Method.PRIVATE_KEY_JWT and client.row.disabled_at is None

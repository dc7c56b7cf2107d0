"""OAuth clients of processors, at the key's company."""

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, json
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from services.api.rest.steps import step
from tenants.clients import failing, key_sets, public_keys, registering
from tenants.clients.model import (
    ClientKey,
    ClientKeySet,
    FailureReason,
    Jwk,
    KeySetProblem,
    Method,
    OAuthClient,
    PublicKey,
)
from tenants.companies.permissions import Permission, Standing
from tenants.processors import cataloguing

TAGS = ["processors"]
Kid = Annotated[str, Meta(max_length=200, examples=["2026-11"])]
EXAMPLE = {
    "kty": "EC",
    "crv": "P-256",
    "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    "kid": "2026-11",
}
Keys = Annotated[list[Jwk], Meta(max_length=10, examples=[[EXAMPLE]])]
AddressOfKeys = Annotated[str, Meta(max_length=2000, examples=["https://keys.esimerkkipilvi.example/jwks"])]


class NewClient(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`keys` are public JSON Web Keys (RFC 7517) of a client that signs; in their place `jwks_uri` says where it
    publishes them. `dpop`: bind its tokens (RFC 9449)."""

    name: Annotated[str, Meta(max_length=1000, examples=["Laskutuksen siirto"])]
    method: Method = Method.PRIVATE_KEY_JWT
    dpop: bool = True
    keys: Keys = []
    jwks_uri: AddressOfKeys | None = None


class NewKeys(Struct, frozen=True, forbid_unknown_fields=True):
    keys: Keys


class MovedKeys(Struct, frozen=True, forbid_unknown_fields=True):
    jwks_uri: AddressOfKeys


class RetiredKey(Struct, frozen=True, forbid_unknown_fields=True):
    kid: Kid


class ClientRegistered(Struct, frozen=True):
    """`client_secret` is shown this once; null for a client that signs."""

    client_id: UUID
    client_secret: Annotated[str, Meta(examples=["seloste_ocs_..."])] | None


class SecretMade(Struct, frozen=True):
    """Shown this once."""

    client_secret: Annotated[str, Meta(examples=["seloste_ocs_..."])]


class KeyShown(Struct, frozen=True):
    kid: Kid
    jwk: Annotated[Jwk, Meta(examples=[EXAMPLE])]
    added_at: datetime
    retired_at: datetime | None


class SecretShown(Struct, frozen=True):
    secret_id: UUID
    made_at: datetime


class PublishedKeys(Struct, frozen=True):
    """As they were fetched last; `problem` is what came in the way when somebody tried last."""

    jwks_uri: Annotated[str, Meta(examples=["https://keys.esimerkkipilvi.example/jwks"])]
    kids: Annotated[list[str], Meta(examples=[["2026-11"]])]
    fetched_at: datetime | None
    tried_at: datetime | None
    problem: KeySetProblem | None


class Refused(Struct, frozen=True):
    """A request in the client's name that was refused."""

    failed_at: datetime
    reason: FailureReason


class ClientShown(Struct, frozen=True, kw_only=True):
    """`failures` are those since somebody looked. `locked_at`: it gets nothing until it is released. `refused` are the
    last refusals, the newest first."""

    client_id: UUID
    name: Annotated[str, Meta(examples=["Laskutuksen siirto"])]
    method: Method
    dpop: bool
    created_at: datetime
    disabled_at: datetime | None
    last_used_at: datetime | None
    failures: int
    last_failed_at: datetime | None
    alarmed_at: datetime | None
    locked_at: datetime | None
    keys: list[KeyShown]
    published_keys: PublishedKeys | None
    secrets: list[SecretShown]
    refused: list[Refused]


@get(
    "/processors/{processor_id:uuid}/clients",
    sync_to_thread=True,
    summary="List the OAuth clients of a processor",
    tags=TAGS,
    responses=problems(404),
)
def list_clients(
    session: NamedDependency[Session], standing: NamedDependency[Standing], processor_id: FromPath[UUID]
) -> list[ClientShown]:
    """Those of the key's company."""
    standing.require(Permission.SEE_PROCESSORS)
    cataloguing.get(session, processor_id)
    rows = registering.listed(session, processor_id)
    ids = [one.client_id for one in rows]
    keys, secrets = registering.keys_of(session, ids), registering.secrets_of(session, ids)
    published, failures = key_sets.of_clients(session, ids), failing.traces(session, ids)
    return [
        _shown(
            one,
            _published(one, published.get(one.client_id)),
            [Refused(failure.failed_at, failure.reason) for failure in failures if failure.client_id == one.client_id],
            [key for key in keys if key.client_id == one.client_id],
            [SecretShown(secret.secret_id, secret.made_at) for secret in secrets if secret.client_id == one.client_id],
        )
        for one in rows
    ]


@changing(
    "/processors/{processor_id:uuid}/clients",
    status_code=201,
    summary="Register an OAuth client of a processor",
    tags=TAGS,
    responses=problems(404, 409),
)
def register_client(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    processor_id: FromPath[UUID],
    data: JSONBody[NewClient],
) -> Response[ClientRegistered]:
    standing.require(Permission.MANAGE_PROCESSORS)
    made = registering.register(
        session,
        processor_id,
        name=data.name,
        method=data.method,
        dpop=data.dpop,
        keys=_read(data.keys),
        jwks_uri=data.jwks_uri or "",
    )
    return Response(ClientRegistered(made.client_id, made.secret), status_code=201)


@changing(
    "/processors/clients/{client_id:uuid}/keys",
    status_code=204,
    summary="Add public keys to an OAuth client",
    tags=TAGS,
    responses=problems(404, 409),
)
def add_keys(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    client_id: FromPath[UUID],
    data: JSONBody[NewKeys],
) -> None:
    """Those in use stay so until they are retired."""
    standing.require(Permission.MANAGE_PROCESSORS)
    registering.add_keys(session, client_id, _read(data.keys))


@changing(
    "/processors/clients/{client_id:uuid}/address",
    status_code=204,
    summary="Say where else an OAuth client publishes its keys",
    tags=TAGS,
    responses=problems(404, 409),
)
def move_keys(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    client_id: FromPath[UUID],
    data: JSONBody[MovedKeys],
) -> None:
    """What it published at the former address proves nothing from the next request on. 409 where it publishes none."""
    standing.require(Permission.MANAGE_PROCESSORS)
    registering.publish_at(session, client_id, data.jwks_uri)


@changing(
    "/processors/clients/{client_id:uuid}/keys/retirement",
    status_code=204,
    summary="Retire a public key of an OAuth client",
    tags=TAGS,
    responses=problems(404),
)
def retire_key(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    client_id: FromPath[UUID],
    data: JSONBody[RetiredKey],
) -> None:
    """It proves nothing from the next request on."""
    standing.require(Permission.MANAGE_PROCESSORS)
    registering.retire_key(session, client_id, data.kid)


@changing(
    "/processors/clients/{client_id:uuid}/secrets",
    status_code=201,
    summary="Make another secret for an OAuth client",
    tags=TAGS,
    responses=problems(404, 409),
)
def make_secret(
    session: NamedDependency[Session], standing: NamedDependency[Standing], client_id: FromPath[UUID]
) -> Response[SecretMade]:
    """Two at a time, so that its system can change from one to the other."""
    standing.require(Permission.MANAGE_PROCESSORS)
    return Response(SecretMade(registering.make_secret(session, client_id)), status_code=201)


@changing(
    "/processors/clients/{client_id:uuid}/secrets/{secret_id:uuid}/retirement",
    status_code=204,
    summary="Retire a secret of an OAuth client",
    tags=TAGS,
    responses=problems(404),
)
def retire_secret(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    client_id: FromPath[UUID],
    secret_id: FromPath[UUID],
) -> None:
    """It proves nothing from the next request on."""
    standing.require(Permission.MANAGE_PROCESSORS)
    registering.retire_secret(session, client_id, secret_id)


_step = partial(step, of="client_id", tags=TAGS)
_AT = "/processors/clients/{client_id:uuid}"

STEPS = (
    _step(f"{_AT}/disabling", registering.disable, "disable_client", "Shut an OAuth client out"),
    _step(f"{_AT}/enabling", registering.enable, "enable_client", "Let an OAuth client in again"),
    _step(f"{_AT}/release", registering.release, "release_client", "Release an OAuth client that is locked"),
)


def _read(given: list[Jwk]) -> tuple[PublicKey, ...]:
    """Raises NotAPublicKey, PrivateKeyShown, KeyNotAccepted, KeyForEncryption."""
    return public_keys.read(json.encode({"keys": given}).decode()) if given else ()


def _published(row: OAuthClient, kept: ClientKeySet | None) -> PublishedKeys | None:
    if row.jwks_uri is None:
        return None
    if kept is None:
        return PublishedKeys(row.jwks_uri, [], None, None, None)
    return PublishedKeys(row.jwks_uri, [one.kid for one in kept.keys], kept.fetched_at, kept.tried_at, kept.problem)


def _shown(
    row: OAuthClient,
    published: PublishedKeys | None,
    refused: list[Refused],
    keys: list[ClientKey],
    secrets: list[SecretShown],
) -> ClientShown:
    return ClientShown(
        client_id=row.client_id,
        name=row.name,
        method=row.method,
        dpop=row.dpop,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        last_used_at=row.last_used_at,
        failures=row.failures,
        last_failed_at=row.last_failed_at,
        alarmed_at=row.alarmed_at,
        locked_at=row.locked_at,
        keys=[KeyShown(one.kid, one.jwk, one.added_at, one.retired_at) for one in keys],
        published_keys=published,
        secrets=secrets,
        refused=refused,
    )

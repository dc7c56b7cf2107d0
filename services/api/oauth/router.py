"""The addresses of the OAuth server: `/oauth/<group>`, and what RFC 8414 and RFC 9728 put under /.well-known."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from sqlalchemy.orm import Session

from services.api.oauth import addresses, fetching_keys, introspected, metadata
from services.api.oauth.asked import Asked, acting_for_group, read
from services.api.oauth.introspected import JsonWebKeySet
from services.api.oauth.metadata import ResourceMetadata, ServerMetadata
from services.api.oauth.server import Server
from services.api.unit import unit_of_work
from tenants.acting import DatabaseRole, visitor
from tenants.database import acting_of, walled_session
from tenants.groups.directory import Kind, find_group

LARGEST = 65_536
TAGS = ["oauth"]


@post("/token", sync_to_thread=True, status_code=200, summary="Get an access token (RFC 6749)", tags=TAGS)
def token(session: NamedDependency[Session], asked: NamedDependency[Asked]) -> Response[Any]:
    return _server(session, asked).token()


@post("/revocation", sync_to_thread=True, status_code=200, summary="Give a token back (RFC 7009)", tags=TAGS)
def revocation(session: NamedDependency[Session], asked: NamedDependency[Asked]) -> Response[Any]:
    return _server(session, asked).about_token("revocation")


@post("/introspection", sync_to_thread=True, status_code=200, summary="Ask about a token (RFC 7662)", tags=TAGS)
def introspection(session: NamedDependency[Session], asked: NamedDependency[Asked]) -> Response[Any]:
    return _server(session, asked).introspection()


def _server(session: Session, asked: Asked) -> Server:
    """What has to be fetched from elsewhere is fetched first: the session has asked nothing yet, so nothing is open."""
    if assertion := asked.form.get("client_assertion"):
        fetching_keys.fetch(acting_of(session).group_id, assertion)
    return Server(session, asked)


@get("/jwks", sync_to_thread=True, summary="The keys by which the server signs (RFC 7517)", tags=TAGS)
def keys(slug: FromPath[str]) -> JsonWebKeySet:
    with walled_session(visitor(find_group(Kind.SLUG, slug))) as session:
        return introspected.keys(session)


@get(
    "/.well-known/oauth-authorization-server/oauth/{slug:str}",
    sync_to_thread=True,
    summary="The OAuth server of a group (RFC 8414)",
    tags=TAGS,
)
def server_metadata(slug: FromPath[str]) -> ServerMetadata:
    find_group(Kind.SLUG, slug, role=DatabaseRole.APP)
    return metadata.of_server(slug)


@get(addresses.RESOURCE_METADATA, sync_to_thread=False, summary="The feeds (RFC 9728)", tags=TAGS)
def resource_metadata() -> ResourceMetadata:
    return metadata.of_feeds()


OAUTH = Router(
    path="/oauth/{slug:str}",
    route_handlers=[token, revocation, introspection, keys],
    dependencies={
        "acting": Provide(acting_for_group),
        "asked": Provide(read),
        "session": Provide(unit_of_work),
    },
    request_max_body_size=LARGEST,
)
WELL_KNOWN = [server_metadata, resource_metadata]

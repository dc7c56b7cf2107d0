"""Who a program acts as: the member whose API key it carries, for the key's company and purpose."""

from typing import Any

from anyio import to_thread
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException, TooManyRequestsException
from litestar.handlers.base import BaseRouteHandler
from litestar.types import ExceptionHandlersMap
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from services.api.login import store
from services.api.problems import http_error
from services.api.rest import repeating
from services.api.rest.repeating import AnsweredBefore
from services.api.rest.unknown_names import refuse_unknown_names
from tenants.acting import Acting
from tenants.companies import api_tokens, permissions
from tenants.companies.api_tokens import UnknownToken
from tenants.companies.given_answers import Asked
from tenants.companies.permissions import NoLongerMember, Permission, Standing
from tenants.database import walled_session
from tenants.errors import Refusal

AnyRequest = Request[Any, Any, Any]
AnyConnection = ASGIConnection[Any, Any, Any, Any]

SCHEME = "Bearer "
PER_MINUTE = 600
MINUTE = 60


async def acting_for_bearer(request: AnyRequest) -> Acting:
    """Raises UnknownToken, TooManyRequestsException, Unreadable."""
    acting = await to_thread.run_sync(_acting, request)
    await refuse_unknown_names(request)
    return acting


def _acting(request: AnyRequest) -> Acting:
    token = _token(request)
    acting = api_tokens.acting_for(token)
    _slow_down(token)
    return acting


def has_key(connection: AnyConnection, _: BaseRouteHandler) -> None:
    """A guard, for what must not even be read from strangers. Raises UnknownToken."""
    api_tokens.acting_for(_token(connection))


def standing_of_bearer(
    request: AnyRequest, session: NamedDependency[Session], asked: NamedDependency[Asked | None]
) -> Standing:
    """Read anew at each request, so that a role taken away is gone at once. Raises Forbidden, AnsweredBefore."""
    standing = permissions.standing(session)
    standing.require(Permission.USE_API)
    repeating.begin(request, session, standing, asked)
    return standing


def must_use_api(acting: Acting) -> None:
    """For what is answered without the request's own session. Raises Forbidden."""
    with walled_session(acting) as session:
        permissions.require(session, Permission.USE_API)


def _token(connection: AnyConnection) -> str:
    given = connection.headers.get("authorization", "")
    if not given.startswith(SCHEME):
        raise UnknownToken
    return given.removeprefix(SCHEME).strip()


def _slow_down(token: str) -> None:
    """So many requests a minute with one key. It spares the machine and protects no identity: lost with Redis."""
    key = f"seloste:api:{store.digest(token)}"
    try:
        with store.connection().pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, MINUTE, nx=True)
            pipe.ttl(key)
            count, _, wait = pipe.execute()
    except RedisError:
        return
    if count > PER_MINUTE:
        raise TooManyRequestsException(headers={"Retry-After": str(max(wait, 1))})


def _unauthorised(request: AnyRequest, refusal: Refusal) -> Response[Any]:
    return http_error(request, NotAuthorizedException(headers={"WWW-Authenticate": 'Bearer realm="seloste"'}))


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    UnknownToken: _unauthorised,
    NoLongerMember: _unauthorised,
    AnsweredBefore: repeating.answer_again,
}

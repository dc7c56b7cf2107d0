"""Every answer bears the domain and the signature over exactly its bytes, refusals too."""

from typing import Any

from litestar import Request, Response
from litestar.types import ExceptionHandlersMap
from msgspec import Struct

from services.api.feeds.bearer import NotLetIn, challenges
from tenants.errors import Refusal
from tenants.opendsr import own, wire
from tenants.opendsr.refusals import NotSetUp
from tenants.opendsr.wire import Unacceptable

AnyRequest = Request[Any, Any, Any]

JSON = "application/json"
NO_STORE = {"Cache-Control": "no-store"}


def signed(said: Struct, *, status: int = 200, as_before: bool = False) -> Response[bytes]:
    """Raises NotSetUp."""
    body = wire.write(said)
    headers = own.own().headers(body, as_before=as_before) | NO_STORE
    return Response(body, status_code=status, headers=headers, media_type=JSON)


def _unacceptable(request: AnyRequest, refused: Unacceptable) -> Response[bytes]:
    return _told(request, wire.error(refused.status, refused.reason, refused.message), refused.status)


def _not_let_in(request: AnyRequest, reason: NotLetIn) -> Response[bytes]:
    said = wire.error(reason.status, reason.error or "unauthorized", "Show an access token", domain="Authorization")
    answer = _told(request, said, reason.status)
    answer.headers["WWW-Authenticate"] = challenges(reason)
    if reason.nonce:
        answer.headers["DPoP-Nonce"] = reason.nonce
    return answer


def _not_set_up(request: AnyRequest, refusal: Refusal) -> Response[bytes]:
    """Without a certificate nothing can be signed, also not that."""
    body = wire.write(wire.error(404, "not_found", "OpenDSR is not offered here", domain="Server"))
    return Response(body, status_code=404, headers=NO_STORE, media_type=JSON)


def _told(request: AnyRequest, said: Struct, status: int) -> Response[bytes]:
    try:
        return signed(said, status=status, as_before=is_as_before(request))
    except NotSetUp as refusal:
        return _not_set_up(request, refusal)


def is_as_before(request: AnyRequest) -> bool:
    """Whether it came on a route of OpenGDPR (§10.1)."""
    return wire.FORMER_REQUESTS in request.scope["path"]


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    Unacceptable: _unacceptable,
    NotLetIn: _not_let_in,
    NotSetUp: _not_set_up,
}

"""Out of the office: by oneself, or because the identity provider says so."""

from typing import Annotated, Any

import structlog
from litestar import Request, Response, post
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg
from msgspec import Struct

from services.api import languages
from services.api.login import attempts, logout_tokens, openid, sessions
from services.api.login.sessions import OfficeSession
from services.api.render import PortalViewer, page
from tenants.acting import member, system
from tenants.companies import members, providers
from tenants.database import walled_session
from tenants.errors import Refusal

log = structlog.get_logger()

AnyRequest = Request[Any, Any, Any]


class LogoutNotice(Struct, frozen=True):
    """§2.5 of OpenID Connect Back-Channel Logout 1.0."""

    logout_token: str


class LogoutRefused(Struct, frozen=True):
    error: str = "invalid_request"


@post("/sign-out", sync_to_thread=True, status_code=200)
def sign_out(request: AnyRequest) -> Response[str]:
    """Ends the session here, then goes on to end the one at the identity provider."""
    token = request.cookies.get(sessions.COOKIE, "")
    session = sessions.find(token) if token else None
    sessions.end(token)
    onwards = _leave(session) if session else None
    viewer = PortalViewer(language=languages.chosen(request), front_url=attempts.FRONT)
    shown = page(viewer, "office/login/signed_out.html", again_url=attempts.FRONT, onwards_url=onwards)
    shown.set_cookie(sessions.no_cookie())
    if onwards:
        # Not a redirect: it would be the answer to a form, and those may go nowhere else by the page's policy.
        shown.headers["Refresh"] = f"0; url={onwards}"
    return shown


@post("/login/backchannel-logout", sync_to_thread=True, status_code=200)
def backchannel_logout(
    data: Annotated[LogoutNotice, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[LogoutRefused | None]:
    """From server to server: no cookie, no form token; the logout token is signed."""
    headers = {"Cache-Control": "no-store"}
    try:
        ended = logout_tokens.end_sessions(data.logout_token)
    except Refusal as refusal:
        log.warning("logout token refused", reason=type(refusal).__name__)
        return Response(LogoutRefused(), status_code=400, headers=headers)
    log.info("signed out by the identity provider", sessions=ended)
    return Response(None, headers=headers)


def _leave(session: OfficeSession) -> str | None:
    """Where to end the provider's session too; None where it has no such place or does not answer."""
    with walled_session(member(session.group_id, session.member_id)) as database:
        members.signed_out(database, session.member_id)
    try:
        with walled_session(system(session.group_id)) as database:
            provider = providers.find(database, issuer=session.issuer, client_id=session.client_id)
        return openid.end_session_url(provider)
    except Refusal:
        return None

"""The reader's language: asked for in the address, else remembered in a cookie, else what the browser wishes."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from litestar.connection import ASGIConnection, Request
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from tenants.languages.speaking import Language, negotiate

PARAMETER = "language"
COOKIE = "__Host-seloste-language"
YEAR = 31536000
KNOWN = frozenset(language.value for language in Language)


def chosen(connection: ASGIConnection[Any, Any, Any, Any], offered: tuple[Language, ...] = tuple(Language)) -> Language:
    for said in (connection.query_params.get(PARAMETER), connection.cookies.get(COOKIE)):
        for language in offered:
            if said == language.value:
                return language
    return negotiate(connection.headers.get("accept-language"), offered)


def page_address(request: Request[Any, Any, Any]) -> str:
    """Where this can be read in another language: here, or, where it answers a form, at the form's own address."""
    if request.method in ("GET", "HEAD"):
        return ""
    form = urlsplit(request.headers.get("referer", ""))
    ours = form.netloc == request.headers.get("host") and form.path.startswith("/")
    return form.path if ours else "/"


class RememberLanguage(ASGIMiddleware):
    """Whoever opens `?language=sv` reads Swedish from then on."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        asked = parse_qs(scope["query_string"].decode("latin-1")).get(PARAMETER, [""])[0]
        if asked not in KNOWN:
            await next_app(scope, receive, send)
            return
        cookie = Cookie(key=COOKIE, value=asked, path="/", secure=True, httponly=True, samesite="lax", max_age=YEAR)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableScopeHeaders.from_message(message).add("set-cookie", cookie.to_header(header=""))
            await send(message)

        await next_app(scope, receive, send_with_cookie)

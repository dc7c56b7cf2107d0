"""What every handler of the portal starts from: the group, who is there, and the frame of their pages.

Three ways in. A visitor has said nothing of themself. Whoever enters a code acts for the request it belongs to, at the
handlers of `codes` only. Everything else of a request opens with the secret that a right code left in a cookie; that
is checked before there is a session to read anything with.
"""

from typing import Any
from uuid import UUID

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.template.base import csrf_token
from litestar.types import ExceptionHandlersMap
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.api import languages
from services.api.problems import refused, status_of
from services.api.render import PortalViewer, page, problem_page
from tenants.acting import Acting, subject, visitor
from tenants.companies import companies
from tenants.database import walled_session
from tenants.errors import GroupSuspended, NotFound
from tenants.groups import directory
from tenants.groups.model import Group
from tenants.languages.speaking import Language
from tenants.requests import subjects, verification
from tenants.requests.limits import TooMany

AnyRequest = Request[Any, Any, Any]
# The cookie outlives the session, so that a page can say that its time ran out.
REMEMBERED = 24 * 60 * 60


class Entrance(Struct, frozen=True):
    """The group's portal, to the person who reads it."""

    slug: str
    viewer: PortalViewer

    @property
    def language(self) -> Language:
        return self.viewer.language

    def url(self, *parts: object) -> str:
        return "/".join((f"/g/{self.slug}", *(str(part) for part in parts)))

    def page(self, template: str, /, *, status: int = 200, **context: object) -> Response[str]:
        return page(self.viewer, template, status=status, **context)

    def too_many(self, limit: TooMany) -> Response[str]:
        answer = problem_page(self.viewer, 429)
        answer.headers["Retry-After"] = str(int(limit.retry_after.total_seconds()) + 1)
        return answer


class PageClosed(NotFound):
    """The page of this request is not open here."""

    def __init__(self, *, entrance: Entrance, request_id: UUID, expecting: bool, ran_out: bool) -> None:
        super().__init__()
        self.entrance, self.request_id, self.expecting, self.ran_out = entrance, request_id, expecting, ran_out


def acting_visitor(slug: FromPath[str]) -> Acting:
    """Raises NoSuchGroup."""
    return visitor(directory.find_group(directory.Kind.SLUG, slug))


def acting_asker(slug: FromPath[str], request_id: FromPath[UUID]) -> Acting:
    """Whoever wants to prove that a request is theirs. Raises NoSuchGroup."""
    return subject(directory.find_group(directory.Kind.SLUG, slug), request_id)


def acting_subject(request: AnyRequest, slug: FromPath[str], request_id: FromPath[UUID]) -> Acting:
    """The person behind a request, by the secret in their cookie. Raises NoSuchGroup, NoSuchRequest, PageClosed."""
    acting = acting_asker(slug, request_id)
    secret = request.cookies.get(cookie_name(request_id), "")
    with walled_session(acting) as session:
        subjects.own_request(session)
        entrance = enter(request, session, slug)
        if secret and verification.is_open(session, secret):
            return acting
        expecting = verification.is_expecting(session)
    raise PageClosed(entrance=entrance, request_id=request_id, expecting=expecting, ran_out=bool(secret))


def enter(request: AnyRequest, session: NamedDependency[Session], slug: FromPath[str]) -> Entrance:
    """Once a request. Error pages look the same from then on."""
    known: Entrance | None = request.state.get("entrance")
    if known is not None:
        return known
    group = session.scalars(select(Group)).one()
    offered = tuple(Language(language) for language in group.languages)
    viewer = PortalViewer(
        language=languages.chosen(request, offered),
        languages=offered,
        group_name=group.name,
        front_url=f"/g/{slug}",
        page_url=languages.page_address(request),
        csrf_token=csrf_token({"request": request}),
    )
    request.state["viewer"] = viewer
    request.state["entrance"] = entrance = Entrance(slug, viewer)
    return entrance


def cookie_name(request_id: UUID) -> str:
    """One for each request: nobody loses one page by opening another."""
    return f"__Host-seloste-request-{request_id.hex}"


def open_cookie(request_id: UUID, secret: str) -> Cookie:
    return _cookie(request_id, secret, REMEMBERED)


def closed_cookie(request_id: UUID) -> Cookie:
    return _cookie(request_id, "", 0)


def _cookie(request_id: UUID, value: str, life: int) -> Cookie:
    name = cookie_name(request_id)
    return Cookie(key=name, value=value, path="/", secure=True, httponly=True, samesite="lax", max_age=life)


def _closed(request: AnyRequest, closed: PageClosed) -> Response[Any]:
    """The page itself says how it opens again, and so does what lies behind it to whom it was open until lately.

    Of anything behind it a stranger learns nothing.
    """
    entrance = closed.entrance
    status_url = entrance.url("requests", closed.request_id)
    here = request.scope["path"] == status_url
    if request.method != "GET" or not (here or closed.ran_out):
        return refused(request, closed)
    if request.headers.get("hx-request"):
        return Response(None, status_code=204, headers={"HX-Refresh": "true"})
    if closed.expecting and here:
        return Redirect(f"{status_url}/verification", status_code=303)
    return entrance.page(
        "portal/requests/closed.html",
        status=200 if here else status_of(closed),
        again_url=f"{status_url}/codes",
        ran_out=closed.ran_out,
    )


def _suspended(request: AnyRequest, refusal: GroupSuspended) -> Response[Any]:
    """The controllers are there all the same, and the law's time runs: the page says how they are reached."""
    slug = str(request.path_params["slug"])
    with walled_session(visitor(directory.find_group(directory.Kind.SLUG, slug))) as session:
        entrance = enter(request, session, slug)
        reached = companies.listed(session)
    return entrance.page("portal/suspended.html", status=status_of(refusal), companies=reached)


EXCEPTION_HANDLERS: ExceptionHandlersMap = {PageClosed: _closed, GroupSuspended: _suspended}

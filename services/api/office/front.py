"""The door of the office, and what is acted for."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromQuery, QueryParameter
from litestar.response import Redirect
from msgspec import Struct

from services.api import form_tokens
from services.api.login import attempts, sessions
from services.api.login.sessions import OfficeSession
from services.api.login.signing_in import sign_in_page
from services.api.office.desk import CHOOSE, COMMITMENT, Desk, acting_for_none, choice_value, first_place
from tenants.companies import members
from tenants.companies.permissions import NoLongerMember, NotActingHere, standing
from tenants.database import walled_session

AnyRequest = Request[Any, Any, Any]


class ActingFor(Struct, frozen=True):
    """A value of the switcher: "<company>.<purpose>", or "none"."""

    company: str


@get("/", sync_to_thread=False, include_in_schema=False)
def root() -> Redirect:
    """The address without anything behind it belongs to nobody's portal; the office's door tells customers so."""
    return Redirect(attempts.FRONT, status_code=303)


@get("/", sync_to_thread=True)
def front(
    request: AnyRequest, group: FromQuery[str] = "", next_page: Annotated[str, QueryParameter(name="next")] = ""
) -> Response[Any]:
    """Strangers are asked for their group and offered its sign-in; who is signed in goes on to the first place."""
    token = request.cookies.get(sessions.COOKIE)
    found = sessions.find(token) if token else None
    if found is None:
        return sign_in_page(request, group, next_page)
    return Redirect(_first_page(found), status_code=303)


def _first_page(found: OfficeSession) -> str:
    try:
        with walled_session(found.acting) as session:
            here = standing(session)
        if here.must_sign:
            return COMMITMENT
        place = first_place(here)
    except (NotActingHere, NoLongerMember):
        place = None
    return place.url if place else CHOOSE


@get("/acting", sync_to_thread=True, dependencies={"acting": Provide(acting_for_none, sync_to_thread=False)})
def choose(
    request: AnyRequest,
    desk: NamedDependency[Desk],
    office_session: NamedDependency[OfficeSession],
) -> Response[Any]:
    """Where a choice is not offered any more, or not yet, the first one that is takes its place.

    Where none is offered, the page says so.
    """
    offered = {(one.company_id, one.purpose) for one in desk.offered}
    if (office_session.company_id, office_session.purpose) not in offered:
        start = members.first_choice(desk.offered)
        token = request.cookies.get(sessions.COOKIE, "")
        sessions.act_for(token, office_session, start.company_id, start.purpose)
    if not desk.offered:
        return desk.page("office/login/no_company.html")
    return Redirect(attempts.FRONT, status_code=303, cookies=[form_tokens.no_cookie()])


@post("/acting", sync_to_thread=True, dependencies={"acting": Provide(acting_for_none, sync_to_thread=False)})
def switch(
    request: AnyRequest,
    desk: NamedDependency[Desk],
    office_session: NamedDependency[OfficeSession],
    data: Annotated[ActingFor, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    chosen = next((one for one in desk.offered if choice_value(one.company_id, one.purpose) == data.company), None)
    if chosen is None:
        raise NotActingHere
    token = request.cookies.get(sessions.COOKIE, "")
    sessions.act_for(token, office_session, chosen.company_id, chosen.purpose)
    answer = desk.done(attempts.FRONT, "acting")
    answer.set_cookie(form_tokens.no_cookie())
    return answer

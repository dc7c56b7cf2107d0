"""What every handler of the office starts from: who sits here, what they act for, and the frame of their pages."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.handlers.base import BaseRouteHandler
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.api import form_tokens, languages, wording
from services.api.login import attempts, sessions
from services.api.login.sessions import OfficeSession
from services.api.office import flow_stops_told, places
from services.api.office.flow_stops_told import STOPS
from services.api.office.places import PLACES, OfficePlace
from services.api.office.said import COOKIE, SAID
from services.api.problems import refused, said, status_of
from services.api.render import ActingChoice, Flash, OfficeViewer, Place, PortalViewer, StoppedFlow, page, problem_page
from tenants.acting import Acting, member
from tenants.companies import members, permissions
from tenants.companies.members import Choice
from tenants.companies.permissions import (
    CommitmentNeeded,
    NoLongerMember,
    NotActingHere,
    OtherPurposeNeeded,
    Permission,
    Standing,
)
from tenants.errors import Forbidden, Refusal
from tenants.groups.model import Group
from tenants.languages.speaking import Language, translate

AnyRequest = Request[Any, Any, Any]

CHOOSE = "/office/acting"
COMMITMENT = "/office/commitment"
NO_COMPANY = "none"


class NotSignedIn(Forbidden):
    """Sign in first."""


class Desk(Struct, frozen=True):
    """`offered` is what the member may act for; `here` what they may do now."""

    session: Session
    here: Standing
    offered: Sequence[Choice]
    viewer: OfficeViewer

    @property
    def language(self) -> Language:
        return self.viewer.language

    def require(self, permission: Permission) -> None:
        """Raises NotPermitted, OtherPurposeNeeded, CommitmentNeeded."""
        self.here.require(permission)

    def page(self, template: str, /, *, status: int = 200, **context: object) -> Response[str]:
        """Only here is counted what waits at the places: most of what is asked of the office ends without a page."""
        counts = places.waiting(self.session, self.here)
        # Nothing waiting is no number.
        counted = tuple(replace(place, count=counts.get(place.url) or None) for place in self.viewer.places)
        shown = page(replace(self.viewer, places=counted), template, status=status, **context)
        if self.viewer.flash:
            shown.set_cookie(_said_cookie("", 0))
        return shown

    def done(self, url: str, what: str) -> Redirect:
        """On to the next page, which says what was done. Told by the answer, so that a failed commit takes it along."""
        return told(url, what)


def told(url: str, what: str) -> Redirect:
    return Redirect(url, status_code=303, cookies=[_said_cookie(what, 60)])


def office_session(request: AnyRequest) -> OfficeSession:
    """Raises NotSignedIn."""
    token = request.cookies.get(sessions.COOKIE)
    found = sessions.find(token) if token else None
    if found is None:
        raise NotSignedIn
    return found


def signed_in(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard, for what must not even be read from strangers. Raises NotSignedIn."""
    token = connection.cookies.get(sessions.COOKIE)
    if not token or sessions.find(token) is None:
        raise NotSignedIn


def acting_member(office_session: NamedDependency[OfficeSession]) -> Acting:
    return office_session.acting


def acting_for_none(office_session: NamedDependency[OfficeSession]) -> Acting:
    """For the page where what is acted for is chosen: it must open also when a former choice is gone."""
    return member(office_session.group_id, office_session.member_id)


def take_seat(request: AnyRequest, session: NamedDependency[Session]) -> Desk:
    """Reads the member's roles in the request's own transaction. Raises NoLongerMember, NotActingHere."""
    here = permissions.standing(session)
    offered = members.choices(session, here)
    viewer = _viewer(request, session, here, offered)
    request.state["viewer"] = viewer
    return Desk(session, here, offered, viewer)


def first_place(here: Standing) -> OfficePlace | None:
    return next((place for place in PLACES if here.may(place.permission)), None)


def choice_value(company_id: object, purpose: object) -> str:
    return f"{company_id}.{purpose or NO_COMPANY}" if company_id else NO_COMPANY


def _viewer(request: AnyRequest, session: Session, here: Standing, offered: Sequence[Choice]) -> OfficeViewer:
    language = languages.chosen(request)
    acting = here.acting
    current = next((one for one in offered if one.company_id == acting.company_id), Choice(None, None, None))
    purpose = wording.said(language, acting.purpose) if acting.purpose else translate(language, "supervision")
    done = SAID.get(request.cookies.get(COOKIE, ""))
    return OfficeViewer(
        language=language,
        page_url=languages.page_address(request),
        group_name=session.scalars(select(Group.name)).one(),
        member_name=here.name,
        acting_for=current.company,
        purpose=purpose,
        choices=tuple(_acting_choice(language, one, here, offered) for one in offered),
        places=tuple(
            Place(label=translate(language, place.label), url=place.url, current=_is_at(request, place))
            for place in PLACES
            if here.may_for_some_purpose(place.permission)
        ),
        csrf_token=form_tokens.token_for(request),
        emergency_url=f"/office/emergencies/{here.emergency.emergency_id}" if here.emergency else None,
        stopped=tuple(
            StoppedFlow(one.sentence(language), one.row.stopped_at) for one in flow_stops_told.in_force(session)
        ),
        stops_url=STOPS if here.may(Permission.SEE_PROCESSORS) else None,
        flash=Flash(translate(language, done)) if done and request.method == "GET" else None,
    )


def _acting_choice(language: Language, choice: Choice, here: Standing, offered: Sequence[Choice]) -> ActingChoice:
    """The purpose is named where a company is offered for several."""
    several = len([one for one in offered if one.company_id == choice.company_id]) > 1
    name = choice.company or translate(language, "Administration, no personal data")
    if several and choice.purpose:
        name = f"{name} · {wording.said(language, choice.purpose)}"
    now = (here.acting.company_id, here.acting.purpose)
    return ActingChoice(
        value=choice_value(choice.company_id, choice.purpose),
        name=name,
        current=(choice.company_id, choice.purpose) == now,
    )


def _is_at(request: AnyRequest, place: OfficePlace) -> bool:
    path = request.scope["path"]
    return path == place.url or path.startswith(f"{place.url}/")


def _said_cookie(what: str, life: int) -> Cookie:
    return Cookie(key=COOKIE, value=what, path="/", secure=True, httponly=True, samesite="lax", max_age=life)


def _sign_in_first(request: AnyRequest, refusal: Refusal) -> Response[Any]:
    if request.method != "GET":
        viewer = PortalViewer(language=languages.chosen(request), front_url=attempts.FRONT)
        return problem_page(viewer, 401)
    return Redirect(f"{attempts.FRONT}?next={quote(request.scope['path'])}", status_code=303)


def _gone(request: AnyRequest, refusal: Refusal) -> Response[Any]:
    """Whoever is no longer a member has no session either."""
    sessions.end(request.cookies.get(sessions.COOKIE, ""))
    viewer = PortalViewer(language=languages.chosen(request), front_url=attempts.FRONT)
    shown = problem_page(viewer, 403, sentence=said(viewer.language, refusal))
    shown.set_cookie(sessions.no_cookie())
    return shown


def _other_purpose(request: AnyRequest, refusal: Refusal) -> Response[Any]:
    """The page says what it wants, and offers it: changing the purpose stays a decision."""
    viewer: OfficeViewer = request.state["viewer"]
    if request.method != "GET":
        return refused(request, refusal)
    company = next((one.value.partition(".")[0] for one in viewer.choices if one.current), NO_COMPANY)
    choices = [one for one in viewer.choices if not one.current and one.value.startswith(f"{company}.")]
    return page(viewer, "office/login/other_purpose.html", status=status_of(refusal), choices=choices)


def _sign_commitment_first(request: AnyRequest, refusal: Refusal) -> Response[Any]:
    if request.method != "GET":
        return refused(request, refusal)
    return Redirect(f"{COMMITMENT}?next={quote(request.scope['path'])}", status_code=303)


def _choose_again(request: AnyRequest, refusal: Refusal) -> Response[Any]:
    return Redirect(CHOOSE, status_code=303) if request.method == "GET" else refused(request, refusal)


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    NotSignedIn: _sign_in_first,
    NoLongerMember: _gone,
    NotActingHere: _choose_again,
    OtherPurposeNeeded: _other_purpose,
    CommitmentNeeded: _sign_commitment_first,
}

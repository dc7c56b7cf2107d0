"""The code: entered, or asked for anew. The only handlers that act for a request without its secret."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api import clients
from services.api.forms import Form, Problem
from services.api.portal.entrance import AnyRequest, Entrance, cookie_name, open_cookie
from services.api.portal.front import answer_by
from tenants.languages.speaking import Language, translate, translate_plural
from tenants.requests import subjects, verification
from tenants.requests.limits import TooMany
from tenants.requests.model import RequestState
from tenants.requests.verification import DIGITS, LASTS, Right, Unusable, Wrong


class Entered(Struct, frozen=True):
    code: str = ""


@get("/verification", sync_to_thread=True)
def show(
    session: NamedDependency[Session], entrance: NamedDependency[Entrance], request_id: FromPath[UUID]
) -> Response[str]:
    return _page(session, entrance, request_id, Form())


@post("/verification", sync_to_thread=True)
def verify(
    request: AnyRequest,
    session: NamedDependency[Session],
    entrance: NamedDependency[Entrance],
    request_id: FromPath[UUID],
    data: Annotated[Entered, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    status_url = entrance.url("requests", request_id)
    match verification.check_code(session, data.code, client=clients.address(request)):
        case Right(secret):
            return Redirect(status_url, status_code=303, cookies=[open_cookie(request_id, secret)])
        case TooMany() as limit:
            return entrance.too_many(limit)
        case outcome:
            # Sent twice, by two clicks or in two tabs: the first one opened the page already.
            if verification.is_open(session, request.cookies.get(cookie_name(request_id), "")):
                return Redirect(status_url, status_code=303)
            problem = Problem("code", _told(entrance.language, outcome))
            return _page(session, entrance, request_id, Form({"code": ""}, (problem,)), status=422)


@post("/codes", sync_to_thread=True)
def send_again(
    request: AnyRequest,
    session: NamedDependency[Session],
    entrance: NamedDependency[Entrance],
    request_id: FromPath[UUID],
) -> Response[str] | Redirect:
    outcome = verification.ask_again(session, client=clients.address(request))
    if isinstance(outcome, TooMany):
        return entrance.too_many(outcome)
    return Redirect(entrance.url("requests", request_id, "verification"), status_code=303)


def _told(language: Language, outcome: Wrong | Unusable) -> str:
    if isinstance(outcome, Wrong) and outcome.attempts_left:
        return translate_plural(
            language,
            "The code is not right. %(count)s attempt is left.",
            "The code is not right. %(count)s attempts are left.",
            outcome.attempts_left,
        )
    return translate(language, "This code cannot be used any more. Ask for a new one below.")


def _page(session: Session, entrance: Entrance, request_id: UUID, form: Form, *, status: int = 200) -> Response[str]:
    asked = subjects.own_request(session)
    return entrance.page(
        "portal/requests/verification.html",
        status=status,
        form=form,
        action_url=entrance.url("requests", request_id, "verification"),
        resend_url=entrance.url("requests", request_id, "codes"),
        digits=DIGITS,
        minutes=int(LASTS.total_seconds() // 60),
        answer_by=answer_by(asked.received_at),
        asked_again=asked.state is not RequestState.UNVERIFIED,
    )

"""Into the console: the invitation, the address, the code; and out of it. Nobody acts here but Seloste itself."""

from datetime import UTC, datetime
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
from services.api.console import sessions
from services.api.console.counter import AnyRequest, Door
from services.api.console.sessions import ConsoleSession
from services.api.forms import Form, Problem, refused
from tenants.contacts import people, signing_in
from tenants.contacts.signing_in import SignedIn
from tenants.errors import Invalid
from tenants.languages.speaking import Language, translate, translate_plural
from tenants.requests.limits import TooMany
from tenants.requests.verification import DIGITS, LASTS, Unusable, Wrong


class GivenAddress(Struct, frozen=True):
    email: str = ""


class EnteredCode(Struct, frozen=True):
    code: str = ""


@get("/invitations/{contact_id:uuid}/{secret:str}", sync_to_thread=True)
def ask_acceptance(door: NamedDependency[Door], contact_id: FromPath[UUID], secret: FromPath[str]) -> Response[str]:
    """Whoever only follows links, as programs that look through mail do, accepts nothing."""
    shown = door.page("console/invitation.html", action_url=door.url("invitations", contact_id, secret))
    # The link is still good: no other site, and no page of ours, learns it from where one comes from.
    shown.headers["Referrer-Policy"] = "no-referrer"
    return shown


@post("/invitations/{contact_id:uuid}/{secret:str}", sync_to_thread=True)
def accept(
    session: NamedDependency[Session],
    door: NamedDependency[Door],
    contact_id: FromPath[UUID],
    secret: FromPath[str],
) -> Redirect:
    people.accept(session, contact_id, secret)
    return door.done(door.url("sign-in"), "accepted")


@get("/sign-in", sync_to_thread=True)
def ask_address(door: NamedDependency[Door]) -> Response[str]:
    return _address_page(door, Form())


@post("/sign-in", sync_to_thread=True)
def send_code(
    request: AnyRequest,
    session: NamedDependency[Session],
    door: NamedDependency[Door],
    data: Annotated[GivenAddress, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    """To every address the same is answered."""
    try:
        asked = signing_in.ask_code(session, data.email, client=clients.address(request))
    except Invalid as refusal:
        form = refused(door.viewer.language, {"email": data.email}, refusal)
        return _address_page(door, Form(form.values, tuple(Problem("email", one.sentence) for one in form.problems)))
    if isinstance(asked, TooMany):
        return door.too_many(asked)
    return Redirect(door.url("code"), status_code=303, cookies=[sessions.sign_in_cookie(asked)])


@get("/code", sync_to_thread=True)
def ask_code(request: AnyRequest, door: NamedDependency[Door]) -> Response[str] | Redirect:
    if _sign_in_id(request) is None:
        return Redirect(door.url("sign-in"), status_code=303)
    return _code_page(door, Form())


@post("/code", sync_to_thread=True)
def check_code(
    request: AnyRequest,
    session: NamedDependency[Session],
    door: NamedDependency[Door],
    data: Annotated[EnteredCode, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    sign_in_id = _sign_in_id(request)
    if sign_in_id is None:
        return Redirect(door.url("sign-in"), status_code=303)
    match signing_in.check_code(session, sign_in_id, data.code, client=clients.address(request)):
        case SignedIn(contact_ids) if contact_ids:
            return _let_in(request, door, contact_ids)
        case TooMany() as limit:
            return door.too_many(limit)
        case Wrong() as wrong:
            problem = Problem("code", _told(door.viewer.language, wrong))
        case _:
            problem = Problem("code", _told(door.viewer.language, Unusable()))
    return _code_page(door, Form({"code": ""}, (problem,)))


def _let_in(request: AnyRequest, door: Door, contact_ids: tuple[UUID, ...]) -> Redirect:
    if former := request.cookies.get(sessions.COOKIE):
        sessions.end(former)
    token = sessions.start(
        ConsoleSession(
            group_id=door.group_id,
            slug=door.slug,
            contact_ids=contact_ids,
            contact_id=contact_ids[0],
            signed_in_at=datetime.now(UTC),
        )
    )
    return Redirect(door.url(), status_code=303, cookies=[sessions.cookie(token), sessions.sign_in_cookie(None)])


def _told(language: Language, outcome: Wrong | Unusable) -> str:
    if isinstance(outcome, Wrong) and outcome.attempts_left:
        return translate_plural(
            language,
            "The code is not right. %(count)s attempt is left.",
            "The code is not right. %(count)s attempts are left.",
            outcome.attempts_left,
        )
    return translate(language, "This code cannot be used any more. Ask for a new one below.")


def _sign_in_id(request: AnyRequest) -> UUID | None:
    try:
        return UUID(request.cookies.get(sessions.SIGN_IN_COOKIE, ""))
    except ValueError:
        return None


def _address_page(door: Door, form: Form) -> Response[str]:
    return door.page(
        "console/sign_in.html",
        status=422 if form.problems else 200,
        form=form,
        action_url=door.url("sign-in"),
        longest=people.LONGEST_ADDRESS,
    )


def _code_page(door: Door, form: Form) -> Response[str]:
    return door.page(
        "console/code.html",
        status=422 if form.problems else 200,
        form=form,
        action_url=door.url("code"),
        again_url=door.url("sign-in"),
        digits=DIGITS,
        minutes=int(LASTS.total_seconds() // 60),
    )

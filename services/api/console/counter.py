"""What every handler of the console starts from: who of a processor stands here, and the frame of their pages."""

from typing import Any
from uuid import UUID

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.api import form_tokens, languages
from services.api.console import sessions
from services.api.console.said import COOKIE as SAID_COOKIE
from services.api.console.said import SAID
from services.api.console.sessions import ConsoleSession
from services.api.problems import said
from services.api.render import ActingChoice, ConsoleViewer, Flash, Place, PortalViewer, page, problem_page
from tenants.acting import Acting, system
from tenants.contacts import people
from tenants.contacts.people import Here
from tenants.contacts.refusals import AccessEnded
from tenants.database import walled_session
from tenants.errors import Forbidden, Refusal
from tenants.groups import directory
from tenants.groups.model import Group
from tenants.languages.speaking import Language, sentence, translate
from tenants.requests.limits import TooMany

AnyRequest = Request[Any, Any, Any]

PLACES = (
    ("", sentence("Overview")),
    ("/confirmations", sentence("Confirmations")),
    ("/keys", sentence("Keys")),
    ("/own-data", sentence("Your data")),
)


class NotSignedIn(Forbidden):
    """Sign in first."""


class Counter(Struct, frozen=True):
    """The console of one group, to whoever acts as a contact there."""

    slug: str
    group_id: UUID
    here: Here
    viewer: ConsoleViewer

    @property
    def language(self) -> Language:
        return self.viewer.language

    @property
    def of_company(self) -> Acting:
        """Seloste itself, for what lies in facts that a contact does not see, of what the contact was shown already."""
        return system(self.group_id, company_id=self.here.contact.company_id)

    def url(self, *parts: object) -> str:
        return url(self.slug, *parts)

    def page(self, template: str, /, *, status: int = 200, **context: object) -> Response[str]:
        return _said_once(page(self.viewer, template, status=status, counter=self, **context), self.viewer)

    def done(self, where: str, what: str) -> Redirect:
        return done(where, what)


class Door(Struct, frozen=True):
    """The console of one group, to whoever has not signed in."""

    slug: str
    group_id: UUID
    viewer: PortalViewer

    def url(self, *parts: object) -> str:
        return url(self.slug, *parts)

    def page(self, template: str, /, *, status: int = 200, **context: object) -> Response[str]:
        return _said_once(page(self.viewer, template, status=status, **context), self.viewer)

    def done(self, where: str, what: str) -> Redirect:
        return done(where, what)

    def too_many(self, limit: TooMany) -> Response[str]:
        answer = problem_page(self.viewer, 429)
        answer.headers["Retry-After"] = str(int(limit.retry_after.total_seconds()) + 1)
        return answer


def url(slug: str, *parts: object) -> str:
    return "/".join((f"/console/{slug}", *(str(part) for part in parts)))


def console_session(request: AnyRequest, slug: FromPath[str]) -> ConsoleSession:
    """Raises NotSignedIn."""
    token = request.cookies.get(sessions.COOKIE, "")
    found = sessions.find(token) if token else None
    if found is None or found.slug != slug:
        raise NotSignedIn
    return found


def acting_contact(console_session: NamedDependency[ConsoleSession]) -> Acting:
    return console_session.acting


def acting_for_group(slug: FromPath[str]) -> Acting:
    """Seloste itself, until somebody has signed in. Raises NoSuchGroup."""
    return system(directory.find_group(directory.Kind.SLUG, slug))


def stand_at(
    request: AnyRequest, session: NamedDependency[Session], console_session: NamedDependency[ConsoleSession]
) -> Counter:
    """Reads in the request's own transaction whether the contact still is one. Raises AccessEnded."""
    language = languages.chosen(request)
    request.state["viewer"] = _stranger(request, console_session.slug, language)
    here = people.here(session)
    viewer = _viewer(request, session, console_session, here, language)
    request.state["viewer"] = viewer
    return Counter(console_session.slug, console_session.group_id, here, viewer)


def stand_before(request: AnyRequest, session: NamedDependency[Session], slug: FromPath[str]) -> Door:
    group = session.scalars(select(Group)).one()
    language = languages.chosen(request)
    viewer = _stranger(request, slug, language, name=group.name, flash=_flash(request, language))
    request.state["viewer"] = viewer
    return Door(slug, group.group_id, viewer)


def done(where: str, what: str) -> Redirect:
    """On to the next page, which says what was done."""
    return Redirect(where, status_code=303, cookies=[said_cookie(what, 60)])


def _said_once(shown: Response[str], viewer: ConsoleViewer | PortalViewer) -> Response[str]:
    if viewer.flash:
        shown.set_cookie(said_cookie("", 0))
    return shown


def _flash(request: AnyRequest, language: Language) -> Flash | None:
    done = SAID.get(request.cookies.get(SAID_COOKIE, ""))
    return Flash(translate(language, done)) if done and request.method == "GET" else None


def said_cookie(what: str, life: int) -> Cookie:
    return Cookie(key=SAID_COOKIE, value=what, path="/", secure=True, httponly=True, samesite="lax", max_age=life)


def _stranger(
    request: AnyRequest, slug: str, language: Language, *, name: str = "Seloste", flash: Flash | None = None
) -> PortalViewer:
    return PortalViewer(
        language=language,
        group_name=name,
        front_url=url(slug),
        page_url=languages.page_address(request),
        csrf_token=form_tokens.token_for(request),
        flash=flash,
    )


def _viewer(
    request: AnyRequest, session: Session, signed_in: ConsoleSession, here: Here, language: Language
) -> ConsoleViewer:
    front = url(signed_in.slug)
    path = request.scope["path"].rstrip("/")
    return ConsoleViewer(
        language=language,
        group_name=session.scalars(select(Group.name)).one(),
        company_name=here.company,
        processor_name=here.processor,
        choices=_choices(signed_in),
        places=tuple(
            Place(label=translate(language, label), url=front + part, current=path == front + part)
            for part, label in PLACES
        ),
        csrf_token=form_tokens.token_for(request),
        front_url=front,
        page_url=languages.page_address(request),
        switch_url=f"{front}/acting",
        sign_out_url=f"{front}/sign-out",
        flash=_flash(request, language),
    )


def _choices(signed_in: ConsoleSession) -> tuple[ActingChoice, ...]:
    """A contact sees nobody but itself, so who else this person may act as is asked by Seloste."""
    if len(signed_in.contact_ids) == 1:
        return ()
    with walled_session(system(signed_in.group_id)) as session:
        found = people.chosen_from(session, signed_in.contact_ids)
    return tuple(
        ActingChoice(value=str(one), name=f"{company} · {processor}", current=one == signed_in.contact_id)
        for one, company, processor in found
    )


def _sign_in_first(request: AnyRequest, refusal: Refusal) -> Response[Any]:
    slug = str(request.path_params["slug"])
    if request.method != "GET":
        return problem_page(_stranger(request, slug, languages.chosen(request)), 401)
    return Redirect(url(slug, "sign-in"), status_code=303)


def _ended(request: AnyRequest, refusal: Refusal) -> Response[Any]:
    """Whoever is no contact any more has no session either."""
    sessions.end(request.cookies.get(sessions.COOKIE, ""))
    viewer = _stranger(request, str(request.path_params["slug"]), languages.chosen(request))
    shown = problem_page(viewer, 403, sentence=said(viewer.language, refusal))
    shown.set_cookie(sessions.no_cookie())
    return shown


EXCEPTION_HANDLERS: ExceptionHandlersMap = {NotSignedIn: _sign_in_first, AccessEnded: _ended}

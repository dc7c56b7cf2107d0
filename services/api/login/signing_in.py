"""To the identity provider and back."""

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromQuery, QueryParameter
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy import select

from services.api import languages
from services.api.forms import Form, Problem
from services.api.login import attempts, openid, sessions
from services.api.login.attempts import Attempt, within_office
from services.api.login.openid import Answer, NobodySignedIn, ProviderSilent
from services.api.login.sessions import OfficeSession
from services.api.problems import said, status_of
from services.api.render import PortalViewer, page
from tenants.acting import member, system
from tenants.companies import claiming, members, providers
from tenants.companies.providers import NoProvider, Offered
from tenants.database import walled_session
from tenants.errors import NotFound, Refusal
from tenants.groups import directory
from tenants.groups.model import Group

AnyRequest = Request[Any, Any, Any]
# `state` itself means something to Litestar.
GivenState = Annotated[str, QueryParameter(name="state")]
NextPage = Annotated[str, QueryParameter(name="next")]

LOGIN = "/office/login"


class OfferedProvider(Struct, frozen=True):
    """The button of the sign-in page. A link, not a form: the page's policy lets forms go nowhere else."""

    name: str
    url: str


@get("/login", sync_to_thread=True)
def login(
    request: AnyRequest,
    group: FromQuery[str] = "",
    provider: FromQuery[UUID | None] = None,
    next_page: NextPage = "",
    anew: FromQuery[bool] = False,
) -> Response[Any]:
    """Sends the browser to the identity provider of the group; first to choose one where there are several."""
    try:
        group_id = directory.find_group(directory.Kind.SLUG, group)
        with walled_session(system(group_id)) as session:
            offered = providers.listed(session)
            if provider is None and len(offered) > 1:
                return Redirect(_choice_url(group, next_page), status_code=303)
            asked = providers.get(session, provider) if provider else providers.current(session)
        attempt, cookie = attempts.begin(group_id, group, asked.provider_id, next_page)
        return Redirect(openid.authorization_url(asked, attempt, anew=anew), status_code=303, cookies=[cookie])
    except Refusal as refusal:
        return _not_signed_in(request, refusal, again_url=attempts.FRONT)


@get("/login/callback", sync_to_thread=True)
def callback(
    request: AnyRequest, given_state: GivenState = "", code: FromQuery[str] = "", iss: FromQuery[str | None] = None
) -> Response[Any]:
    """Where the identity provider sends the browser back to."""
    again_url = attempts.FRONT
    try:
        attempt = attempts.finish(request.cookies.get(attempts.COOKIE, ""), given_state)
        again_url = _login_url(attempt.slug, attempt.return_to, provider_id=attempt.provider_id, anew=True)
        token = _enter(attempt, Answer(code, iss))
    except Refusal as refusal:
        return _not_signed_in(request, refusal, again_url=again_url)
    former = request.cookies.get(sessions.COOKIE)
    if former:
        sessions.end(former)
    return Redirect(attempt.return_to, status_code=303, cookies=[sessions.cookie(token), attempts.no_cookie()])


def _enter(attempt: Attempt, answer: Answer) -> str:
    """Whom the provider vouches for and the group knows gets a session. Raises Refusal."""
    if not answer.code:
        raise NobodySignedIn
    with walled_session(system(attempt.group_id)) as session:
        provider = providers.get(session, attempt.provider_id)
    identified = openid.identify(provider, attempt, answer)
    with walled_session(system(attempt.group_id)) as session:
        known = members.find(session, issuer=provider.issuer, subject=identified.subject)
        claiming.follow(session, known.member_id, provider_id=provider.provider_id, claims=identified.claims)
    with walled_session(member(attempt.group_id, known.member_id)) as session:
        start = members.signed_in(session)
    return sessions.start(
        OfficeSession(
            group_id=attempt.group_id,
            member_id=known.member_id,
            issuer=provider.issuer,
            client_id=provider.client_id,
            subject=identified.subject,
            sid=identified.sid,
            signed_in_at=datetime.now(UTC),
            company_id=start.company_id,
            purpose=start.purpose,
        )
    )


def _sign_ins_of(slug: str) -> tuple[str, list[Offered]]:
    """The group's name, and where its staff sign in. Raises NoSuchGroup, NoProvider."""
    group_id = directory.find_group(directory.Kind.SLUG, slug)
    with walled_session(system(group_id)) as session:
        offered = providers.listed(session)
        if not offered:
            raise NoProvider
        return session.scalars(select(Group.name)).one(), offered


def _offered(slug: str, next_page: str) -> tuple[OfferedProvider, ...]:
    """Raises NoSuchGroup, NoProvider."""
    name, offered = _sign_ins_of(slug)
    if len(offered) == 1:
        return (OfferedProvider(name, _login_url(slug, next_page)),)
    return tuple(
        OfferedProvider(f"{name}, {one.name}", _login_url(slug, next_page, provider_id=one.provider_id))
        for one in offered
    )


def sign_in_page(request: AnyRequest, group: str, next_page: str) -> Response[Any]:
    """Asks for the group, then offers its sign-in."""
    form = Form({"group": group, "next": within_office(next_page)})
    offered: tuple[OfferedProvider, ...] = ()
    try:
        if group:
            offered = _offered(group, next_page)
    except NotFound as refusal:
        form = Form(form.values, (Problem("group", said(languages.chosen(request), refusal)),))
    return _page(
        request,
        "office/login/sign_in.html",
        status=422 if form.problems else 200,
        providers=offered,
        form=form,
        action_url=attempts.FRONT,
    )


def _choice_url(slug: str, next_page: str) -> str:
    return f"{attempts.FRONT}?{urlencode({'group': slug, 'next': within_office(next_page)})}"


def _login_url(slug: str, next_page: str, *, provider_id: UUID | None = None, anew: bool = False) -> str:
    asked = {"group": slug, "next": within_office(next_page)} | ({"anew": "true"} if anew else {})
    asked |= {"provider": str(provider_id)} if provider_id else {}
    return f"{LOGIN}?{urlencode(asked)}"


def _not_signed_in(request: AnyRequest, refusal: Refusal, *, again_url: str) -> Response[Any]:
    shown = _page(
        request,
        "office/login/refused.html",
        status=503 if isinstance(refusal, ProviderSilent) else status_of(refusal),
        sentence=said(languages.chosen(request), refusal),
        again_url=again_url,
    )
    shown.set_cookie(attempts.no_cookie())
    return shown


def _page(request: AnyRequest, template: str, *, status: int, **context: object) -> Response[Any]:
    viewer = PortalViewer(language=languages.chosen(request), front_url=attempts.FRONT)
    return page(viewer, template, status=status, **context)

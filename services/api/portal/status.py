"""The page of a request: what each company has answered, and the way out of it."""

from datetime import UTC, datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from services.api import telling
from services.api.portal.entrance import Entrance, closed_cookie
from services.api.telling import Told
from tenants.languages.speaking import Language
from tenants.notifying import answering
from tenants.requests import ending, following, verification
from tenants.requests.deadlines import received_on
from tenants.requests.following import Status


@get("/", sync_to_thread=True)
def show(
    session: NamedDependency[Session], entrance: NamedDependency[Entrance], request_id: FromPath[UUID]
) -> Response[str]:
    followed = following.status(session)
    url = entrance.url("requests", request_id)
    return entrance.page(
        "portal/requests/status.html",
        followed=followed,
        face=telling.request_face(followed, received_on(datetime.now(UTC))),
        events=_timeline(entrance.language, followed),
        status_url=url,
        recipients_url=f"{url}/recipients",
        link_urls={
            answer.archive.export_id: f"{url}/archives/{answer.archive.export_id}/links"
            for answer in followed.answers
            if answer.archive
        },
        withdrawal_url=f"{url}/withdrawal" if followed.withdrawable else None,
        sign_out_url=f"{url}/closing",
    )


def _timeline(language: Language, followed: Status) -> list[Told]:
    """Which company's event it was is said where there are several."""
    several = len(followed.names) > 1
    names = [followed.names.get(event.company_id) if several else None for event in followed.events]
    told = telling.timeline(language, followed.events)
    return [
        Told(one.at, f"{name}: {one.sentence}" if name else one.sentence) for name, one in zip(names, told, strict=True)
    ]


@get("/recipients", sync_to_thread=True)
def show_recipients(
    session: NamedDependency[Session], entrance: NamedDependency[Entrance], request_id: FromPath[UUID]
) -> Response[str]:
    return entrance.page(
        "portal/requests/recipients.html",
        companies=answering.told_to_subject(session),
        status_url=entrance.url("requests", request_id),
    )


@get("/withdrawal", sync_to_thread=True)
def ask_withdrawal(
    session: NamedDependency[Session], entrance: NamedDependency[Entrance], request_id: FromPath[UUID]
) -> Response[str] | Redirect:
    url = entrance.url("requests", request_id)
    if not following.status(session).withdrawable:
        return Redirect(url, status_code=303)
    return entrance.page("portal/requests/withdrawal.html", action_url=f"{url}/withdrawal", status_url=url)


@post("/withdrawal", sync_to_thread=True)
def withdraw(
    session: NamedDependency[Session], entrance: NamedDependency[Entrance], request_id: FromPath[UUID]
) -> Redirect:
    ending.withdraw(session)
    return Redirect(entrance.url("requests", request_id), status_code=303)


@post("/closing", sync_to_thread=True)
def close(
    session: NamedDependency[Session], entrance: NamedDependency[Entrance], request_id: FromPath[UUID]
) -> Redirect:
    verification.close_sessions(session)
    return Redirect(entrance.url("requests", request_id), status_code=303, cookies=[closed_cookie(request_id)])

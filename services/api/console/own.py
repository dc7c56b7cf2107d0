"""The contact's own: what is kept of them, as whom they act, and the way out."""

from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api import form_tokens
from services.api.console import sessions
from services.api.console.counter import AnyRequest, Counter
from services.api.console.sessions import ConsoleSession
from tenants.contacts import forgetting, people
from tenants.contacts.refusals import NoSuchContact
from tenants.vault.keys import keyring


class ChosenContact(Struct, frozen=True):
    contact: str = ""


@get("/own-data", sync_to_thread=True)
def show_own_data(session: NamedDependency[Session], counter: NamedDependency[Counter]) -> Response[str]:
    row = counter.here.contact
    return counter.page(
        "console/own_data.html",
        email=people.address_of(keyring(session), row),
        row=row,
        days_kept=forgetting.KEPT.days,
        everywhere_url=counter.url("sign-out-everywhere"),
        leave_url=counter.url("leaving"),
    )


@post("/acting", sync_to_thread=True)
def act_as(
    request: AnyRequest,
    console_session: NamedDependency[ConsoleSession],
    counter: NamedDependency[Counter],
    data: Annotated[ChosenContact, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    """Raises NoSuchContact."""
    chosen = next((one for one in console_session.contact_ids if str(one) == data.contact), None)
    if chosen is None:
        raise NoSuchContact
    sessions.act_as(request.cookies[sessions.COOKIE], console_session, chosen)
    answer = counter.done(counter.url(), "acting")
    answer.set_cookie(form_tokens.no_cookie())
    return answer


@post("/sign-out", sync_to_thread=True)
def sign_out(request: AnyRequest, counter: NamedDependency[Counter]) -> Redirect:
    sessions.end(request.cookies[sessions.COOKIE])
    return _out(counter)


@post("/sign-out-everywhere", sync_to_thread=True)
def sign_out_everywhere(
    console_session: NamedDependency[ConsoleSession], counter: NamedDependency[Counter]
) -> Redirect:
    sessions.end_everywhere(console_session)
    return _out(counter)


@post("/leaving", sync_to_thread=True)
def leave(session: NamedDependency[Session], counter: NamedDependency[Counter]) -> Redirect:
    """At the next request nobody is there any more; other companies' consoles stay open to whoever looks after them."""
    people.leave(session, counter.here)
    return _out(counter)


def _out(counter: Counter) -> Redirect:
    return Redirect(counter.url("sign-in"), status_code=303, cookies=[sessions.no_cookie()])

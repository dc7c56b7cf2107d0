"""What the processor was told of people whose data it received, and its word that it has been done. Ids only."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromQuery
from litestar.response import Redirect
from msgspec import to_builtins
from sqlalchemy.orm import Session

from services.api.confirmation_form import Answering
from services.api.console.counter import Counter
from services.api.forms import Form, refused
from tenants.contacts import confirming
from tenants.errors import Invalid
from tenants.notifying.confirming import LONGEST_NOTE


@get("/confirmations", sync_to_thread=True)
def show_confirmations(
    session: NamedDependency[Session], counter: NamedDependency[Counter], after: FromQuery[UUID | None] = None
) -> Response[str]:
    return _page(session, counter, Form(), after=after)


@post("/confirmations", sync_to_thread=True)
def answer(
    session: NamedDependency[Session],
    counter: NamedDependency[Counter],
    data: Annotated[Answering, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    try:
        if data.declines:
            confirming.decline(session, counter.here, data.ticked, why=data.cannot)
        else:
            confirming.confirm(session, counter.here, data.ticked)
    except Invalid as refusal:
        return _page(session, counter, refused(counter.language, to_builtins(data), refusal), status=422)
    return counter.done(counter.url("confirmations"), "declined" if data.declines else "confirmed")


def _page(
    session: Session, counter: Counter, form: Form, *, after: UUID | None = None, status: int = 200
) -> Response[str]:
    url = counter.url("confirmations")
    waiting = confirming.waiting(session, counter.here, after=after)
    shown = counter.page(
        "console/confirmations.html",
        status=status,
        form=form,
        waiting=waiting,
        longest=LONGEST_NOTE,
        action_url=url,
        first_url=url if after else None,
        following_url=f"{url}?after={waiting.following}" if waiting.following else None,
    )
    shown.headers["Cache-Control"] = "no-store"
    return shown

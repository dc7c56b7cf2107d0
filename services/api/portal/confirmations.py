"""The page behind the link of a letter to a recipient: to look at it changes nothing, a click confirms.

Whoever has the link is let in as the recipient under the agreement of its letter, and sees ids only. An unknown link is
looked up like a known one, by the digest of its token, and is not found.
"""

from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import to_builtins
from sqlalchemy.orm import Session

from services.api.confirmation_form import Answering
from services.api.forms import Form, refused
from services.api.portal.entrance import Entrance
from tenants.acting import Acting
from tenants.errors import Invalid
from tenants.groups import directory
from tenants.notifying import confirming, mailing, reading
from tenants.notifying.model import ConfirmedBy

SHOWN = 200


def acting_recipient(slug: FromPath[str], token: FromPath[str]) -> Acting:
    """Raises NoSuchGroup, NoSuchNotification."""
    return mailing.whose(directory.find_group(directory.Kind.SLUG, slug), token)


@get("/", sync_to_thread=True)
def show(session: NamedDependency[Session], entrance: NamedDependency[Entrance], token: FromPath[str]) -> Response[str]:
    return _page(session, entrance, token, Form())


@post("/", sync_to_thread=True)
def answer(
    session: NamedDependency[Session],
    entrance: NamedDependency[Entrance],
    token: FromPath[str],
    data: Annotated[Answering, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    try:
        if data.declines:
            confirming.decline_several(session, data.ticked, why=data.cannot, by=ConfirmedBy.LINK)
        else:
            confirming.by_recipient(session, data.ticked, by=ConfirmedBy.LINK)
    except Invalid as refusal:
        return _page(session, entrance, token, refused(entrance.language, to_builtins(data), refusal), status=422)
    return Redirect(entrance.url("confirmations", token), status_code=303)


def _page(session: Session, entrance: Entrance, token: str, form: Form, *, status: int = 200) -> Response[str]:
    told = reading.of_client(session, only_open=True, limit=SHOWN)
    answer = entrance.page(
        "portal/confirmations/list.html",
        status=status,
        form=form,
        told=told,
        longest=confirming.LONGEST_NOTE,
        action_url=entrance.url("confirmations", token),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer

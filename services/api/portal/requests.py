"""The request form."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api import clients
from services.api.forms import Form, refused
from services.api.portal.entrance import AnyRequest, Entrance
from services.api.portal.front import answer_by
from tenants.companies import companies
from tenants.errors import Invalid
from tenants.requests import intake
from tenants.requests.limits import TooMany
from tenants.requests.model import Right


class Asking(Struct, frozen=True):
    """As the form gives it; a box that is ticked alone comes as one word."""

    rights: Right | list[Right] = []
    companies: UUID | list[UUID] = []
    email: str = ""
    words: str = ""


@get("/requests/new", sync_to_thread=True)
def new_request(session: NamedDependency[Session], entrance: NamedDependency[Entrance]) -> Response[str]:
    return _page(session, entrance, Form())


@post("/requests", sync_to_thread=True)
def submit(
    request: AnyRequest,
    session: NamedDependency[Session],
    entrance: NamedDependency[Entrance],
    data: Annotated[Asking, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    try:
        outcome = intake.submit(
            session,
            rights=data.rights if isinstance(data.rights, list) else [data.rights],
            company_ids=_addressed(session, data),
            email=data.email,
            words=data.words,
            language=entrance.language,
            client=clients.address(request),
        )
    except Invalid as refusal:
        return _page(session, entrance, refused(entrance.language, to_builtins(data), refusal), status=422)
    if isinstance(outcome, TooMany):
        return entrance.too_many(outcome)
    return Redirect(entrance.url("requests", outcome.request_id, "verification"), status_code=303)


def _addressed(session: Session, data: Asking) -> list[UUID]:
    """A group of one company asks nobody to choose it."""
    chosen = data.companies if isinstance(data.companies, list) else [data.companies]
    every = [company.company_id for company in companies.listed(session)]
    return every if len(every) == 1 else chosen


def _page(session: Session, entrance: Entrance, form: Form, *, status: int = 200) -> Response[str]:
    return entrance.page(
        "portal/requests/form.html",
        status=status,
        form=form,
        companies=[(str(company.company_id), company.name) for company in companies.listed(session)],
        answer_by=answer_by(datetime.now(UTC)),
        action_url=entrance.url("requests"),
    )

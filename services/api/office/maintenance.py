"""Maintenance access: asked for, granted by somebody of the company, ended, and listed for whoever oversees."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api import wording
from services.api.forms import Form, refused
from services.api.office.desk import Desk
from tenants.acting import PurposeKind
from tenants.companies import companies, maintaining
from tenants.companies.maintaining import Access
from tenants.companies.permissions import Permission
from tenants.errors import Invalid

MAINTENANCE = "/office/maintenance"


class NewAsk(Struct, frozen=True):
    """`company` is a company's key."""

    company: str = ""
    purpose: str = PurposeKind.STORAGE
    ticket: str = ""
    reason: str = ""
    hours: str = ""


class NotANumberOfHours(Invalid):
    """The number of hours is written in digits."""


class UnknownPurpose(Invalid):
    """There is no such purpose."""


class Answer(Struct, frozen=True):
    grant: bool


class ShownAccess(Struct, frozen=True):
    access: Access
    answer_url: str | None
    end_url: str | None


@get("/maintenance", sync_to_thread=True)
def list_accesses(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.SEE_MAINTENANCE)
    return _page(session, desk, Form())


@post("/maintenance", sync_to_thread=True)
def ask(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[NewAsk, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.ASK_MAINTENANCE)
    try:
        if not data.hours.isdecimal():
            raise NotANumberOfHours(field="hours")
        if data.purpose not in maintaining.PURPOSES:
            raise UnknownPurpose(field="purpose")
        maintaining.ask(
            session,
            company_id=companies.by_key(session, data.company).company_id,
            purpose=PurposeKind(data.purpose),
            ticket=data.ticket,
            reason=data.reason,
            hours=int(data.hours[:6]),
        )
    except Invalid as refusal:
        return _page(session, desk, refused(desk.language, to_builtins(data), refusal), status=422)
    return desk.done(MAINTENANCE, "maintenance-asked")


@post("/maintenance/{ask_id:uuid}/answer", sync_to_thread=True)
def answer(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    ask_id: FromPath[UUID],
    data: Annotated[Answer, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    desk.require(Permission.GRANT_MAINTENANCE)
    maintaining.answer(session, ask_id, grant=data.grant)
    return desk.done(MAINTENANCE, "maintenance-granted" if data.grant else "maintenance-refused")


@post("/maintenance/{ask_id:uuid}/ending", sync_to_thread=True)
def end(session: NamedDependency[Session], desk: NamedDependency[Desk], ask_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.SEE_MAINTENANCE)
    maintaining.end(session, ask_id)
    return desk.done("/office" if desk.here.maintenance else MAINTENANCE, "maintenance-ended")


def _page(session: Session, desk: Desk, form: Form, *, status: int = 200) -> Response[str]:
    asks = desk.here.may(Permission.ASK_MAINTENANCE)
    return desk.page(
        "office/maintenance/list.html",
        status=status,
        form=form,
        accesses=[_shown(desk, one) for one in maintaining.listed(session)],
        ask_url=MAINTENANCE if asks else None,
        companies=[(one.key, one.name) for one in companies.listed(session)],
        purposes=[(one.value, wording.said(desk.language, one)) for one in maintaining.PURPOSES],
        most_hours=maintaining.longest_hours(session),
        longest=maintaining.LONGEST,
    )


def _shown(desk: Desk, one: Access) -> ShownAccess:
    """Whoever grants here answers others; whoever has an access may end it, and so may they."""
    own = one.member_id == desk.here.member_id
    grants = desk.here.may(Permission.GRANT_MAINTENANCE)
    waits = one.refused is None and not one.over
    return ShownAccess(
        one,
        f"{MAINTENANCE}/{one.ask_id}/answer" if grants and waits and not own else None,
        f"{MAINTENANCE}/{one.ask_id}/ending" if one.running and (own or grants) else None,
    )

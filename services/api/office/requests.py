"""A request that came by letter, telephone, e-mail or at a counter is entered."""

from datetime import UTC, date, datetime, time
from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api import wording
from services.api.forms import Form, refused
from services.api.office.cases import CASES
from services.api.office.desk import Desk
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.languages.speaking import HELSINKI, OWN_NAMES, Language
from tenants.registers.values import NotADate
from tenants.requests import intake
from tenants.requests.asker import Asker
from tenants.requests.deadlines import received_on
from tenants.requests.intake import Checked
from tenants.requests.model import Channel, Right

REQUESTS = "/office/requests"
BY_HAND = tuple(channel for channel in Channel if channel is not Channel.PORTAL)
NOON = time(12, tzinfo=HELSINKI)


class NewRequest(Struct, frozen=True):
    """As the form gives it, the receipt as a day: a box that is ticked alone comes as one word, a choice that is not
    made as an empty one."""

    channel: Channel
    language: Language
    received_at: str = ""
    rights: Right | list[Right] = []
    email: str = ""
    phone: str = ""
    customer_number: str = ""
    postal_address: str = ""
    checked: str = ""
    words: str = ""


@get("/requests/new", sync_to_thread=True)
def new_request(desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.ENTER_REQUESTS)
    return _page(desk, Form())


@post("/requests", sync_to_thread=True)
def enter(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[NewRequest, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.ENTER_REQUESTS)
    try:
        case = intake.enter(
            session,
            channel=data.channel,
            received_at=when(data.received_at),
            rights=data.rights if isinstance(data.rights, list) else [data.rights],
            asker=Asker(
                email=data.email.strip() or None,
                phone=data.phone.strip() or None,
                customer_number=data.customer_number.strip() or None,
                postal_address=data.postal_address.strip() or None,
            ),
            words=data.words,
            language=data.language,
            checked=_checked(data.checked),
        )
    except Invalid as refusal:
        return _page(desk, refused(desk.language, to_builtins(data), refusal), status=422)
    return desk.done(f"{CASES}/{case.case_id}", "entered")


def when(day: str) -> datetime:
    """The moment that a civil date of receipt stands for: now on this day, noon on another. Raises NotADate."""
    try:
        given = date.fromisoformat(day)
    except ValueError:
        raise NotADate(field="received_at") from None
    now = datetime.now(UTC)
    return now if given == received_on(now) else datetime.combine(given, NOON)


def _checked(given: str) -> Checked | None:
    return next((one for one in Checked if one == given), None)


def _page(desk: Desk, form: Form, *, status: int = 200) -> Response[str]:
    return desk.page(
        "office/requests/new.html",
        status=status,
        form=form,
        channels=[(one.value, wording.said(desk.language, one)) for one in BY_HAND],
        languages=[(one.value, OWN_NAMES[one]) for one in Language],
        checks=[(one.value, wording.said(desk.language, one)) for one in Checked],
        today=received_on(datetime.now(UTC)),
        action_url=REQUESTS,
        list_url=CASES,
    )

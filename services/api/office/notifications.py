"""Recipients that were told what became of data they received, and what they answered: the backlog and each of them."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, FromQuery
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api import wording
from services.api.forms import Form, refused
from services.api.office.cases import OPENDSR
from services.api.office.desk import Desk
from services.api.office.persons import PERSONS
from tenants.companies import members
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.languages.speaking import HELSINKI, translate
from tenants.notifying import confirming, excusing, reading
from tenants.notifying.model import Excuse, NotificationState
from tenants.notifying.reading import Wanted
from tenants.notifying.states import SETTLED
from tenants.opendsr import asking
from tenants.registers.changes import TOLD
from tenants.registers.model import Cause
from tenants.registers.values import NotADate

NOTIFICATIONS = "/office/notifications"
AGES = (3, 7, 14, 21)
# As the recipient: whoever wrong data came from.
SOURCES = "sources"


class ByStaff(Struct, frozen=True):
    """A box that is ticked alone comes as one word."""

    ids: UUID | list[UUID] = []
    on: str = ""
    note: str = ""


class Excusing(Struct, frozen=True):
    excuse: Excuse
    reason: str = ""


@get("/notifications", sync_to_thread=True)
def list_notifications(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    *,
    shown: FromQuery[str] = "",
    recipient: FromQuery[str] = "",
    cause: FromQuery[str] = "",
    older: FromQuery[int] = 0,
    newer: FromQuery[int] = 0,
    after: FromQuery[UUID | None] = None,
) -> Response[str]:
    desk.require(Permission.TELL_RECIPIENTS)
    chosen = {
        "shown": shown,
        "recipient": recipient,
        "cause": cause,
        "older": str(older or ""),
        "newer": str(newer or ""),
    }
    wanted = Wanted(
        state=NotificationState(shown) if shown in set(NotificationState) else None,
        recipient_id=_recipient(recipient),
        of_sources=recipient == SOURCES,
        cause=Cause(cause) if cause in TOLD else None,
        made_before=_ago(older),
        made_after=_ago(newer),
    )
    return _list(session, desk, wanted, Form(chosen), after=after)


def _recipient(chosen: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(chosen)
    return None


def _ago(days: int) -> datetime | None:
    return datetime.now(UTC) - timedelta(days=days) if 0 < days < 10_000 else None


@post("/notifications/confirmations", sync_to_thread=True)
def confirm(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[ByStaff, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.TELL_RECIPIENTS)
    chosen = data.ids if isinstance(data.ids, list) else [data.ids]
    try:
        confirming.by_staff(session, chosen, on=_day(data.on), note=data.note)
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _list(session, desk, Wanted(), form, after=None, status=422)
    return desk.done(NOTIFICATIONS, "notifications-confirmed")


@get("/notifications/{notification_id:uuid}", sync_to_thread=True)
def show(
    session: NamedDependency[Session], desk: NamedDependency[Desk], notification_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.TELL_RECIPIENTS)
    return _one(session, desk, notification_id, Form())


@post("/notifications/{notification_id:uuid}/excuse", sync_to_thread=True)
def propose_excuse(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    notification_id: FromPath[UUID],
    data: Annotated[Excusing, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.TELL_RECIPIENTS)
    try:
        excusing.propose(session, notification_id, data.excuse, reason=data.reason)
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _one(session, desk, notification_id, form, status=422)
    return desk.done(f"{NOTIFICATIONS}/{notification_id}", "excuse-proposed")


@post("/notifications/{notification_id:uuid}/excuse/approval", sync_to_thread=True)
def approve_excuse(
    session: NamedDependency[Session], desk: NamedDependency[Desk], notification_id: FromPath[UUID]
) -> Redirect:
    desk.require(Permission.TELL_RECIPIENTS)
    excusing.approve(session, notification_id)
    return desk.done(f"{NOTIFICATIONS}/{notification_id}", "excuse-approved")


@post("/notifications/{notification_id:uuid}/excuse/rejection", sync_to_thread=True)
def reject_excuse(
    session: NamedDependency[Session], desk: NamedDependency[Desk], notification_id: FromPath[UUID]
) -> Redirect:
    desk.require(Permission.TELL_RECIPIENTS)
    excusing.reject(session, notification_id)
    return desk.done(f"{NOTIFICATIONS}/{notification_id}", "excuse-rejected")


def _list(
    session: Session, desk: Desk, wanted: Wanted, form: Form, *, after: UUID | None, status: int = 200
) -> Response[str]:
    told = reading.listed(session, wanted, after=after, limit=reading.PAGE + 1)
    page, following = told[: reading.PAGE], None
    if len(told) > reading.PAGE:
        chosen = "".join(f"{name}={form.value(name)}&" for name in ("shown", "recipient", "cause", "older", "newer"))
        following = f"{NOTIFICATIONS}?{chosen}after={page[-1].row.notification_id}"
    said = desk.language
    return desk.page(
        "office/notifications/list.html",
        status=status,
        form=form,
        told=page,
        count=reading.counted(session, wanted),
        settled=SETTLED,
        states=[(one.value, wording.said(said, one)) for one in NotificationState],
        recipients=[
            *((str(one), name) for one, name in reading.recipients(session).items()),
            (SOURCES, translate(said, "sources of wrong data")),
        ],
        causes=[(one.value, wording.said(said, one)) for one in Cause if one in TOLD],
        ages=AGES,
        today=datetime.now(HELSINKI).date().isoformat(),
        longest=confirming.LONGEST_NOTE,
        list_url=NOTIFICATIONS,
        persons_url=PERSONS,
        following_url=following,
    )


def _one(session: Session, desk: Desk, notification_id: UUID, form: Form, *, status: int = 200) -> Response[str]:
    opened = reading.get(session, notification_id)
    row = opened.told.row
    people = members.names(
        session, {one for one in (row.confirmed_member, row.excused_by, row.excuse_approved_by) if one}
    )
    url = f"{NOTIFICATIONS}/{notification_id}"
    request = asking.telling(session, notification_id) if desk.here.may(Permission.SEE_CASES) else None
    return desk.page(
        "office/notifications/notification.html",
        status=status,
        form=form,
        opened=opened,
        people=people,
        is_open=opened.told.state not in SETTLED,
        own=row.excused_by == desk.here.member_id,
        excuses=[(one.value, wording.said(desk.language, one)) for one in Excuse],
        today=datetime.now(HELSINKI).date().isoformat(),
        longest=excusing.LONGEST_REASON,
        url=url,
        list_url=NOTIFICATIONS,
        person_url=f"{PERSONS}/{row.person_id}",
        request_url=f"{OPENDSR}/sent/{request}" if request else None,
    )


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise NotADate(field="on") from None

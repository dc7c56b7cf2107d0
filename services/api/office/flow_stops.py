"""The switch: what flows out of the company acted for is stopped by one person, and resumed by two."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, FromQuery
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.api.forms import Form, refused
from services.api.office import flow_stops_told
from services.api.office.desk import Desk
from services.api.office.flow_stops_told import STOPS
from services.api.office.not_chosen import NotOneOfThese
from services.api.office.processors_told import PROCESSORS
from tenants.companies import members
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.feeds import reading as feeds
from tenants.feeds import scopes
from tenants.groups.model import Group
from tenants.languages.speaking import sentence
from tenants.processors import cataloguing, describing, stopping
from tenants.processors.refusals import StopsOwnCompany

EVERYTHING = "everything"


class GivenStop(Struct, frozen=True):
    """`what` is `everything`, `processor.<id>` or `feed.<id>`."""

    what: str = ""
    reason: str = ""


class GivenResumeReason(Struct, frozen=True):
    reason: str = ""


@get("/processors/stops", sync_to_thread=True)
def list_stops(
    session: NamedDependency[Session], desk: NamedDependency[Desk], what: FromQuery[str] = EVERYTHING
) -> Response[str]:
    desk.require(Permission.SEE_PROCESSORS)
    return _page(session, desk, Form({"what": what}))


@post("/processors/stops", sync_to_thread=True)
def stop(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[GivenStop, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.STOP_FLOWS)
    kind, _, named = data.what.partition(".")
    try:
        if kind == EVERYTHING:
            stopping.stop(session, reason=data.reason)
        elif kind == "processor":
            stopping.stop(session, processor_id=_id(named), reason=data.reason)
        elif kind == "feed":
            scopes.stop(session, _id(named), reason=data.reason)
        else:
            raise NotOneOfThese(sentence("What is stopped"), field="what")
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _page(session, desk, form, about="new", status=422)
    return desk.done(STOPS, "flow-stopped")


@post("/processors/stops/{stop_id:uuid}/proposal", sync_to_thread=True)
def propose_resuming(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    stop_id: FromPath[UUID],
    data: Annotated[GivenResumeReason, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.STOP_FLOWS)
    try:
        stopping.propose_resuming(session, stop_id, reason=data.reason)
    except Invalid as refusal:
        # Each stop has a form of its own on this page.
        refusal.field = f"reason-{stop_id}"
        form = refused(desk.language, to_builtins(data), refusal)
        return _page(session, desk, form, about=str(stop_id), status=422)
    return desk.done(STOPS, "resuming-proposed")


@post("/processors/stops/{stop_id:uuid}/resumption", sync_to_thread=True)
def resume(session: NamedDependency[Session], desk: NamedDependency[Desk], stop_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.RESUME_FLOWS)
    stopping.resume(session, stop_id)
    return desk.done(STOPS, "flow-resumed")


def _page(session: Session, desk: Desk, form: Form, *, about: str = "", status: int = 200) -> Response[str]:
    """`about` says which of the page's forms was refused: `new`, or the id of a stop."""
    if desk.here.acting.company_id is None:
        raise StopsOwnCompany
    rows = stopping.listed(session)
    by = {each for one in rows for each in (one.stopped_by, one.proposed_by, one.resumed_by) if each}
    shown = flow_stops_told.told(session, rows)
    may_resume, by_two = desk.here.may(Permission.RESUME_FLOWS), bool(session.scalar(select(Group.four_eyes)))
    return desk.page(
        "office/processors/stops.html",
        status=status,
        running=[one for one in shown if one.row.resumed_at is None],
        over=[one for one in shown if one.row.resumed_at is not None],
        names=members.names(session, by),
        me=desk.here.member_id,
        by_two=by_two,
        form=form,
        new_form=form if about in ("", "new") else Form({"what": EVERYTHING}),
        about=about,
        targets=_targets(session, desk),
        may_stop=desk.here.may(Permission.STOP_FLOWS),
        may_resume=may_resume,
        longest=describing.LONGEST["reason"],
        url=STOPS,
        list_url=PROCESSORS,
    )


def _targets(session: Session, desk: Desk) -> list[tuple[str, list[tuple[str, str]]]]:
    """What can be stopped: processors and feeds of the company that go on."""
    going_on = [one for one in feeds.listed(session) if one.feed.ended_at is None]
    return [
        ("processors", [(f"processor.{one.processor_id}", one.name) for one in cataloguing.listed(session)]),
        ("feeds", [(f"feed.{one.feed.feed_id}", one.feed.name.in_(desk.language)) for one in going_on]),
    ]


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise NotOneOfThese(sentence("What is stopped"), field="what") from None

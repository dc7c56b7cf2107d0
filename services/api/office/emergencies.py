"""Emergency access: asked for, confirmed by another, over by itself, reported, and reviewed by a third."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api import audited, wording
from services.api.forms import Form, refused
from services.api.office.desk import Desk
from tenants.authorities import disclosing, emergencies
from tenants.companies.model import EmergencyGround
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.registers import registers

EMERGENCIES = "/office/emergencies"


class NewEmergency(Struct, frozen=True):
    ground: EmergencyGround = EmergencyGround.LIFE_OR_HEALTH
    reason: str = ""
    minutes: str = ""
    registers: UUID | list[UUID] = []


class Answer(Struct, frozen=True):
    confirm: bool


class Review(Struct, frozen=True):
    review: str = ""


@get("/emergencies", sync_to_thread=True)
def list_emergencies(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.SEE_AUTHORITIES)
    return _list(session, desk, Form())


@post("/emergencies", sync_to_thread=True)
def ask(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[NewEmergency, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.ASK_EMERGENCY)
    chosen = data.registers if isinstance(data.registers, list) else [data.registers]
    try:
        emergency_id = emergencies.ask(
            session,
            ground=data.ground,
            reason=data.reason,
            minutes=int(data.minutes[:6]) if data.minutes.isdecimal() else 0,
            register_ids=chosen,
        )
    except Invalid as refusal:
        given = {**to_builtins(data), "registers": [str(one) for one in chosen]}
        return _list(session, desk, refused(desk.language, given, refusal), status=422)
    return desk.done(f"{EMERGENCIES}/{emergency_id}", "emergency-asked")


@get("/emergencies/{emergency_id:uuid}", sync_to_thread=True)
def show_emergency(
    session: NamedDependency[Session], desk: NamedDependency[Desk], emergency_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.SEE_AUTHORITIES)
    return _page(session, desk, emergency_id, Form())


@post("/emergencies/{emergency_id:uuid}/answer", sync_to_thread=True)
def answer(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    emergency_id: FromPath[UUID],
    data: Annotated[Answer, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    desk.require(Permission.CONFIRM_EMERGENCY)
    emergencies.answer(session, emergency_id, confirm=data.confirm)
    return desk.done(f"{EMERGENCIES}/{emergency_id}", "emergency-confirmed" if data.confirm else "emergency-refused")


@post("/emergencies/{emergency_id:uuid}/ending", sync_to_thread=True)
def end(session: NamedDependency[Session], desk: NamedDependency[Desk], emergency_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.SEE_AUTHORITIES)
    emergencies.end(session, emergency_id)
    return desk.done("/office/acting" if desk.here.emergency else f"{EMERGENCIES}/{emergency_id}", "emergency-ended")


@post("/emergencies/{emergency_id:uuid}/review", sync_to_thread=True)
def review(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    emergency_id: FromPath[UUID],
    data: Annotated[Review, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.REVIEW_EMERGENCY)
    try:
        emergencies.review(session, emergency_id, said=data.review)
    except Invalid as refusal:
        return _page(session, desk, emergency_id, refused(desk.language, to_builtins(data), refusal), status=422)
    return desk.done(f"{EMERGENCIES}/{emergency_id}", "emergency-reviewed")


def _list(session: Session, desk: Desk, form: Form, *, status: int = 200) -> Response[str]:
    asks = desk.here.may(Permission.ASK_EMERGENCY) and desk.here.acting.company_id
    return desk.page(
        "office/emergencies/list.html",
        status=status,
        form=form,
        emergencies=emergencies.listed(session),
        url=EMERGENCIES,
        ask_url=EMERGENCIES if asks else None,
        grounds=[(str(one), wording.said(desk.language, one)) for one in EmergencyGround],
        registers=[(str(one.register_id), one.name.in_(desk.language)) for one in registers.listed(session)],
        longest=emergencies.LONGEST,
    )


def _page(session: Session, desk: Desk, emergency_id: UUID, form: Form, *, status: int = 200) -> Response[str]:
    one, me = emergencies.get(session, emergency_id), desk.here.member_id
    url, own = f"{EMERGENCIES}/{emergency_id}", one.row.asked_by == me
    confirms = desk.here.may(Permission.CONFIRM_EMERGENCY)
    third = one.answer is not None and not own and one.answer.answered_by != me
    reviews = desk.here.may(Permission.REVIEW_EMERGENCY) and one.awaits_review and third
    return desk.page(
        "office/emergencies/emergency.html",
        status=status,
        form=form,
        one=one,
        own=own,
        done=[
            (audited.action(desk.language, each.action), audited.thing(desk.language, each.about), each)
            for each in one.report
        ],
        given=disclosing.made_in(session, emergency_id),
        answer_url=f"{url}/answer" if confirms and not own and one.answer is None else None,
        end_url=f"{url}/ending" if one.running and (own or confirms) else None,
        review_url=f"{url}/review" if reviews else None,
        longest=emergencies.LONGEST,
        list_url=EMERGENCIES,
    )

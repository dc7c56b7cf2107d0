"""A case is refused: proposed, confirmed by another member of staff where the ground asks for it, or given back."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api import telling
from services.api.forms import Form, refused
from services.api.office import cases
from services.api.office.cases import CASES
from services.api.office.desk import Desk
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.requests import reading, refusing
from tenants.requests.deadlines import received_on
from tenants.requests.law import grounds
from tenants.requests.model import CaseState


class ChooseAGround(Invalid):
    """Choose the ground of the refusal."""


class Refusing(Struct, frozen=True):
    ground: str = ""
    reason: str = ""


class Returning(Struct, frozen=True):
    words: str = ""


@get("/cases/{case_id:uuid}/refusal", sync_to_thread=True)
def ask_refusal(
    session: NamedDependency[Session], desk: NamedDependency[Desk], case_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.DECIDE_CASES)
    return _page(session, desk, case_id)


@post("/cases/{case_id:uuid}/refusal", sync_to_thread=True)
def refuse(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    case_id: FromPath[UUID],
    data: Annotated[Refusing, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.DECIDE_CASES)
    try:
        if not data.ground:
            raise ChooseAGround(field="ground")
        refusing.refuse(session, case_id, ground=data.ground, reason=data.reason)
    except Invalid as refusal:
        return _page(session, desk, case_id, refused(desk.language, to_builtins(data), refusal), status=422)
    by_two = grounds.every_ground()[data.ground].by_two
    return desk.done(f"{CASES}/{case_id}", "refusal-proposed" if by_two else "refused")


@post("/cases/{case_id:uuid}/refusal/confirmation", sync_to_thread=True)
def confirm(session: NamedDependency[Session], desk: NamedDependency[Desk], case_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.DECIDE_CASES)
    refusing.confirm(session, case_id)
    return desk.done(f"{CASES}/{case_id}", "refused")


@post("/cases/{case_id:uuid}/refusal/return", sync_to_thread=True)
def give_back(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    case_id: FromPath[UUID],
    data: Annotated[Returning, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.DECIDE_CASES)
    try:
        refusing.give_back(session, case_id, words=data.words)
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return cases.page(session, desk, case_id, status=422, returning=form)
    return desk.done(f"{CASES}/{case_id}", "refusal-returned")


def _page(session: Session, desk: Desk, case_id: UUID, form: Form | None = None, *, status: int = 200) -> Response[str]:
    """What was given back comes as a draft."""
    file = reading.get_case(session, case_id)
    case = file.case
    draft = Form()
    if case.refusal_ground and case.state is not CaseState.REFUSED:
        draft = Form({"ground": case.refusal_ground, "reason": file.reason or ""})
    return desk.page(
        "office/cases/refusal.html",
        status=status,
        number=case.number,
        form=form or draft,
        grounds=[(one.key, one.says.in_(desk.language)) for one in grounds.offered(case.rights)],
        action_url=f"{CASES}/{case_id}/refusal",
        case_url=f"{CASES}/{case_id}",
        face=telling.case_face(case, received_on(datetime.now(UTC))),
    )

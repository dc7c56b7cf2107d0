"""What is kept of a person is erased: first what would go, then a ground and a reason, then it is gone."""

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
from services.api.office.desk import Desk
from services.api.office.persons import PERSONS
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.registers import erasing
from tenants.registers.model import ErasureGround
from tenants.registers.viewing import NoSuchValue
from tenants.requests import erasing as unless_asked_for


class Erasing(Struct, frozen=True):
    """A box that is ticked alone comes as one word. `record`: the only one that is meant, or empty."""

    ground: ErasureGround
    registers: UUID | list[UUID] = []
    reason: str = ""
    record: str = ""


@get("/persons/{person_id:uuid}/erasures", sync_to_thread=True)
def ask_erasure(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    person_id: FromPath[UUID],
    record: FromQuery[UUID | None] = None,
) -> Response[str]:
    desk.require(Permission.ERASE_RECORDS)
    return _page(session, desk, person_id, Form({"record": str(record or "")}), record_id=record)


@post("/persons/{person_id:uuid}/erasures", sync_to_thread=True)
def erase(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    person_id: FromPath[UUID],
    data: Annotated[Erasing, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.ERASE_RECORDS)
    chosen = data.registers if isinstance(data.registers, list) else [data.registers]
    record_id = _id(data.record)
    try:
        unless_asked_for.erase(
            session, person_id, ground=data.ground, reason=data.reason, record_id=record_id, register_ids=chosen
        )
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _page(session, desk, person_id, form, record_id=record_id, status=422)
    return desk.done(f"{PERSONS}/{person_id}", "erased")


def _id(given: str) -> UUID | None:
    """Raises NoSuchValue."""
    try:
        return UUID(given) if given else None
    except ValueError:
        raise NoSuchValue from None


def _page(
    session: Session, desk: Desk, person_id: UUID, form: Form, *, record_id: UUID | None, status: int = 200
) -> Response[str]:
    return desk.page(
        "office/persons/erasure.html",
        status=status,
        form=form,
        goes=erasing.would_go(session, person_id, record_id),
        asked_for=unless_asked_for.is_asked_for(session, person_id),
        grounds=[(one.value, wording.said(desk.language, one)) for one in ErasureGround],
        longest=erasing.LONGEST_REASON,
        action_url=f"{PERSONS}/{person_id}/erasures",
        person_url=f"{PERSONS}/{person_id}",
    )

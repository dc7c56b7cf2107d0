"""Two persons who share an identifier are told apart, and it is taken back."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, FromQuery
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api.forms import Form, refused
from services.api.office.desk import Desk
from services.api.office.persons import PERSONS
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.sameness import changes, telling_apart

DISTINCTIONS = "/office/distinctions"


class TellingApart(Struct, frozen=True):
    other: UUID
    reason: str = ""


class TakingBack(Struct, frozen=True):
    reason: str = ""


@get("/persons/{person_id:uuid}/distinctions", sync_to_thread=True)
def ask_distinction(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    person_id: FromPath[UUID],
    other: FromQuery[UUID],
) -> Response[str]:
    desk.require(Permission.MERGE_PERSONS)
    return _telling_page(session, desk, person_id, other, Form())


@post("/persons/{person_id:uuid}/distinctions", sync_to_thread=True)
def tell_apart(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    person_id: FromPath[UUID],
    data: Annotated[TellingApart, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MERGE_PERSONS)
    try:
        telling_apart.tell_apart(session, person_id, data.other, reason=data.reason)
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _telling_page(session, desk, person_id, data.other, form, status=422)
    return desk.done(f"{PERSONS}/{person_id}", "told-apart")


@get("/distinctions/{distinction_id:uuid}/undoing", sync_to_thread=True)
def ask_taking_back(
    session: NamedDependency[Session], desk: NamedDependency[Desk], distinction_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.MERGE_PERSONS)
    return _taking_back_page(session, desk, distinction_id, Form())


@post("/distinctions/{distinction_id:uuid}/undoing", sync_to_thread=True)
def take_back(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    distinction_id: FromPath[UUID],
    data: Annotated[TakingBack, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MERGE_PERSONS)
    try:
        row = telling_apart.take_back(session, distinction_id, reason=data.reason)
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _taking_back_page(session, desk, distinction_id, form, status=422)
    return desk.done(f"{PERSONS}/{row.one_id}", "not-told-apart")


def _telling_page(
    session: Session, desk: Desk, person_id: UUID, other_id: UUID, form: Form, *, status: int = 200
) -> Response[str]:
    one, other = telling_apart.names(session, person_id, other_id)
    url = f"{PERSONS}/{person_id}"
    return desk.page(
        "office/persons/distinction.html",
        status=status,
        form=form,
        one=one,
        other=other,
        one_url=url,
        other_url=f"{PERSONS}/{other_id}",
        other_id=other_id,
        compare_url=f"{url}/merges?other={other_id}",
        action_url=f"{url}/distinctions",
        longest=changes.LONGEST_REASON,
    )


def _taking_back_page(
    session: Session, desk: Desk, distinction_id: UUID, form: Form, *, status: int = 200
) -> Response[str]:
    told = telling_apart.get(session, distinction_id)
    return desk.page(
        "office/persons/one_again.html",
        status=status,
        form=form,
        told=told,
        one_url=f"{PERSONS}/{told.row.one_id}",
        other_url=f"{PERSONS}/{told.row.other_id}",
        action_url=f"{DISTINCTIONS}/{distinction_id}/undoing",
        longest=changes.LONGEST_REASON,
    )

"""Processing is restricted, on a person or on one record, and the restriction lifted after the person was told."""

from datetime import date, datetime, timedelta
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
from services.api.office.persons import PERSONS, RESTRICTIONS
from tenants.companies import companies
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.languages.speaking import HELSINKI, OWN_NAMES, Language, long_date
from tenants.registers import restricting, viewing
from tenants.registers.model import RestrictionGround
from tenants.registers.values import NotADate
from tenants.requests import lifting

# Long enough to find out, short enough not to be forgotten.
REVIEW_AFTER = timedelta(days=30)


class Placing(Struct, frozen=True):
    """`record` is empty where the whole person is meant."""

    ground: RestrictionGround
    reason: str = ""
    review_on: str = ""
    record: UUID | None = None


class Lifting(Struct, frozen=True):
    language: Language
    reason: str = ""
    email: str = ""
    postal_address: str = ""


@get("/persons/{person_id:uuid}/restrictions", sync_to_thread=True)
def ask_restriction(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    person_id: FromPath[UUID],
    *,
    record: FromQuery[UUID | None] = None,
) -> Response[str]:
    desk.require(Permission.RESTRICT_PERSONS)
    viewing.exists(session, person_id, record)
    return _placing_page(desk, person_id, record, Form())


@post("/persons/{person_id:uuid}/restrictions", sync_to_thread=True)
def restrict(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    person_id: FromPath[UUID],
    data: Annotated[Placing, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.RESTRICT_PERSONS)
    try:
        restricting.place(
            session,
            person_id,
            ground=data.ground,
            reason=data.reason,
            review_on=_day(data.review_on),
            record_id=data.record,
        )
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _placing_page(desk, person_id, data.record, form, status=422)
    return desk.done(f"{PERSONS}/{person_id}", "restricted")


@get("/restrictions/{restriction_id:uuid}/lifting", sync_to_thread=True)
def ask_lifting(
    session: NamedDependency[Session], desk: NamedDependency[Desk], restriction_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.RESTRICT_PERSONS)
    return _lifting_page(session, desk, restriction_id, Form())


@post("/restrictions/{restriction_id:uuid}/lifting", sync_to_thread=True)
def lift(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    restriction_id: FromPath[UUID],
    data: Annotated[Lifting, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.RESTRICT_PERSONS)
    try:
        row = lifting.lift(
            session,
            restriction_id,
            reason=data.reason,
            language=data.language,
            email=data.email,
            postal_address=data.postal_address,
        )
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return _lifting_page(session, desk, restriction_id, form, status=422)
    return desk.done(f"{PERSONS}/{row.person_id}", "lifting")


@get("/restrictions/{restriction_id:uuid}/notice", sync_to_thread=True)
def show_notice(
    session: NamedDependency[Session], desk: NamedDependency[Desk], restriction_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.RESTRICT_PERSONS)
    person_id, sheet = lifting.open_sheet(session, restriction_id)
    company_id = desk.here.acting.company_id
    return desk.page(
        "office/persons/notice.html",
        sheet=sheet,
        dated=long_date(sheet.language, sheet.dated),
        company=companies.get(session, company_id) if company_id else None,
        post_url=f"{RESTRICTIONS}/{restriction_id}/notice/posting",
        person_url=f"{PERSONS}/{person_id}",
    )


@post("/restrictions/{restriction_id:uuid}/notice/posting", sync_to_thread=True)
def mark_notice_posted(
    session: NamedDependency[Session], desk: NamedDependency[Desk], restriction_id: FromPath[UUID]
) -> Redirect:
    desk.require(Permission.RESTRICT_PERSONS)
    return desk.done(f"{PERSONS}/{lifting.posted(session, restriction_id)}", "restriction-ended")


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise NotADate(field="review_on") from None


def _placing_page(
    desk: Desk, person_id: UUID, record_id: UUID | None, form: Form, *, status: int = 200
) -> Response[str]:
    return desk.page(
        "office/persons/restriction.html",
        status=status,
        form=form,
        record_id=record_id,
        grounds=[(one.value, wording.said(desk.language, one)) for one in RestrictionGround],
        review_on=(datetime.now(HELSINKI) + REVIEW_AFTER).date().isoformat(),
        longest=restricting.LONGEST_REASON,
        action_url=f"{PERSONS}/{person_id}/restrictions",
        person_url=f"{PERSONS}/{person_id}",
    )


def _lifting_page(
    session: Session, desk: Desk, restriction_id: UUID, form: Form, *, status: int = 200
) -> Response[str]:
    row = restricting.get(session, restriction_id)
    return desk.page(
        "office/persons/lifting.html",
        status=status,
        form=form,
        row=row,
        languages=[(one.value, OWN_NAMES[one]) for one in Language],
        longest=restricting.LONGEST_REASON,
        longest_address=lifting.LONGEST_ADDRESS,
        action_url=f"{RESTRICTIONS}/{restriction_id}/lifting",
        person_url=f"{PERSONS}/{row.person_id}",
    )

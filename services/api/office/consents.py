"""Consents and objections of a person, noted by staff when the person gives, withdraws, makes or takes them back."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy.orm import Session

from services.api.forms import refused
from services.api.office import persons
from services.api.office.desk import Desk
from services.api.office.persons import PERSONS
from tenants.acting import PurposeKind
from tenants.companies.permissions import Permission
from tenants.consents import consenting, objecting
from tenants.errors import Invalid

End = Callable[[Session, UUID, PurposeKind], None]


class GivenConsent(Struct, frozen=True):
    consent_kind: PurposeKind
    source: str = ""


class MadeObjection(Struct, frozen=True):
    objection_kind: PurposeKind


class Ended(Struct, frozen=True):
    kind: PurposeKind


@post("/persons/{person_id:uuid}/consents", sync_to_thread=True)
def give_consent(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    person_id: FromPath[UUID],
    data: Annotated[GivenConsent, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.CORRECT_RECORDS)
    try:
        consenting.give(session, person_id, data.consent_kind, source=data.source)
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return persons.page(session, desk, person_id, form=form, status=422)
    return desk.done(f"{PERSONS}/{person_id}", "consent-given")


@post("/persons/{person_id:uuid}/objections", sync_to_thread=True)
def make_objection(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    person_id: FromPath[UUID],
    data: Annotated[MadeObjection, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Redirect:
    """From the next statement on nothing is shared for this kind of purpose, whatever a policy says."""
    desk.require(Permission.CORRECT_RECORDS)
    objecting.object_to(session, person_id, data.objection_kind)
    return desk.done(f"{PERSONS}/{person_id}", "objection-made")


def _ending(path: str, end: End, said: str) -> HTTPRouteHandler:
    """What a person said of one kind of purpose holds no longer."""

    @post(f"/persons/{{person_id:uuid}}/{path}", sync_to_thread=True)
    def ended(
        session: NamedDependency[Session],
        desk: NamedDependency[Desk],
        person_id: FromPath[UUID],
        data: Annotated[Ended, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Redirect:
        desk.require(Permission.CORRECT_RECORDS)
        end(session, person_id, data.kind)
        return desk.done(f"{PERSONS}/{person_id}", said)

    return ended


# As easily as it was given (Art. 7(3)).
withdraw_consent = _ending("consents/withdrawal", consenting.withdraw, "consent-withdrawn")
lift_objection = _ending("objections/lifting", objecting.lift, "objection-lifted")

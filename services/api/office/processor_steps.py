"""What is done on the page of a processor: evidence, sub-processors, and objections to them."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api import form_tokens
from services.api.office import processors_told
from services.api.office.desk import Desk
from services.api.office.not_chosen import NotOneOfThese
from services.api.office.processor_forms import (
    GivenEngagement,
    GivenEvidence,
    counted_evidence,
    read_days,
    read_engagement,
    refused_form,
)
from services.api.office.processors import processor_page
from services.api.office.sent_documents import post_with_documents
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.languages.speaking import sentence
from tenants.processors import engaging, verifying
from tenants.processors.model import Document


class GivenReason(Struct, frozen=True):
    reason: str = ""


class GivenSolution(Struct, frozen=True):
    solution: str = ""


@post_with_documents("/processors/{processor_id:uuid}/verifications")
def verify(
    request: Request[Any, Any, Any],
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    data: Annotated[GivenEvidence, BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[str] | Redirect:
    form_tokens.check(request, data.form_token)
    desk.require(Permission.MANAGE_PROCESSORS)
    given, faults = counted_evidence(data)
    try:
        on, until = read_days(given, faults)
        document = Document(given.document, given.sha256)
        verifying.verify(session, processor_id, verified_on=on, valid_until=until, document=document)
    except Invalid as refusal:
        return _again(session, desk, processor_id, given, refusal, about="evidence")
    return desk.done(processors_told.url_of(processor_id), "processor-verified")


@post("/processors/{processor_id:uuid}/verifications/{verification_id:uuid}/withdrawal", sync_to_thread=True)
def withdraw(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    verification_id: FromPath[UUID],
) -> Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    verifying.withdraw(session, verification_id)
    return desk.done(processors_told.url_of(processor_id), "verification-withdrawn")


@post("/processors/{processor_id:uuid}/sub-processors", sync_to_thread=True)
def engage(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    data: Annotated[GivenEngagement, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    try:
        engaging.engage(session, processor_id, _id(data.sub_processor), read_engagement(data))
    except Invalid as refusal:
        return _again(session, desk, processor_id, data, refusal, about="engagement")
    return desk.done(processors_told.url_of(processor_id), "sub-processor-engaged")


@post("/processors/{processor_id:uuid}/sub-processors/{sub_processor_id:uuid}/leaving", sync_to_thread=True)
def leave(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    sub_processor_id: FromPath[UUID],
) -> Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    engaging.leave(session, processor_id, sub_processor_id)
    return desk.done(processors_told.url_of(processor_id), "sub-processor-left")


@post("/processors/{processor_id:uuid}/sub-processors/{sub_processor_id:uuid}/objection", sync_to_thread=True)
def object_to(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    sub_processor_id: FromPath[UUID],
    data: Annotated[GivenReason, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.APPROVE_AGREEMENTS)
    try:
        engaging.object_to(session, processor_id, sub_processor_id, reason=data.reason)
    except Invalid as refusal:
        return _again(session, desk, processor_id, data, refusal, about="objection")
    return desk.done(processors_told.url_of(processor_id), "sub-processor-objected")


@post("/processors/objections/{objection_id:uuid}/solution", sync_to_thread=True)
def solve(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    objection_id: FromPath[UUID],
    data: Annotated[GivenSolution, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.APPROVE_AGREEMENTS)
    objection = engaging.objection(session, objection_id)
    try:
        engaging.solve(session, objection_id, solution=data.solution)
    except Invalid as refusal:
        return _again(session, desk, objection.processor_id, data, refusal, about="objection")
    return desk.done(processors_told.url_of(objection.processor_id), "objection-solved")


def _again(
    session: Session, desk: Desk, processor_id: UUID, data: Struct, refusal: Invalid, *, about: str
) -> Response[str]:
    form = refused_form(desk.language, data, refusal)
    return processor_page(session, desk, processor_id, form=form, about=about, status=422)


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise NotOneOfThese(sentence("Sub-processor"), field="sub_processor") from None

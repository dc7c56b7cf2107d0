"""Agreements of the acting company with processors: one with all its terms, drafted, changed, approved and ended."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.api import countries, form_tokens, processing_as_controller, processing_for_others
from services.api.attachments import MEDIA_TYPES, attached
from services.api.forms import Form
from services.api.office import feeds_told, processors_told
from services.api.office.desk import Desk
from services.api.office.processor_forms import (
    GivenAgreement,
    GivenCertificate,
    counted_certificate,
    counted_terms,
    read_issued_on,
    read_terms,
    refused_form,
    terms_as_form,
)
from services.api.office.processors_told import PROCESSORS, Catalogue
from services.api.office.sent_documents import LARGEST, PIECE, post_with_documents
from services.api.problems import said as said_of
from services.api.wording import said
from tenants.companies import companies, members
from tenants.companies.permissions import Permission
from tenants.errors import Invalid, SeveralInvalid
from tenants.languages.speaking import Text
from tenants.processors import agreements, cataloguing, checking, closing, describing, reading, standing
from tenants.processors.closing import Closing
from tenants.processors.model import AgreementState, AgreementVersion, AtEnd, Document, Point, Relation, TransferKind
from tenants.processors.reading import Agreed
from tenants.processors.terms import terms_of
from tenants.registers.model import FileKind, Purpose, Register

AnyRequest = Request[Any, Any, Any]

AS_CONTROLLER, FOR_OTHERS = f"{PROCESSORS}/as-controller", f"{PROCESSORS}/for-others"
CSV = MEDIA_TYPES[FileKind.CSV]
VERIFIED_AGAIN_AFTER = timedelta(days=365)


class ChoicesOfRegister(Struct, frozen=True):
    """The purposes of one register that an agreement may cover: ids and labels."""

    register: str
    purposes: list[tuple[str, str]]


class Covered(Struct, frozen=True):
    register: Text
    purposes: list[Text]


class OtherVersion(Struct, frozen=True):
    number: int
    state: AgreementState
    drafted_by: str
    approved_by: str
    row: AgreementVersion


class ShownClosing(Struct, frozen=True):
    """`engages`: the processor engages somebody, who has the data, too. `recorders`: members' names by their ids."""

    of: Closing
    overdue: bool
    recorders: Mapping[UUID, str]
    engages: bool


class Looked(Struct, frozen=True):
    looked_at: str = ""


@get("/processors/agreements/{agreement_id:uuid}", sync_to_thread=True)
def show_agreement(
    session: NamedDependency[Session], desk: NamedDependency[Desk], agreement_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.SEE_PROCESSORS)
    return _agreement_page(session, desk, agreement_id)


@get("/processors/{processor_id:uuid}/agreements/new", sync_to_thread=True)
def new_agreement(
    session: NamedDependency[Session], desk: NamedDependency[Desk], processor_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.DRAFT_AGREEMENTS)
    one, today = cataloguing.get(session, processor_id), reading.today()
    first = {
        "key": one.key,
        "valid_from": today.isoformat(),
        "verify_again_on": (today + VERIFIED_AGAIN_AFTER).isoformat(),
        "objection_stops": "yes",
        "transfer_country": _third_countries(session, processor_id),
    }
    url = processors_told.url_of(processor_id)
    return _terms_page(session, desk, Form(first), processor_id, url=f"{url}/agreements", back_url=url, new=True)


@post_with_documents("/processors/{processor_id:uuid}/agreements")
def draft_agreement(
    request: AnyRequest,
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    data: Annotated[GivenAgreement, BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[str] | Redirect:
    form_tokens.check(request, data.form_token)
    desk.require(Permission.DRAFT_AGREEMENTS)
    cataloguing.get(session, processor_id)
    given, faults = counted_terms(data)
    try:
        made = agreements.draft(session, processor_id, given.key, read_terms(session, given, faults))
    except Invalid as refusal:
        form, url = refused_form(desk.language, given, refusal), processors_told.url_of(processor_id)
        back = f"{url}/agreements"
        return _terms_page(session, desk, form, processor_id, url=back, back_url=url, new=True, status=422)
    return desk.done(processors_told.agreement_url(made.agreement_id), "agreement-drafted")


@get("/processors/agreements/{agreement_id:uuid}/terms", sync_to_thread=True)
def ask_terms(
    session: NamedDependency[Session], desk: NamedDependency[Desk], agreement_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.DRAFT_AGREEMENTS)
    found = reading.agreement(session, agreement_id)
    given = terms_as_form(found.agreement.key, terms_of(found.newest), reading.looked_at(found.newest))
    form = Form(given | {"transfer_country": _countries_to_give(session, found)})
    url = processors_told.agreement_url(agreement_id)
    return _terms_page(session, desk, form, found.agreement.processor_id, url=f"{url}/terms", back_url=url)


@post_with_documents("/processors/agreements/{agreement_id:uuid}/terms")
def change_terms(
    request: AnyRequest,
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    agreement_id: FromPath[UUID],
    data: Annotated[GivenAgreement, BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[str] | Redirect:
    form_tokens.check(request, data.form_token)
    desk.require(Permission.DRAFT_AGREEMENTS)
    found, url = reading.agreement(session, agreement_id), processors_told.agreement_url(agreement_id)
    given, faults = counted_terms(data)
    try:
        agreements.change(session, agreement_id, read_terms(session, given, faults), seen=given.looked_at or None)
    except Invalid as refusal:
        form = refused_form(desk.language, given, refusal)
        processor_id = found.agreement.processor_id
        return _terms_page(session, desk, form, processor_id, url=f"{url}/terms", back_url=url, status=422)
    return desk.done(url, "agreement-drafted")


@post("/processors/agreements/{agreement_id:uuid}/approval", sync_to_thread=True)
def approve(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    agreement_id: FromPath[UUID],
    data: Annotated[Looked, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.APPROVE_AGREEMENTS)
    try:
        agreements.approve(session, agreement_id, seen=data.looked_at or None)
    except SeveralInvalid:
        # The page tells all that is missing.
        return _agreement_page(session, desk, agreement_id, status=422)
    return desk.done(processors_told.agreement_url(agreement_id), "agreement-approved")


@post("/processors/agreements/{agreement_id:uuid}/ending", sync_to_thread=True)
def end(session: NamedDependency[Session], desk: NamedDependency[Desk], agreement_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.APPROVE_AGREEMENTS)
    agreements.end(session, agreement_id)
    return desk.done(processors_told.agreement_url(agreement_id), "agreement-ended")


@post_with_documents("/processors/agreements/{agreement_id:uuid}/certificate")
def certify(
    request: AnyRequest,
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    agreement_id: FromPath[UUID],
    data: Annotated[GivenCertificate, BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[str] | Redirect:
    """That the data was deleted or returned."""
    form_tokens.check(request, data.form_token)
    desk.require(Permission.APPROVE_AGREEMENTS)
    given, faults = counted_certificate(data)
    try:
        closing.certify(
            session,
            agreement_id,
            issued_on=read_issued_on(given, faults),
            document=Document(given.document, given.sha256),
            sub_processors=bool(given.sub_processors),
            reason=given.reason,
        )
    except Invalid as refusal:
        form = refused_form(desk.language, given, refusal)
        return _agreement_page(session, desk, agreement_id, form=form, status=422)
    return desk.done(processors_told.agreement_url(agreement_id), "agreement-closed")


@get("/processors/as-controller", sync_to_thread=True)
def list_as_controller(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    """What the acting company, or each of the group, processes as a controller: Art. 30(1)."""
    desk.require(Permission.SEE_PROCESSORS)
    return desk.page(
        "office/processors/as_controller.html",
        records=processing_as_controller.records(session),
        today=reading.today(),
        file_url=f"{AS_CONTROLLER}.csv",
        records_url=AS_CONTROLLER,
        others_url=FOR_OTHERS,
        list_url=PROCESSORS,
    )


@get("/processors/as-controller.csv", sync_to_thread=True)
def take_as_controller_along(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[Any]:
    """In the reader's language."""
    desk.require(Permission.SEE_PROCESSORS)
    found = processing_as_controller.records(session)
    return attached(processing_as_controller.csv_file(desk.language, found), "processing-as-controller.csv", CSV)


@get("/processors/for-others", sync_to_thread=True)
def list_for_others(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    """What the acting company, or each of the group, processes for its sisters: Art. 30(2)."""
    desk.require(Permission.SEE_PROCESSORS)
    known = processors_told.catalogue(session)
    return desk.page(
        "office/processors/for_others.html",
        records=[
            (one, processors_told.tree(known, one.processor_id), processors_told.url_of(one.processor_id))
            for one in processing_for_others.records(session, known.ground)
        ],
        today=known.today,
        file_url=f"{FOR_OTHERS}.csv",
        records_url=AS_CONTROLLER,
        others_url=FOR_OTHERS,
        list_url=PROCESSORS,
    )


@get("/processors/for-others.csv", sync_to_thread=True)
def take_for_others_along(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[Any]:
    """In the reader's language."""
    desk.require(Permission.SEE_PROCESSORS)
    found = processing_for_others.records(session, standing.ground(session))
    return attached(processing_for_others.csv_file(desk.language, found), "processing-for-others.csv", CSV)


def _agreement_page(
    session: Session, desk: Desk, agreement_id: UUID, *, form: Form | None = None, status: int = 200
) -> Response[str]:
    """`form` is that of a certificate which was refused."""
    found, known = reading.agreement(session, agreement_id), processors_told.catalogue(session)
    version = found.on(known.today)
    draft = found.newest if found.newest.approved_at is None and found.agreement.ended_at is None else None
    missing = checking.missing(session, found, draft) if draft else []
    state = found.state(version, known.today)
    url = processors_told.agreement_url(agreement_id)
    return desk.page(
        "office/processors/agreement.html",
        status=status,
        form=form or Form(),
        closing=_closing(session, found, known.today),
        longest=describing.LONGEST,
        megabytes=LARGEST // PIECE,
        agreement=found.agreement,
        processor=known.ground.processors[found.agreement.processor_id],
        company=companies.names(session)[found.agreement.company_id],
        shown=processors_told.agreement(desk.language, known, found),
        version=version,
        state=state,
        draft=draft,
        looked_at=reading.looked_at(found.newest),
        missing=[said_of(desk.language, one) for one in missing],
        covered=_covered(known, version),
        unassessed=[one.country for one in version.transfers if standing.lacks_assessment(one, known.today)],
        checklist=_checklist(version),
        versions=_versions(session, found, known),
        feeds=feeds_told.listed(session, agreement_id, found.agreement.processor_id),
        new_feed_url=f"{url}/feeds/new"
        if found.agreement.ended_at is None and desk.here.may(Permission.DRAFT_FEEDS)
        else None,
        may_draft=found.agreement.ended_at is None and desk.here.may(Permission.DRAFT_AGREEMENTS),
        may_approve=desk.here.may(Permission.APPROVE_AGREEMENTS),
        url=url,
        processor_url=processors_told.url_of(found.agreement.processor_id),
        list_url=PROCESSORS,
    )


def _closing(session: Session, found: Agreed, today: date) -> ShownClosing | None:
    one = closing.of_agreement(session, found, today=today)
    if one is None:
        return None
    known = [one.certificate, *one.former] if one.certificate else []
    return ShownClosing(
        one,
        overdue=one.certificate is None and one.due_on < today,
        recorders=members.names(session, {row.recorded_by for row in known if row.recorded_by}),
        engages=closing.engages(session, found.agreement.processor_id),
    )


def _terms_page(
    session: Session,
    desk: Desk,
    form: Form,
    processor_id: UUID,
    *,
    url: str,
    back_url: str,
    new: bool = False,
    status: int = 200,
) -> Response[str]:
    processor, company_id = cataloguing.get(session, processor_id), desk.here.acting.company_id
    one_to_add = 1
    rows = len(_list(form, "transfer_country")) + one_to_add
    return desk.page(
        "office/processors/terms.html",
        status=status,
        form=form,
        processor=processor,
        new=new,
        purposes=_choices(session, company_id, desk),
        relations=[(one.value, said(desk.language, one)) for one in Relation],
        points=[(one, _at(_list(form, "where"), number)) for number, one in enumerate(Point)],
        ends=[(one.value, said(desk.language, one)) for one in AtEnd],
        transfers=[
            tuple(_at(_list(form, f"transfer_{name}"), number) for name in ("country", "kind", "document", "sha256"))
            for number in range(rows)
        ],
        kinds=[(one.value, said(desk.language, one)) for one in TransferKind],
        countries=countries.options(desk.language),
        longest=describing.LONGEST,
        megabytes=LARGEST // PIECE,
        action_url=url,
        back_url=back_url,
        processor_url=processors_told.url_of(processor_id),
        list_url=PROCESSORS,
    )


def _choices(session: Session, company_id: UUID | None, desk: Desk) -> list[ChoicesOfRegister]:
    rows = session.execute(
        select(Register, Purpose)
        .join(Purpose, Register.register_id == Purpose.register_id)
        .where(Purpose.company_id == company_id, Purpose.retired_at.is_(None), Register.retired_at.is_(None))
        .order_by(Register.position, Register.key, Purpose.position, Purpose.key)
    )
    return [
        ChoicesOfRegister(
            register.name.in_(desk.language),
            [(str(one.purpose_id), one.label.in_(desk.language)) for _, one in served],
        )
        for register, served in groupby(rows, key=lambda row: row[0])
    ]


def _covered(known: Catalogue, version: AgreementVersion) -> list[Covered]:
    registers, purposes = known.ground.registers, known.ground.purposes
    chosen = [purposes[one] for one in version.purposes]
    return [
        Covered(registers[one].name, [each.label for each in chosen if each.register_id == one])
        for one in version.registers
    ]


def _checklist(version: AgreementVersion) -> list[tuple[Point, str]]:
    where = {one.point: (one.where or "").strip() for one in version.checklist if one.met}
    return [(point, where.get(point, "")) for point in Point] if version.relation is Relation.PROCESSOR else []


def _versions(session: Session, found: Agreed, known: Catalogue) -> list[OtherVersion]:
    by = {each for one in found.versions for each in (one.drafted_by, one.approved_by) if each}
    who = members.names(session, by)
    return [
        OtherVersion(
            number=one.version,
            state=found.state(one, known.today),
            drafted_by=who.get(one.drafted_by, "") if one.drafted_by else "",
            approved_by=who.get(one.approved_by, "") if one.approved_by else "",
            row=one,
        )
        for one in found.versions
    ]


def _third_countries(session: Session, processor_id: UUID) -> list[str]:
    known = processors_told.catalogue(session)
    return standing.third_countries(known.ground, known.ground.processors[processor_id], known.today)


def _countries_to_give(session: Session, found: Agreed) -> list[str]:
    """Those with a basis, and then those that still have none."""
    based = [one.country for one in found.newest.transfers]
    return based + [one for one in _third_countries(session, found.agreement.processor_id) if one not in based]


def _list(form: Form, name: str) -> Sequence[str]:
    given = form.values.get(name, ())
    return [given] if isinstance(given, str) else given


def _at(given: Sequence[str], number: int) -> str:
    return given[number] if number < len(given) else ""

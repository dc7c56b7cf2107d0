"""The group's processors and other recipients: all of them, one with what is agreed and engaged, and their facts."""

from collections.abc import Sequence
from datetime import datetime
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

from services.api import countries
from services.api.forms import Form, refused
from services.api.office import backlog_told, feeds_told, flows_told, processors_told
from services.api.office.desk import Desk
from services.api.office.feeds_told import ListedFeed
from services.api.office.flow_stops_told import STOPS
from services.api.office.flows_told import AskedFlow, Flow
from services.api.office.notifications import NOTIFICATIONS
from services.api.office.processor_forms import GivenFacts, facts_as_form, read_facts
from services.api.office.processors_told import PROCESSORS, PROPOSALS, Catalogue
from services.api.office.sent_documents import LARGEST, PIECE
from services.api.pictures.flow import PERIODS
from services.api.wording import said
from tenants.companies import companies, members
from tenants.companies.model import Role
from tenants.companies.permissions import Permission
from tenants.contacts import keys, wishes
from tenants.errors import Invalid
from tenants.languages.speaking import Language
from tenants.notifying import reading as notifying
from tenants.processors import cataloguing, describing, proposals, reading, relying, verifying
from tenants.processors.model import Processor, ProcessorVerification
from tenants.processors.standing import AgreementsStand
from tenants.registers.model import RecipientKind, Register

# Of the forms of the page.
LIMITS: dict[str, object] = {"longest": describing.LONGEST, "megabytes": LARGEST // PIECE}


class Evidence(Struct, frozen=True):
    """`own`: written down by whoever looks at it, who may withdraw it."""

    row: ProcessorVerification
    company: str
    by: str
    holds: bool
    own: bool


class ShownWaiting(Struct, frozen=True):
    """How much it was told and has not confirmed, since when the first; `url` leads to it."""

    count: int
    since: datetime | None
    url: str


@get("/processors", sync_to_thread=True)
def list_processors(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    *,
    kind: FromQuery[str] = "",
    standing: FromQuery[str] = "",
    country: FromQuery[str] = "",
) -> Response[str]:
    desk.require(Permission.SEE_PROCESSORS)
    known = processors_told.catalogue(session)
    every = [processors_told.listed(known, one) for one in known.ground.processors.values()]
    shown = [
        one
        for one in every
        if kind in ("", one.kind)
        and standing in ("", one.standing)
        and (not country or country in {place.code for place in one.places})
    ]
    codes = sorted({place.code for one in every for place in one.places})
    may_add = desk.here.may(Permission.MANAGE_PROCESSORS)
    return desk.page(
        "office/processors/list.html",
        processors=shown,
        every=len(every),
        stopped=sum(one.standing is AgreementsStand.STOPPED for one in every),
        form=Form({"kind": kind, "standing": standing, "country": country}),
        kinds=[(one.value, said(desk.language, one)) for one in RecipientKind if one in {each.kind for each in every}],
        standings=[(one.value, said(desk.language, one)) for one in AgreementsStand],
        countries=[(code, countries.country(desk.language, code)) for code in codes],
        acts_for_company=desk.here.acting.company_id is not None,
        list_url=PROCESSORS,
        new_url=f"{PROCESSORS}/new" if may_add else None,
        records_url=f"{PROCESSORS}/as-controller",
        map_url=f"{PROCESSORS}/map",
        proposals_url=PROPOSALS,
        proposed=session.scalar(proposals.counted(session)),
        to_decide=session.scalar(proposals.counted_waiting(session)) if may_add else 0,
        stops_url=STOPS if desk.here.acting.company_id and desk.here.may(Permission.STOP_FLOWS) else None,
        **backlog_told.waiting(session, desk),
    )


@get("/processors/{processor_id:uuid}", sync_to_thread=True)
def show_processor(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    *,
    days: FromQuery[int] = PERIODS[0],
    feed: FromQuery[UUID | None] = None,
) -> Response[str]:
    desk.require(Permission.SEE_PROCESSORS)
    return processor_page(session, desk, processor_id, flow=AskedFlow(days, feed))


def processor_page(
    session: Session,
    desk: Desk,
    processor_id: UUID,
    *,
    form: Form | None = None,
    about: str = "",
    flow: AskedFlow | None = None,
    status: int = 200,
) -> Response[str]:
    """`about` says which of the page's forms the given one is."""
    one, own = cataloguing.get(session, processor_id), desk.here.acting.company_id
    known, may = processors_told.catalogue(session), desk.here.may(Permission.MANAGE_PROCESSORS)
    return desk.page(
        "office/processors/processor.html",
        status=status,
        one=one,
        shown=processors_told.listed(known, one),
        agreements=processors_told.agreements(desk.language, known, processor_id),
        feeds=_feeds(session, known, processor_id),
        flow=_flow(session, desk, known, processor_id, flow or AskedFlow()) if own else None,
        tree=processors_told.tree(known, processor_id),
        above=processors_told.upward(known, processor_id),
        places=processors_told.places({one.country, *one.countries}, known.today),
        evidence=_evidence(session, desk, processor_id),
        waiting=_waiting(session, desk, processor_id),
        recipients=[words for key, words in recipients(session, desk.language) if key in one.recipients],
        company=companies.names(session).get(one.company_id, "") if one.company_id else "",
        **_of_company(session, desk, processor_id),
        may_retire=may and own is None,
        **_who_changes(session, processor_id, may=may),
        may_object=own is not None and desk.here.may(Permission.APPROVE_AGREEMENTS),
        agree_url=_agree_url(desk, one),
        others=_others(known, processor_id),
        form=form or Form(),
        about=about,
        **LIMITS,
        url=processors_told.url_of(processor_id),
        list_url=PROCESSORS,
    )


def _who_changes(session: Session, processor_id: UUID, *, may: bool) -> dict[str, object]:
    """Whether it is whoever looks at it who may change what is known of it, and who else may where it is not."""
    free = processor_id not in relying.of_others(session)
    return {
        "may_manage": may,
        "may_change": may and free,
        "may_propose": may and proposals.may_propose(session, processor_id),
        "proposed": proposals.listed(session, processor_id=processor_id),
        "who_may": members.names_with(session, Role.GROUP_ADMIN) if may and not free else [],
    }


def _of_company(session: Session, desk: Desk, processor_id: UUID) -> dict[str, object]:
    """What is between the acting company and it."""
    own = desk.here.acting.company_id is not None
    return {
        "acts_for_company": own,
        "brought": _brought(session, processor_id) if own else 0,
        "stop_url": f"{STOPS}?what=processor.{processor_id}" if own and desk.here.may(Permission.STOP_FLOWS) else None,
    }


def _brought(session: Session, processor_id: UUID) -> int:
    """What its people have brought, asked for or reported, and nobody of the company has answered."""
    waiting = [one.processor_id for one in keys.waiting(session)] + [
        one.processor_id for one in wishes.waiting(session)
    ]
    return waiting.count(processor_id) + len(keys.lost(session, processor_id, unseen=True))


def _waiting(session: Session, desk: Desk, processor_id: UUID) -> ShownWaiting | None:
    """For whoever tells recipients."""
    if desk.here.acting.company_id is None or not desk.here.may(Permission.TELL_RECIPIENTS):
        return None
    found = notifying.waiting_of(session, processor_id)
    return ShownWaiting(found.count, found.since, f"{NOTIFICATIONS}?recipient={processor_id}")


def _feeds(session: Session, known: Catalogue, processor_id: UUID) -> dict[str, list[ListedFeed]]:
    """By the page of their agreement."""
    ids = [one.agreement.agreement_id for one in known.of(processor_id)]
    return {processors_told.agreement_url(one): feeds_told.listed(session, one, processor_id) for one in ids}


def _agree_url(desk: Desk, one: Processor) -> str | None:
    drafts = desk.here.acting.company_id and desk.here.may(Permission.DRAFT_AGREEMENTS)
    return f"{processors_told.url_of(one.processor_id)}/agreements/new" if drafts and one.retired_at is None else None


def _others(known: Catalogue, processor_id: UUID) -> list[tuple[str, str]]:
    """Whom it could engage."""
    return [
        (str(one.processor_id), one.name)
        for one in known.ground.processors.values()
        if one.processor_id != processor_id and one.retired_at is None
    ]


def _flow(session: Session, desk: Desk, known: Catalogue, processor_id: UUID, asked: AskedFlow) -> Flow | None:
    """None where the company has agreed on nothing with it."""
    ids = [one.agreement.agreement_id for one in known.of(processor_id)]
    if not ids:
        return None
    return flows_told.flow_of(
        session, processor_id, ids, asked=asked, confirmations=desk.here.may(Permission.TELL_RECIPIENTS)
    )


@get("/processors/new", sync_to_thread=True)
def new_processor(session: NamedDependency[Session], desk: NamedDependency[Desk]) -> Response[str]:
    desk.require(Permission.MANAGE_PROCESSORS)
    return facts_page(session, desk, Form({"country": "FI"}), url=PROCESSORS, back_url=PROCESSORS, title="")


@post("/processors", sync_to_thread=True)
def add_processor(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    data: Annotated[GivenFacts, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    try:
        made = cataloguing.add(session, read_facts(session, data))
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return facts_page(session, desk, form, url=PROCESSORS, back_url=PROCESSORS, title="", status=422)
    return desk.done(processors_told.url_of(made.processor_id), "processor-added")


@get("/processors/{processor_id:uuid}/facts", sync_to_thread=True)
def ask_facts(
    session: NamedDependency[Session], desk: NamedDependency[Desk], processor_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.MANAGE_PROCESSORS)
    one = cataloguing.get(session, processor_id)
    relying.require_free(session, processor_id)
    form = Form(facts_as_form(session, one))
    url = processors_told.url_of(processor_id)
    return facts_page(session, desk, form, url=f"{url}/facts", back_url=url, title=one.name)


@post("/processors/{processor_id:uuid}/facts", sync_to_thread=True)
def change_facts(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    data: Annotated[GivenFacts, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    one, url = cataloguing.get(session, processor_id), processors_told.url_of(processor_id)
    name = one.name
    try:
        said_now = read_facts(session, data)
        cataloguing.change(session, processor_id, said_now, seen=data.looked_at or None)
    except Invalid as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        return facts_page(session, desk, form, url=f"{url}/facts", back_url=url, title=name, status=422)
    return desk.done(url, "processor-changed")


@post("/processors/{processor_id:uuid}/retirement", sync_to_thread=True)
def retire(session: NamedDependency[Session], desk: NamedDependency[Desk], processor_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    cataloguing.retire(session, processor_id)
    return desk.done(processors_told.url_of(processor_id), "processor-retired")


@post("/processors/{processor_id:uuid}/return", sync_to_thread=True)
def take_back(session: NamedDependency[Session], desk: NamedDependency[Desk], processor_id: FromPath[UUID]) -> Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    cataloguing.take_back(session, processor_id)
    return desk.done(processors_told.url_of(processor_id), "processor-returned")


def recipients(session: Session, language: Language) -> list[tuple[str, str]]:
    """Those that the notices in force name, by key, each in the words of one of the registers."""
    rows: Sequence[Register] = session.scalars(
        select(Register).where(Register.retired_at.is_(None)).order_by(Register.position)
    ).all()
    found: dict[str, str] = {}
    for one in (each for row in rows for each in row.recipients if each.key):
        found.setdefault(one.key or "", one.name or one.category.in_(language))
    return list(found.items())


def facts_page(
    session: Session,
    desk: Desk,
    form: Form,
    *,
    url: str,
    back_url: str,
    title: str,
    proposing: bool = False,
    status: int = 200,
) -> Response[str]:
    return desk.page(
        "office/processors/facts.html",
        status=status,
        form=form,
        title=title,
        proposing=proposing,
        kinds=[(one.value, said(desk.language, one)) for one in RecipientKind],
        countries=countries.options(desk.language),
        companies=[(one.key, one.name) for one in companies.listed(session)],
        recipients=recipients(session, desk.language),
        longest=describing.LONGEST,
        action_url=url,
        back_url=back_url,
        list_url=PROCESSORS,
    )


def _evidence(session: Session, desk: Desk, processor_id: UUID) -> list[Evidence]:
    rows, today = verifying.of_processor(session, processor_id), reading.today()
    own, may = desk.here.acting.company_id, desk.here.may(Permission.MANAGE_PROCESSORS)
    company_names = companies.names(session)
    who = members.names(session, {one.recorded_by for one in rows if one.recorded_by})
    return [
        Evidence(
            row=one,
            company=company_names.get(one.company_id, "") if one.company_id else "",
            by=who.get(one.recorded_by, "") if one.recorded_by else "",
            holds=one.withdrawn_at is None and one.verified_on <= today <= one.valid_until,
            own=may and one.company_id == own and one.withdrawn_at is None,
        )
        for one in rows
    ]

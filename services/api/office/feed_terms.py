"""A feed is drafted, and its scope is changed: on one page, with everything that is wrong at its place."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.orm import Session

from services.api import wording
from services.api.conditions import Clause
from services.api.forms import Form, refused
from services.api.office import condition_form, feed_form, feeds_told, processors_told
from services.api.office.desk import Desk
from services.api.office.feed_form import GivenScope
from services.api.office.processors_told import PROCESSORS
from tenants.companies.permissions import Permission
from tenants.errors import Invalid
from tenants.feeds import reading, scopes
from tenants.feeds.reading import Given
from tenants.feeds.refusals import NotThisFeedStep
from tenants.feeds.terms import terms_of
from tenants.languages.speaking import Language
from tenants.processors import cataloguing
from tenants.processors import reading as agreements
from tenants.processors.reading import Agreed
from tenants.registers.model import LegalBasis
from tenants.sharing import naming
from tenants.sharing.checking import LONGEST
from tenants.sharing.naming import Names


@get("/processors/agreements/{agreement_id:uuid}/feeds/new", sync_to_thread=True)
def new_feed(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    agreement_id: FromPath[UUID],
    *,
    register: FromQuery[UUID | None] = None,
) -> Response[str]:
    """The register first: what can be said of it follows from it."""
    desk.require(Permission.DRAFT_FEEDS)
    agreed = agreements.agreement(session, agreement_id)
    names = naming.names(session, [agreed.agreement.company_id])
    if register is None or register not in names.registers:
        return _register_page(session, desk, agreed, names)
    return _page(session, desk, agreed, register, form=Form({"valid_from": agreements.today().isoformat()}))


@post("/processors/agreements/{agreement_id:uuid}/feeds", sync_to_thread=True)
def draft_feed(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    agreement_id: FromPath[UUID],
    data: Annotated[GivenScope, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.DRAFT_FEEDS)
    agreed = agreements.agreement(session, agreement_id)
    names = naming.names(session, [agreed.agreement.company_id])
    if data.register not in names.registers:
        return _register_page(session, desk, agreed, names)
    if data.more:
        return _page(session, desk, agreed, data.register, form=Form(feed_form.shown_again(data)), more=True)
    try:
        terms = feed_form.read(data, names, company_id=agreed.agreement.company_id)
        made = scopes.draft(session, agreement_id, data.key, data.name, terms)
    except Invalid as refusal:
        form = refused(desk.language, feed_form.shown_again(data), feed_form.at_their_fields(refusal))
        return _page(session, desk, agreed, data.register, form=form, status=422)
    return desk.done(feeds_told.url_of(made.feed_id), "feed-drafted")


@get("/processors/feeds/{feed_id:uuid}/terms", sync_to_thread=True)
def ask_scope(session: NamedDependency[Session], desk: NamedDependency[Desk], feed_id: FromPath[UUID]) -> Response[str]:
    desk.require(Permission.DRAFT_FEEDS)
    found = reading.feed(session, feed_id)
    form = Form(feed_form.as_form(terms_of(found.newest), reading.looked_at(found.newest)))
    return _changing_page(session, desk, found, form)


@post("/processors/feeds/{feed_id:uuid}/terms", sync_to_thread=True)
def change_scope(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    feed_id: FromPath[UUID],
    data: Annotated[GivenScope, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.DRAFT_FEEDS)
    found = reading.feed(session, feed_id)
    if data.register != found.newest.register_id:
        raise NotThisFeedStep
    if data.more:
        return _changing_page(session, desk, found, Form(feed_form.shown_again(data)), more=True)
    names = naming.names(session, [found.feed.company_id])
    try:
        terms = feed_form.read(data, names, company_id=found.feed.company_id, kept=found.newest.condition)
        scopes.change(session, feed_id, terms, seen=data.looked_at or None)
    except Invalid as refusal:
        form = refused(desk.language, feed_form.shown_again(data), feed_form.at_their_fields(refusal))
        return _changing_page(session, desk, found, form, status=422)
    return desk.done(feeds_told.url_of(feed_id), "feed-drafted")


def _changing_page(
    session: Session, desk: Desk, found: Given, form: Form, *, more: bool = False, status: int = 200
) -> Response[str]:
    agreed, scope = agreements.agreement(session, found.feed.agreement_id), found.newest
    return _page(session, desk, agreed, scope.register_id, form=form, of=found, more=more, status=status)


def _register_page(session: Session, desk: Desk, agreed: Agreed, names: Names) -> Response[str]:
    """Those that the agreement covers come first; what it does not cover may be drafted, and says so."""
    covered = agreed.on(agreements.today()).registers
    own = sorted(names.registers_of(agreed.agreement.company_id), key=lambda one: one.register_id not in covered)
    return desk.page(
        "office/processors/feed_register.html",
        form=Form(),
        registers=[(str(one.register_id), one.name.in_(desk.language)) for one in own],
        processor=cataloguing.get(session, agreed.agreement.processor_id),
        agreement=agreed.agreement,
        action_url=f"{processors_told.agreement_url(agreed.agreement.agreement_id)}/feeds/new",
        agreement_url=processors_told.agreement_url(agreed.agreement.agreement_id),
        processor_url=processors_told.url_of(agreed.agreement.processor_id),
        list_url=PROCESSORS,
    )


def _page(
    session: Session,
    desk: Desk,
    agreed: Agreed,
    register_id: UUID,
    *,
    form: Form,
    of: Given | None = None,
    more: bool = False,
    status: int = 200,
) -> Response[str]:
    company_id, language = agreed.agreement.company_id, desk.language
    names = naming.names(session, [company_id])
    parts = condition_form.count_of(form.values, more)
    agreement_url = processors_told.agreement_url(agreed.agreement.agreement_id)
    return desk.page(
        "office/processors/feed_terms.html",
        status=status,
        form=form,
        feed=of.feed if of else None,
        processor=cataloguing.get(session, agreed.agreement.processor_id),
        agreement=agreed.agreement,
        register=names.registers[register_id].name,
        register_id=register_id,
        purposes=_purposes(language, names, register_id),
        fields=condition_form.fields(language, names, register_id, sealed=False),
        sealed=condition_form.fields(language, names, register_id, sealed=True),
        asked=condition_form.asked(language, names, register_id),
        parts=range(parts),
        room_for_more=parts < condition_form.MOST_PARTS,
        kept=_kept(language, of, names),
        registers=[(str(one.register_id), one.name.in_(language)) for one in names.registers_of(company_id)],
        bases=[(one.value, wording.said(language, one)) for one in LegalBasis],
        longest={"balancing": LONGEST["balancing"], "name": scopes.LONGEST_NAME},
        action_url=f"{feeds_told.url_of(of.feed.feed_id)}/terms" if of else f"{agreement_url}/feeds",
        back_url=feeds_told.url_of(of.feed.feed_id) if of else agreement_url,
        agreement_url=agreement_url,
        processor_url=processors_told.url_of(agreed.agreement.processor_id),
        list_url=PROCESSORS,
    )


def _purposes(language: Language, names: Names, register_id: UUID) -> list[tuple[str, str]]:
    return [
        (str(one.purpose_id), f"{one.label.in_(language)} ({wording.said(language, one.kind)})")
        for one in names.purposes_of(register_id)
    ]


def _kept(language: Language, of: Given | None, names: Names) -> Clause | None:
    if of is None:
        return None
    scope = of.newest
    return condition_form.kept(
        language, scope.condition, names, company_id=scope.company_id, register_id=scope.register_id
    )

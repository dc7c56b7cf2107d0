"""The people of a processor who may sign in to the console, and what they have brought or asked for."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct, to_builtins
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.api.console import counter
from services.api.forms import Form, Problem, refused
from services.api.office.desk import Desk
from services.api.office.feeds_told import FEEDS
from services.api.office.not_chosen import NotOneOfThese
from services.api.office.processors_told import PROCESSORS, url_of
from services.api.wording import said, tongue
from tenants.clients import registering
from tenants.companies.permissions import Permission
from tenants.contacts import keys, people, wishes
from tenants.contacts.model import Duty, ScopeWish
from tenants.contacts.people import Known
from tenants.contacts.refusals import CompanyOfTheContact
from tenants.errors import Conflict, Invalid
from tenants.feeds import reading
from tenants.groups.model import Group
from tenants.languages.speaking import Language, Text, sentence
from tenants.processors import cataloguing


class Invitation(Struct, frozen=True):
    email: str = ""
    duty: str = Duty.SYSTEMS
    language: str = Language.FI


class Refused(Struct, frozen=True):
    """Why what was brought or asked for is declined."""

    reason: str = ""


class ShownWish(Struct, frozen=True):
    row: ScopeWish
    feed: Text
    added: list[str]
    removed: list[str]


@get("/processors/{processor_id:uuid}/contacts", sync_to_thread=True)
def list_contacts(
    session: NamedDependency[Session], desk: NamedDependency[Desk], processor_id: FromPath[UUID]
) -> Response[str]:
    desk.require(Permission.SEE_PROCESSORS)
    return _page(session, desk, processor_id)


@post("/processors/{processor_id:uuid}/contacts", sync_to_thread=True)
def invite(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    data: Annotated[Invitation, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    language = next((one for one in Language if one == data.language), Language.FI)
    try:
        people.invite(session, processor_id, email=data.email, duty=_duty(data.duty), language=language)
    except (Invalid, Conflict) as refusal:
        form = refused(desk.language, to_builtins(data), refusal)
        problems = tuple(Problem(one.field or "email", one.sentence) for one in form.problems)
        return _page(session, desk, processor_id, form=Form(form.values, problems), about="new", status=422)
    return desk.done(_url(processor_id), "contact-invited")


def _duty(given: str) -> Duty:
    """Raises NotOneOfThese."""
    if given not in set(Duty):
        raise NotOneOfThese(sentence("Duty"), field="duty")
    return Duty(given)


def _step(path: str, step: Callable[[Session, UUID], None], done: str) -> HTTPRouteHandler:
    @post(f"/processors/contacts/{{contact_id:uuid}}/{path}", sync_to_thread=True)
    def take(session: NamedDependency[Session], desk: NamedDependency[Desk], contact_id: FromPath[UUID]) -> Redirect:
        desk.require(Permission.MANAGE_PROCESSORS)
        step(session, contact_id)
        return desk.done(_url(people.get(session, contact_id).processor_id), done)

    return take


@post("/processors/{processor_id:uuid}/offered-keys/{offer_id:uuid}/release", sync_to_thread=True)
def release_key(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    offer_id: FromPath[UUID],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    try:
        keys.release(session, offer_id)
    except (Invalid, Conflict) as refusal:
        return _refused(session, desk, processor_id, offer_id, refusal)
    return desk.done(_url(processor_id), "key-released")


@post("/processors/{processor_id:uuid}/offered-keys/{offer_id:uuid}/refusal", sync_to_thread=True)
def decline_key(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    offer_id: FromPath[UUID],
    data: Annotated[Refused, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    try:
        keys.decline(session, offer_id, reason=data.reason)
    except Invalid as refusal:
        return _refused(session, desk, processor_id, offer_id, refusal)
    return desk.done(_url(processor_id), "key-declined")


@post("/processors/{processor_id:uuid}/lost-keys/{lost_id:uuid}/look", sync_to_thread=True)
def see_loss(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    lost_id: FromPath[UUID],
) -> Redirect:
    desk.require(Permission.MANAGE_PROCESSORS)
    keys.see(session, lost_id)
    return desk.done(_url(processor_id), "loss-seen")


@post("/processors/{processor_id:uuid}/wishes/{wish_id:uuid}/granting", sync_to_thread=True)
def grant_wish(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    wish_id: FromPath[UUID],
) -> Response[str] | Redirect:
    """A draft comes of it, that is approved as any draft is; what could never be is refused already here."""
    desk.require(Permission.DRAFT_FEEDS)
    try:
        wishes.grant(session, wish_id)
    except (Invalid, Conflict) as refusal:
        return _refused(session, desk, processor_id, wish_id, refusal)
    return desk.done(_url(processor_id), "wish-granted")


@post("/processors/{processor_id:uuid}/wishes/{wish_id:uuid}/refusal", sync_to_thread=True)
def decline_wish(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    processor_id: FromPath[UUID],
    wish_id: FromPath[UUID],
    data: Annotated[Refused, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.DRAFT_FEEDS)
    try:
        wishes.decline(session, wish_id, reason=data.reason)
    except Invalid as refusal:
        return _refused(session, desk, processor_id, wish_id, refusal)
    return desk.done(_url(processor_id), "wish-declined")


HANDLERS = (
    list_contacts,
    invite,
    _step("invitation", people.invite_again, "contact-invited"),
    _step("ending", people.end, "contact-ended"),
    release_key,
    decline_key,
    see_loss,
    grant_wish,
    decline_wish,
)


def _url(processor_id: UUID) -> str:
    return f"{url_of(processor_id)}/contacts"


def _refused(
    session: Session, desk: Desk, processor_id: UUID, about: UUID, refusal: Invalid | Conflict
) -> Response[str]:
    form = refused(desk.language, {}, refusal)
    problems = tuple(Problem(None, one.sentence) for one in form.problems)
    return _page(session, desk, processor_id, form=Form({}, problems), about=str(about), status=422)


def _page(
    session: Session, desk: Desk, processor_id: UUID, *, form: Form | None = None, about: str = "", status: int = 200
) -> Response[str]:
    """`about` says which of the page's forms the given one is."""
    if desk.here.acting.company_id is None:
        raise CompanyOfTheContact
    processor = cataloguing.get(session, processor_id)
    may, known = desk.here.may(Permission.MANAGE_PROCESSORS), people.listed(session, processor_id)
    slug = session.scalars(select(Group.slug)).one()
    return desk.page(
        "office/processors/contacts.html",
        status=status,
        processor=processor,
        contacts=known if may else [],
        hidden=0 if may else len(known),
        offers=keys.offers(session, processor_id),
        lost=keys.lost(session, processor_id),
        wishes=[_shown(session, desk.language, one) for one in wishes.listed(session, processor_id=processor_id)],
        clients={one.client_id: one.name for one in registering.listed(session, processor_id)},
        who=_who(known) if may else {},
        form=form or Form(),
        about=about,
        duties=[(str(one), said(desk.language, one)) for one in Duty],
        languages=[(str(one), tongue(desk.language, one)) for one in Language],
        may_manage=may,
        may_draft=desk.here.may(Permission.DRAFT_FEEDS),
        may_invite=may and processor.retired_at is None and people.under_agreement(session, processor_id),
        longest={"email": people.LONGEST_ADDRESS, "reason": keys.LONGEST_REASON},
        console_url=counter.url(slug),
        url=_url(processor_id),
        of_contact=f"{PROCESSORS}/contacts",
        processor_url=url_of(processor_id),
        list_url=PROCESSORS,
        feeds_url=FEEDS,
    )


def _who(known: list[Known]) -> dict[UUID, str]:
    return {one.row.contact_id: one.email for one in known}


def _shown(session: Session, language: Language, wish: ScopeWish) -> ShownWish:
    given = reading.feed(session, wish.feed_id)
    labels = {one.key: one.label.in_(language) for one in wishes.choices(session, given.shown.register_id)}
    now = (*given.shown.fields, *given.shown.sealed_fields)
    return ShownWish(
        row=wish,
        feed=given.feed.name,
        added=[labels.get(key, key) for key in wish.fields if key not in now],
        removed=[labels.get(key, key) for key in now if key not in wish.fields],
    )

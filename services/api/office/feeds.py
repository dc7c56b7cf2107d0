"""Feeds of the acting company to processors: one with its scope, its versions and what is missing, and its steps."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import BodyKwarg, FromPath
from litestar.response import Redirect
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api import delivery_health, feed_samples, stops_told
from services.api.office import feed_missing, feeds_told, processors_told
from services.api.office.desk import Desk
from services.api.office.feed_missing import Places
from services.api.office.feeds_told import Difference
from services.api.office.flow_stops_told import STOPS
from services.api.office.processors_told import PROCESSORS
from services.api.office.sharing_missing import Missing
from services.api.problems import said as said_of
from tenants.clients import registering
from tenants.companies import members
from tenants.companies.permissions import Permission
from tenants.contacts import wishes
from tenants.deliveries import targets
from tenants.errors import Invalid, Refusal, SeveralInvalid, TooLong
from tenants.feeds import checking, counting, noticing, reading, scopes
from tenants.feeds.model import FeedScope, ScopeState
from tenants.feeds.reading import Given
from tenants.feeds.refusals import OwnScopeDraft
from tenants.notifying import reading as notifications
from tenants.processors import reading as agreements
from tenants.processors import standing, stopping
from tenants.sharing import naming
from tenants.sharing.naming import Names


class Looked(Struct, frozen=True):
    """`at_once`: why what its readers would miss does not wait."""

    looked_at: str = ""
    at_once: str = ""


class Notice(Struct, frozen=True):
    """`takes_effect_at` of what was announced; `gone` are keys of fields."""

    gone: list[str]
    days: int
    takes_effect_at: datetime | None
    is_due: bool
    longest_reason: int = scopes.LONGEST_REASON


class ShownVersion(Struct, frozen=True):
    """`differs` from the version before it."""

    row: FeedScope
    state: ScopeState
    drafted_by: str
    approved_by: str
    differs: list[Difference]


@get("/processors/feeds/{feed_id:uuid}", sync_to_thread=True)
def show_feed(session: NamedDependency[Session], desk: NamedDependency[Desk], feed_id: FromPath[UUID]) -> Response[str]:
    desk.require(Permission.SEE_PROCESSORS)
    return _page(session, desk, feed_id)


@get("/processors/feeds/{feed_id:uuid}/trial", sync_to_thread=True)
def try_feed(session: NamedDependency[Session], desk: NamedDependency[Desk], feed_id: FromPath[UUID]) -> Response[str]:
    """The newest version: lines as it would give them, made up, and how many persons it would give."""
    desk.require(Permission.SEE_PROCESSORS)
    found = reading.feed(session, feed_id)
    names = naming.names(session, [found.feed.company_id])
    agreed = agreements.agreement(session, found.feed.agreement_id)
    known = processors_told.catalogue(session)
    return desk.page(
        "office/processors/feed_trial.html",
        feed=found.feed,
        processor=known.ground.processors[agreed.agreement.processor_id],
        scope=feeds_told.scope(desk.language, found.newest, found.state_of(found.newest), names),
        sample=feed_samples.lines(found.newest, names),
        persons=_counted(session, desk, found),
        url=feeds_told.url_of(feed_id),
        processor_url=processors_told.url_of(agreed.agreement.processor_id),
        list_url=PROCESSORS,
    )


@post("/processors/feeds/{feed_id:uuid}/approval", sync_to_thread=True)
def approve(
    session: NamedDependency[Session],
    desk: NamedDependency[Desk],
    feed_id: FromPath[UUID],
    data: Annotated[Looked, BodyKwarg(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[str] | Redirect:
    desk.require(Permission.APPROVE_FEEDS)
    try:
        approved = scopes.approve(session, feed_id, seen=data.looked_at or None, at_once=data.at_once)
    except TooLong as refusal:
        return _page(session, desk, feed_id, refusal=refusal, status=422)
    except SeveralInvalid:
        # The page tells all that is missing.
        return _page(session, desk, feed_id, status=422)
    except OwnScopeDraft as refusal:
        return _page(session, desk, feed_id, refusal=refusal, status=403)
    return desk.done(feeds_told.url_of(feed_id), "feed-approved" if approved.approved_at else "feed-announced")


def _step(path: str, step: Callable[[Session, UUID], None], done: str) -> HTTPRouteHandler:
    @post(f"/processors/feeds/{{feed_id:uuid}}/{path}", sync_to_thread=True)
    def take(
        session: NamedDependency[Session], desk: NamedDependency[Desk], feed_id: FromPath[UUID]
    ) -> Response[str] | Redirect:
        desk.require(Permission.APPROVE_FEEDS)
        try:
            step(session, feed_id)
        except Invalid:
            return _page(session, desk, feed_id, status=422)
        return desk.done(feeds_told.url_of(feed_id), done)

    return take


STEPS = (
    _step("withdrawal", scopes.withdraw, "feed-withdrawn"),
    _step("suspension", scopes.suspend, "feed-suspended"),
    _step("resumption", scopes.resume, "feed-resumed"),
    _step("ending", scopes.end, "feed-ended"),
)


def _page(
    session: Session, desk: Desk, feed_id: UUID, *, refusal: Refusal | None = None, status: int = 200
) -> Response[str]:
    found, known = reading.feed(session, feed_id), processors_told.catalogue(session)
    agreed = agreements.agreement(session, found.feed.agreement_id)
    processor = known.ground.processors[agreed.agreement.processor_id]
    names = naming.names(session, [found.feed.company_id])
    draft = found.newest if found.newest.approved_at is None and found.feed.ended_at is None else None
    stops = standing.stops(known.ground, agreed, agreed.on(known.today), known.today)
    return desk.page(
        "office/processors/feed.html",
        status=status,
        refusal=said_of(desk.language, refusal) if refusal else None,
        feed=found.feed,
        state=found.state,
        processor=processor,
        agreement=agreed.agreement,
        scope=feeds_told.scope(desk.language, found.shown, found.state, names),
        draft=draft,
        looked_at=reading.looked_at(found.newest),
        missing=_missing(session, desk, found, processor.processor_id),
        differs=_differs(desk, found, names),
        notice=_notice(desk, found, names),
        stops=stops_told.told(desk.language, stops),
        stopped=any(one.feed_id == feed_id for one in stopping.in_force(session)),
        versions=_versions(session, desk, found, names),
        **_of_recipient(session, desk, found, processor.processor_id),
        files=targets.of_feed(session, feed_id),
        may_manage=desk.here.may(Permission.MANAGE_PROCESSORS),
        name_of_scope=reading.named(session, [found.feed])[feed_id],
        may_draft=found.feed.ended_at is None and desk.here.may(Permission.DRAFT_FEEDS),
        may_approve=found.feed.ended_at is None and desk.here.may(Permission.APPROVE_FEEDS),
        may_stop=found.feed.ended_at is None and desk.here.may(Permission.STOP_FLOWS),
        url=feeds_told.url_of(feed_id),
        stops_url=f"{STOPS}?what=feed.{feed_id}",
        agreement_url=processors_told.agreement_url(agreed.agreement.agreement_id),
        processor_url=processors_told.url_of(processor.processor_id),
        list_url=PROCESSORS,
    )


def _missing(session: Session, desk: Desk, found: Given, processor_id: UUID) -> list[Missing]:
    """Of a draft, and of what is suspended: what it takes to be approved, or resumed."""
    waits = found.newest.approved_at is None
    if found.feed.ended_at is not None or not (waits or found.state is ScopeState.SUSPENDED):
        return []
    places = Places(
        terms=f"{feeds_told.url_of(found.feed.feed_id)}/terms" if desk.here.may(Permission.DRAFT_FEEDS) else "",
        agreement_id=found.feed.agreement_id,
        processor_id=processor_id,
        register_id=found.newest.register_id,
    )
    return feed_missing.told(desk.language, checking.missing(session, found.feed, found.newest), places)


def _differs(desk: Desk, found: Given, names: Names) -> list[Difference]:
    """What a next version would change of what is in force."""
    if found.next_draft is None or found.in_force is None:
        return []
    return feeds_told.differences(desk.language, found.next_draft, found.in_force, names)


def _of_recipient(session: Session, desk: Desk, found: Given, processor_id: UUID) -> dict[str, object]:
    """How the feed fares at its recipient's, and what the recipient asks for."""
    return {
        "clients": registering.listed(session, processor_id),
        "health": delivery_health.of_feed(session, found, processor_id),
        "waiting": notifications.waiting_of(session, processor_id) if desk.here.acting.purpose else None,
        "wishes": wishes.listed(session, feed_id=found.feed.feed_id),
        "labels": {one.key: one.label for one in wishes.choices(session, found.newest.register_id)},
    }


def _notice(desk: Desk, found: Given, names: Names) -> Notice | None:
    """What those who read the feed would miss by its next version."""
    draft = found.next_draft
    if draft is None or not scopes.would_be_missed(found):
        return None
    gone = noticing.between(found.shown, draft).gone
    fields = [(key, names.field(found.shown.register_id, key)) for key in gone]
    return Notice(
        gone=[field.label.in_(desk.language) if field else key for key, field in fields],
        days=noticing.days(),
        takes_effect_at=draft.takes_effect_at,
        is_due=noticing.is_due(draft),
    )


def _versions(session: Session, desk: Desk, found: Given, names: Names) -> list[ShownVersion]:
    by = {each for one in found.versions for each in (one.drafted_by, one.approved_by) if each}
    who = members.names(session, by)
    former: Sequence[FeedScope | None] = (*found.versions[1:], None)
    return [
        ShownVersion(
            row=one,
            state=found.state_of(one),
            drafted_by=who.get(one.drafted_by, "") if one.drafted_by else "",
            approved_by=who.get(one.approved_by, "") if one.approved_by else "",
            differs=feeds_told.differences(desk.language, one, before, names) if before else [],
        )
        for one, before in zip(found.versions, former, strict=True)
    ]


def _counted(session: Session, desk: Desk, found: Given) -> int | None:
    """For whoever looks at personal data now; nobody can be counted by terms that name what is not there."""
    if desk.here.acting.purpose is None or not desk.here.may(Permission.SEE_PERSONS) or found.feed.ended_at:
        return None
    try:
        return counting.persons(session, found.feed, found.newest)
    except SeveralInvalid:
        return None

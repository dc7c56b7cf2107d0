"""Feeds of the key's company to processors: what their scopes say, and their steps."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api import stops_told
from services.api.problems import FieldProblem, said
from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from services.api.stops_told import ToldStop
from tenants.companies.permissions import Permission, Standing
from tenants.feeds import checking, reading, scopes
from tenants.feeds.model import AtOnce, FeedScope, ScopeState
from tenants.feeds.reading import Given
from tenants.feeds.terms import Terms
from tenants.languages.speaking import Language, Text
from tenants.processors import reading as agreements
from tenants.processors import standing as standings
from tenants.processors import stopping
from tenants.registers.model import LegalBasis
from tenants.sharing.checking import LONGEST
from tenants.sharing.conditions import Condition

Key = Annotated[str, Meta(max_length=40, examples=["customers"])]
Keys = Annotated[list[Annotated[str, Meta(max_length=100)]], Meta(max_length=1000, examples=[["name", "email"]])]
Sealed = Annotated[list[Annotated[str, Meta(max_length=100)]], Meta(max_length=1000, examples=[["iban"]])]
OPEN_ORDER = {"type": "has_record", "register": "orders", "field": "state", "values": ["open"]}
Asked = Annotated[Condition, Meta(examples=[OPEN_ORDER])]
Balancing = Annotated[str, Meta(max_length=LONGEST["balancing"], examples=["Toimitus ei onnistu ilman tietoja."])]
Named = Annotated[Text, Meta(examples=[{"fi": "Asiakkaat", "sv": "Kunder", "en": "Customers"}])]


class GivenScope(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields and the fields of the condition by key. A draft may be unfinished: what it lacks stands in `missing`."""

    register_id: UUID
    purpose_id: UUID
    fields: Keys = []
    sealed_fields: Sealed = []
    condition: Asked | None = None
    consent_required: bool = False
    bound_to_event: bool = False
    event_register_id: UUID | None = None
    event_days: int | None = None
    legal_basis: LegalBasis
    balancing: Balancing | None = None
    valid_from: date
    valid_until: date | None = None

    def terms(self) -> Terms:
        return Terms(
            register_id=self.register_id,
            purpose_id=self.purpose_id,
            fields=tuple(self.fields),
            sealed_fields=tuple(self.sealed_fields),
            condition=self.condition,
            consent_required=self.consent_required,
            bound_to_event=self.bound_to_event,
            event_register_id=self.event_register_id,
            event_days=self.event_days,
            legal_basis=self.legal_basis,
            balancing=self.balancing,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )


class NewFeed(Struct, frozen=True, forbid_unknown_fields=True):
    """`key` is the feed's name within the company: clients ask for `feed:<company>.<key>`. It stays."""

    agreement_id: UUID
    key: Key
    name: Named
    scope: GivenScope


class ChangingFeed(Struct, frozen=True, forbid_unknown_fields=True):
    """`looked_at` is that of the newest version as it was seen: if it was changed since, nothing is done (409)."""

    scope: GivenScope
    looked_at: Annotated[str, Meta(max_length=64)] | None = None


class ApprovingFeed(Struct, frozen=True, forbid_unknown_fields=True):
    """`looked_at` is that of the version that was seen: if it was changed since, nothing is done (409).

    `at_once` says, in words that the recipient reads, why the law or the agreement lets what gives less not wait.
    """

    looked_at: Annotated[str, Meta(max_length=64)] | None = None
    at_once: Annotated[str, Meta(max_length=scopes.LONGEST_REASON, examples=["Suostumus poistui."])] = ""


class FeedSummary(Struct, frozen=True, kw_only=True):
    """`version` is the one by which it is known. While it is `stopped`, or there are `stops`, it gives nothing."""

    feed_id: UUID
    agreement_id: UUID
    processor_id: UUID
    key: Key
    name: Named
    scope_name: Annotated[str, Meta(examples=["feed:ideafix.customers"])]
    version: int
    state: ScopeState
    epoch: int
    stopped: bool
    stops: list[ToldStop]


class VersionOfFeed(Struct, frozen=True, kw_only=True):
    version: int
    state: ScopeState
    looked_at: str
    register_id: UUID
    purpose_id: UUID
    fields: Keys
    sealed_fields: Sealed
    condition: Asked | None
    consent_required: bool
    bound_to_event: bool
    event_register_id: UUID | None
    event_days: int | None
    legal_basis: LegalBasis
    balancing: Balancing | None
    valid_from: date
    valid_until: date | None
    drafted_at: datetime
    drafted_by: UUID | None
    announced_at: datetime | None
    takes_effect_at: datetime | None
    at_once: AtOnce | None
    at_once_because: Annotated[str | None, Meta(examples=["Suostumus poistui."])]
    approved_at: datetime | None
    approved_by: UUID | None
    suspended_at: datetime | None
    replaced_at: datetime | None


class FeedWhole(Struct, frozen=True):
    """The newest version first. `missing` is all that stands between it and its being approved or resumed."""

    summary: FeedSummary
    versions: list[VersionOfFeed]
    missing: list[FieldProblem]


@get("/feeds", sync_to_thread=True, summary="List the feeds", tags=["processors"], responses=problems())
def list_feeds(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    spoken: NamedDependency[Language],
    *,
    agreement_id: FromQuery[UUID | None] = None,
) -> list[FeedSummary]:
    """Of the key's company, or of one of its agreements, the oldest first."""
    standing.require(Permission.SEE_PROCESSORS)
    found, ground = reading.listed(session, agreement_id=agreement_id), standings.ground(session)
    return [_summary(session, ground, one, spoken) for one in found]


@get("/feeds/{feed_id:uuid}", sync_to_thread=True, summary="Show a feed", tags=["processors"], responses=problems(404))
def show_feed(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    feed_id: FromPath[UUID],
    spoken: NamedDependency[Language],
) -> FeedWhole:
    """With all versions of its scope, and what is missing."""
    standing.require(Permission.SEE_PROCESSORS)
    return _whole(session, feed_id, spoken)


@changing("/feeds", status_code=201, summary="Draft a feed", tags=["processors"], responses=problems(404))
def draft_feed(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    data: JSONBody[NewFeed],
    spoken: NamedDependency[Language],
) -> Response[FeedWhole]:
    """Under an agreement of the key's company. It gives nothing before it is approved."""
    standing.require(Permission.DRAFT_FEEDS)
    made = scopes.draft(session, data.agreement_id, data.key, data.name, data.scope.terms()).feed_id
    headers = {"Location": f"/api/v1/feeds/{made}"}
    return Response(_whole(session, made, spoken), status_code=201, headers=headers)


@changing(
    "/feeds/{feed_id:uuid}/scope",
    status_code=200,
    summary="Change the scope of a feed",
    tags=["processors"],
    responses=problems(404),
)
def change_feed(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    feed_id: FromPath[UUID],
    data: JSONBody[ChangingFeed],
    spoken: NamedDependency[Language],
) -> FeedWhole:
    """A draft is written anew; of what was approved a next version is drafted, and what is in force stays so."""
    standing.require(Permission.DRAFT_FEEDS)
    scopes.change(session, feed_id, data.scope.terms(), seen=data.looked_at)
    return _whole(session, feed_id, spoken)


@changing(
    "/feeds/{feed_id:uuid}/approval",
    status_code=200,
    summary="Approve the scope of a feed",
    tags=["processors"],
    responses=problems(404),
)
def approve_feed(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    feed_id: FromPath[UUID],
    data: JSONBody[ApprovingFeed],
    spoken: NamedDependency[Language],
) -> FeedWhole:
    """What is missing is named all at once (422). It takes its former's place at once; what its readers would miss is
    announced to them first, and takes its place at `takes_effect_at`.
    """
    standing.require(Permission.APPROVE_FEEDS)
    scopes.approve(session, feed_id, seen=data.looked_at, at_once=data.at_once)
    return _whole(session, feed_id, spoken)


def taken(path: str, summary: str, says: str, step: Callable[[Session, UUID], None]) -> HTTPRouteHandler:
    @changing(
        f"/feeds/{{feed_id:uuid}}/{path}",
        status_code=200,
        summary=summary,
        description=says,
        tags=["processors"],
        responses=problems(404),
    )
    def take(
        session: NamedDependency[Session],
        standing: NamedDependency[Standing],
        feed_id: FromPath[UUID],
        spoken: NamedDependency[Language],
    ) -> FeedWhole:
        standing.require(Permission.APPROVE_FEEDS)
        step(session, feed_id)
        return _whole(session, feed_id, spoken)

    return take


STEPS = (
    taken("withdrawal", "Call off an announced change of a feed", "It is a draft again.", scopes.withdraw),
    taken("suspension", "Suspend a feed", "Nobody fetches anything until it is resumed.", scopes.suspend),
    taken("resumption", "Resume a feed", "If it could be approved today; else what is missing (422).", scopes.resume),
    taken("ending", "End a feed", "At once and for good.", scopes.end),
)


def _whole(session: Session, feed_id: UUID, spoken: Language) -> FeedWhole:
    session.flush()
    session.expire_all()
    found = reading.feed(session, feed_id)
    waits = found.newest.approved_at is None or found.state is ScopeState.SUSPENDED
    missing = checking.missing(session, found.feed, found.newest) if waits and found.feed.ended_at is None else []
    return FeedWhole(
        _summary(session, standings.ground(session), found, spoken),
        [_version(found, one) for one in found.versions],
        [FieldProblem(one.field, said(spoken, one)) for one in missing],
    )


def _summary(session: Session, ground: standings.Ground, found: Given, spoken: Language) -> FeedSummary:
    feed, today = found.feed, agreements.today()
    agreed = agreements.agreement(session, feed.agreement_id)
    return FeedSummary(
        feed_id=feed.feed_id,
        agreement_id=feed.agreement_id,
        processor_id=agreed.agreement.processor_id,
        key=feed.key,
        name=feed.name,
        scope_name=f"feed:{reading.named(session, [feed])[feed.feed_id]}",
        version=found.shown.version,
        state=found.state,
        epoch=feed.epoch,
        stopped=stopping.is_stopped(
            session, feed.company_id, processor_id=agreed.agreement.processor_id, feed_id=feed.feed_id
        ),
        stops=stops_told.told(spoken, standings.stops(ground, agreed, agreed.on(today), today)),
    )


def _version(found: Given, one: FeedScope) -> VersionOfFeed:
    return VersionOfFeed(
        version=one.version,
        state=found.state_of(one),
        looked_at=reading.looked_at(one),
        register_id=one.register_id,
        purpose_id=one.purpose_id,
        fields=one.fields,
        sealed_fields=one.sealed_fields,
        condition=one.condition,
        consent_required=one.consent_required,
        bound_to_event=one.bound_to_event,
        event_register_id=one.event_register_id,
        event_days=one.event_days,
        legal_basis=one.legal_basis,
        balancing=one.balancing,
        valid_from=one.valid_from,
        valid_until=one.valid_until,
        drafted_at=one.drafted_at,
        drafted_by=one.drafted_by,
        announced_at=one.announced_at,
        takes_effect_at=one.takes_effect_at,
        at_once=one.at_once,
        at_once_because=one.at_once_because,
        approved_at=one.approved_at,
        approved_by=one.approved_by,
        suspended_at=one.suspended_at,
        replaced_at=one.replaced_at,
    )

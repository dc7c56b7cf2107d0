"""The feeds of a company, version by version. A client sees those of its own agreement."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.companies.model import Company
from tenants.feeds.model import Feed, FeedScope, ScopeState
from tenants.feeds.refusals import NoSuchFeed
from tenants.feeds.terms import terms_of


class Given(Struct, frozen=True):
    """A feed with all versions of its scope, the newest first."""

    feed: Feed
    versions: tuple[FeedScope, ...]

    @property
    def newest(self) -> FeedScope:
        return self.versions[0]

    @property
    def in_force(self) -> FeedScope | None:
        """What was approved last, while a next version may be on the way."""
        return next((one for one in self.versions if one.approved_at), None)

    @property
    def shown(self) -> FeedScope:
        """The version by which the feed is known: what was approved, and before that the draft."""
        return self.in_force or self.newest

    @property
    def next_draft(self) -> FeedScope | None:
        return self.newest if self.in_force and self.newest.approved_at is None else None

    @property
    def state(self) -> ScopeState:
        return self.state_of(self.shown)

    def state_of(self, version: FeedScope) -> ScopeState:
        return state_of(self.feed, version, datetime.now(UTC))


def state_of(feed: Feed, scope: FeedScope, now: datetime) -> ScopeState:
    """What the steps amount to. Coming into force and expiry are no steps: the door looks at the clock itself."""
    if feed.ended_at is not None:
        return ScopeState.ENDED
    if scope.approved_at is None:
        return ScopeState.DRAFT if scope.takes_effect_at is None else ScopeState.ANNOUNCED
    if scope.replaced_at is not None:
        return ScopeState.REPLACED
    terms = terms_of(scope)
    if terms.closes_at is not None and terms.closes_at <= now:
        return ScopeState.EXPIRED
    if scope.suspended_at is not None:
        return ScopeState.SUSPENDED
    return ScopeState.APPROVED if terms.opens_at > now else ScopeState.IN_FORCE


def looked_at(scope: FeedScope) -> str:
    """What the version says, in short: who decides about it says with this what they have seen."""
    said = msgspec.json.encode((scope.version, terms_of(scope)))
    return hashlib.sha256(said).hexdigest()[:32]


def feed(session: Session, feed_id: UUID) -> Given:
    """Raises NoSuchFeed."""
    found = list(_read(session, [feed_id]))
    if not found:
        raise NoSuchFeed
    return found[0]


def listed(session: Session, *, agreement_id: UUID | None = None) -> list[Given]:
    """The oldest first."""
    wanted = select(Feed.feed_id)
    if agreement_id is not None:
        wanted = wanted.where(Feed.agreement_id == agreement_id)
    return list(_read(session, session.scalars(wanted).all()))


def by_name(session: Session, name: str) -> Feed:
    """By what clients call it. Raises NoSuchFeed."""
    company, _, key = name.partition(".")
    found = session.scalar(
        select(Feed).join(Company, Company.company_id == Feed.company_id).where(Company.key == company, Feed.key == key)
    )
    if found is None:
        raise NoSuchFeed
    return found


def named(session: Session, feeds: Sequence[Feed]) -> dict[UUID, str]:
    """What clients call these feeds: `<key of the company>.<key of the feed>`."""
    keys = select(Company.company_id, Company.key).where(Company.company_id.in_({one.company_id for one in feeds}))
    companies = {company_id: key for company_id, key in session.execute(keys)}  # noqa: C416 (typed rows, not pairs)
    return {one.feed_id: f"{companies[one.company_id]}.{one.key}" for one in feeds}


def _read(session: Session, ids: Sequence[UUID]) -> Iterator[Given]:
    versions = session.scalars(
        select(FeedScope).where(FeedScope.feed_id.in_(ids)).order_by(FeedScope.feed_id, FeedScope.version.desc())
    ).all()
    for one in session.scalars(select(Feed).where(Feed.feed_id.in_(ids)).order_by(Feed.feed_id)):
        yield Given(one, tuple(version for version in versions if version.feed_id == one.feed_id))

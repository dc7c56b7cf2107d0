"""Notice of changes: what a reader of a feed would miss is announced first, and takes effect when its time has come.

What a feed gives besides is told and takes effect at once. So does what must not wait: where the version in force may
not be given any more, or where the company says why the law or the agreement demands it.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants import settings
from tenants.companies.model import Company
from tenants.feeds.model import Feed, FeedScope
from tenants.groups.model import Group
from tenants.jobs.model import Job


class Told(StrEnum):
    """What the people of the recipient are written about."""

    ANNOUNCED = "announced"
    WITHDRAWN = "withdrawn"
    CHANGED = "changed"


class TellReaders(Job, frozen=True):
    """People of the recipient who look after the feed; of which version, and what."""

    name: ClassVar[str] = "feeds.tell_readers"
    feed_id: UUID
    version: int
    what: Told


class TakeEffect(Job, frozen=True):
    """An announced version, when its time has come."""

    name: ClassVar[str] = "feeds.take_effect"
    feed_id: UUID
    version: int


class Change(Struct, frozen=True):
    """What a version gives otherwise than the one before it, by the keys of fields."""

    added: tuple[str, ...]
    gone: tuple[str, ...]
    by_event_only: bool

    @property
    def is_worse(self) -> bool:
        """Whether a program that reads the feed misses anything that it has read until now."""
        return bool(self.gone) or self.by_event_only

    @property
    def is_any(self) -> bool:
        return self.is_worse or bool(self.added)


class Coming(Struct, frozen=True):
    """That another version of a feed was announced, and when it takes effect; `slug` is that of the group."""

    slug: str
    feed_id: UUID
    announced_at: datetime
    takes_effect_at: datetime


def between(before: FeedScope, after: FeedScope) -> Change:
    """Of another register every field is another, whatever it is called."""
    then, now = _given(before), _given(after)
    same = {*then} & {*now} if before.register_id == after.register_id else set()
    return Change(
        added=tuple(key for key in now if key not in same),
        gone=tuple(key for key in then if key not in same),
        by_event_only=after.bound_to_event and not before.bound_to_event,
    )


def is_announced(scope: FeedScope) -> bool:
    return scope.approved_at is None and scope.takes_effect_at is not None


def is_due(scope: FeedScope) -> bool:
    """Whether the time of what was announced has come."""
    return scope.takes_effect_at is not None and scope.takes_effect_at <= datetime.now(UTC)


def days() -> int:
    return settings.current().schema_notice_days


def end_of_notice() -> datetime:
    """Of what is announced now."""
    return datetime.now(UTC) + timedelta(days=days())


def coming(session: Session, name: str) -> Coming | None:
    """By the client of the agreement, and by what it calls the feed."""
    company, _, key = name.partition(".")
    found = session.execute(
        select(Group.slug, FeedScope)
        .join(Feed, Feed.feed_id == FeedScope.feed_id)
        .join(Company, Company.company_id == Feed.company_id)
        .join(Group, Group.group_id == Feed.group_id)
        .where(Company.key == company, Feed.key == key)
        .where(FeedScope.approved_at.is_(None), FeedScope.takes_effect_at.is_not(None))
    ).one_or_none()
    slug, scope = found or ("", None)
    if scope is None or scope.announced_at is None or scope.takes_effect_at is None:
        return None
    return Coming(slug, scope.feed_id, scope.announced_at, scope.takes_effect_at)


def _given(scope: FeedScope) -> tuple[str, ...]:
    return (*scope.fields, *scope.sealed_fields)

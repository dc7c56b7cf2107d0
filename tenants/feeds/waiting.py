"""Feeds of the acting company to be looked at: drafts, scopes that end, and those that their agreement stops."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from tenants.feeds import noticing, reading
from tenants.feeds.model import FeedScope, ScopeState
from tenants.processors import reading as agreements
from tenants.processors import standing, stopping
from tenants.processors.standing import Reason

GOING_ON = (ScopeState.APPROVED, ScopeState.IN_FORCE, ScopeState.SUSPENDED)
# The switch is told once, and not again for each feed.
BY_HAND = frozenset({Reason.COMPANY_STOPPED, Reason.PROCESSOR_STOPPED})


def ends(session: Session, *, since: date, until: date) -> list[tuple[date, UUID]]:
    """Last days of scopes that go on now, and which feed it is."""
    return [
        (one.shown.valid_until, one.feed.feed_id)
        for one in reading.listed(session)
        if one.state in GOING_ON and one.shown.valid_until and since <= one.shown.valid_until <= until
    ]


def drafts(session: Session) -> list[tuple[FeedScope, UUID]]:
    """Those that wait to be approved, also what was announced and could not take effect when its time had come."""
    return [
        (one.newest, one.feed.feed_id)
        for one in reading.listed(session)
        if one.newest.approved_at is None and one.feed.ended_at is None and _waits(one.newest)
    ]


def stopped(session: Session, *, today: date) -> list[UUID]:
    """Feeds in force whose agreement stops them today."""
    going_on = [one for one in reading.listed(session) if one.state is ScopeState.IN_FORCE]
    if not going_on:
        return []
    known, agreed = standing.ground(session), {one.agreement.agreement_id: one for one in agreements.listed(session)}
    found = []
    for one in going_on:
        under = agreed[one.feed.agreement_id]
        reasons = {stop.reason for stop in standing.stops(known, under, under.on(today), today)}
        if reasons - BY_HAND:
            found.append(one.feed.feed_id)
    return found


def _waits(draft: FeedScope) -> bool:
    return draft.takes_effect_at is None or noticing.is_due(draft)


def switched_off(session: Session) -> list[tuple[datetime, UUID]]:
    """Since when, and which stop it is."""
    return [(one.stopped_at, one.stop_id) for one in stopping.in_force(session)]

"""The life of a feed and its scope: drafted and approved by the company whose data it is, in force by the clock.

A next version of what is approved is drafted beside it, and takes its place when it is approved: at once, or where it
gives less, when those who read the feed have been told long enough before (`noticing`). One that goes beyond the former
begins a new epoch: whoever follows the feed reads it from the start. `seen` is `reading.looked_at` of the version that
was decided about.
"""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id, say
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.errors import TooLong
from tenants.feeds import checking, compiling, noticing, reading, refusals
from tenants.feeds.checking import Known
from tenants.feeds.model import AtOnce, Feed, FeedScope, ScopeState
from tenants.feeds.noticing import TakeEffect, TellReaders, Told
from tenants.feeds.reading import Given
from tenants.feeds.terms import Terms, terms_of
from tenants.groups.model import Group
from tenants.jobs.outbox import enqueue
from tenants.languages.speaking import Text
from tenants.ledger.scopes import close_scopes, open_scope
from tenants.processors import reading as agreements
from tenants.processors import stopping
from tenants.processors.describing import KEY
from tenants.processors.refusals import NotAKey

LONGEST_NAME = 200
LONGEST_REASON = 1_000
READ = (ScopeState.IN_FORCE, ScopeState.SUSPENDED)


def draft(session: Session, agreement_id: UUID, key: str, name: Text, terms: Terms) -> FeedScope:
    """A new feed of the acting company with its first scope.

    Raises NotAKey, KnownFeed, FeedNameMissing, TooLong, NoSuchAgreement, SeveralInvalid, Forbidden.
    """
    require(session, Permission.DRAFT_FEEDS)
    company_id = acting_of(session).company_id
    if company_id is None:
        raise refusals.FeedsOwnCompany
    return begin(session, company_id, agreement_id, key=key.strip(), name=name, terms=terms)


def begin(session: Session, company_id: UUID, agreement_id: UUID, *, key: str, name: Text, terms: Terms) -> FeedScope:
    """A new feed with its first draft.

    Raises NotAKey, KnownFeed, FeedNameMissing, TooLong, NoSuchAgreement, SeveralInvalid.
    """
    _refuse_name(session, company_id, key, name)
    agreements.agreement(session, agreement_id)
    feed = Feed(feed_id=new_id(), company_id=company_id, agreement_id=agreement_id, key=key, name=name, epoch=1)
    checking.refuse_impossible(checking.known(session, feed, terms), terms)
    session.add(feed)
    session.flush()
    return _write(session, feed, 1, terms)


def change(session: Session, feed_id: UUID, terms: Terms, *, seen: str | None = None) -> FeedScope:
    """A draft is written anew; of what was approved a next version is drafted.

    Raises SeveralInvalid, AnnouncedAlready, FeedChangedMeanwhile, NotThisFeedStep, NoSuchFeed, Forbidden.
    """
    return draft_anew(session, _own(session, feed_id, Permission.DRAFT_FEEDS, seen), terms)


def draft_anew(session: Session, found: Given, terms: Terms) -> FeedScope:
    """Raises SeveralInvalid, AnnouncedAlready."""
    checking.refuse_impossible(checking.known(session, found.feed, terms), terms)
    scope = found.newest
    if noticing.is_announced(scope):
        raise refusals.AnnouncedAlready
    if scope.approved_at is not None:
        return _write(session, found.feed, scope.version + 1, terms)
    say(scope, terms)
    _sign(scope, acting_of(session).actor_id)
    session.flush()
    _note(session, "feed.drafted", scope)
    return scope


def approve(session: Session, feed_id: UUID, *, seen: str | None = None, at_once: str = "") -> FeedScope:
    """In force from now on, or announced. `at_once`: why what its readers would miss does not wait.

    Raises SeveralInvalid with all that is missing, OwnScopeDraft, FeedChangedMeanwhile, NotThisFeedStep, TooLong,
    NoSuchFeed, Forbidden.
    """
    found = _own(session, feed_id, Permission.APPROVE_FEEDS, seen)
    scope, acting, because = found.newest, acting_of(session), at_once.strip()
    if scope.approved_at is not None or (noticing.is_announced(scope) and not (because or noticing.is_due(scope))):
        raise refusals.NotThisFeedStep
    if len(because) > LONGEST_REASON:
        raise TooLong(field="at_once", most=LONGEST_REASON)
    if session.scalar(select(Group.four_eyes)) and acting.actor_id in {scope.drafted_by, *scope.editors}:
        raise refusals.OwnScopeDraft
    known = checking.known(session, found.feed, terms_of(scope))
    checking.refuse_incomplete(known, terms_of(scope))
    if would_be_missed(found) and not noticing.is_due(scope):
        scope.at_once, scope.at_once_because = _at_once(session, found, because), because or None
        if scope.at_once is None and noticing.days():
            return _announce(session, scope)
    return _enter(session, found, known, by=acting.actor_id)


def withdraw(session: Session, feed_id: UUID) -> None:
    """What was announced is a draft again, and those who were told are told. Raises NotThisFeedStep, NoSuchFeed,
    Forbidden.
    """
    scope = _own(session, feed_id, Permission.APPROVE_FEEDS, None).newest
    if not noticing.is_announced(scope):
        raise refusals.NotThisFeedStep
    scope.announced_at = scope.announced_by = scope.takes_effect_at = None
    session.flush()
    _note(session, "feed.announcement_withdrawn", scope)
    enqueue(session, TellReaders(feed_id, scope.version, Told.WITHDRAWN))


def take_effect(session: Session, feed_id: UUID, version: int) -> None:
    """By the system, when the time of an announcement has come. What is not covered then waits for its company."""
    session.execute(select(Feed.feed_id).where(Feed.feed_id == feed_id).with_for_update())
    found = reading.feed(session, feed_id)
    scope = found.newest
    waits = noticing.is_announced(scope) and noticing.is_due(scope)
    if found.feed.ended_at or scope.version != version or not waits:
        return
    known = checking.known(session, found.feed, terms_of(scope))
    if not checking.missing(session, found.feed, scope):
        _enter(session, found, known, by=scope.announced_by)


def suspend(session: Session, feed_id: UUID) -> None:
    """Until it is resumed; its recipient keeps what it has. Raises NotThisFeedStep, NoSuchFeed, Forbidden."""
    found = _own(session, feed_id, Permission.APPROVE_FEEDS, None)
    if found.state not in (ScopeState.APPROVED, ScopeState.IN_FORCE):
        raise refusals.NotThisFeedStep
    found.shown.suspended_at = func.now()
    session.flush()
    _note(session, "feed.suspended", found.shown)


def resume(session: Session, feed_id: UUID) -> None:
    """If it could be approved today. Raises SeveralInvalid, NotThisFeedStep, NoSuchFeed, Forbidden."""
    found = _own(session, feed_id, Permission.APPROVE_FEEDS, None)
    if found.state is not ScopeState.SUSPENDED:
        raise refusals.NotThisFeedStep
    terms = terms_of(found.shown)
    checking.refuse_incomplete(checking.known(session, found.feed, terms), terms)
    found.shown.suspended_at = None
    session.flush()
    _note(session, "feed.resumed", found.shown)


def stop(session: Session, feed_id: UUID, *, reason: str) -> None:
    """At the next page, by one person; `processors.stopping` resumes it.

    Raises NeedsStopReason, TooLong, StoppedAlready, NotThisFeedStep, NoSuchFeed, Forbidden.
    """
    if reading.feed(session, feed_id).feed.ended_at is not None:
        raise refusals.NotThisFeedStep
    stopping.stop(session, feed_id=feed_id, reason=reason)


def end(session: Session, feed_id: UUID) -> None:
    """At once and for good; also of a draft. Raises NotThisFeedStep, NoSuchFeed, Forbidden."""
    found = _own(session, feed_id, Permission.APPROVE_FEEDS, None)
    found.feed.ended_at, found.feed.ended_by = func.now(), acting_of(session).actor_id
    if found.in_force is not None:
        _shut(session, found.in_force)
    session.flush()
    session.refresh(found.feed)
    _note(session, "feed.ended", found.shown)


def would_be_missed(found: Given) -> bool:
    """Whether anybody who reads the feed as it is now would miss something."""
    before = found.in_force
    return before is not None and found.state in READ and noticing.between(before, found.newest).is_worse


def _refuse_name(session: Session, company_id: UUID, key: str, name: Text) -> None:
    if not KEY.fullmatch(key):
        raise NotAKey(field="key")
    if session.scalar(select(Feed.feed_id).where(Feed.company_id == company_id, Feed.key == key)) is not None:
        raise refusals.KnownFeed(field="key")
    if not name.fi.strip():
        raise refusals.FeedNameMissing(field="name")
    if any(len(said or "") > LONGEST_NAME for said in (name.fi, name.sv, name.en)):
        raise TooLong(field="name", most=LONGEST_NAME)


def _own(session: Session, feed_id: UUID, permission: Permission, seen: str | None) -> Given:
    """A feed of the acting company that has not ended, which nobody else changes meanwhile."""
    require(session, permission)
    session.execute(select(Feed.feed_id).where(Feed.feed_id == feed_id).with_for_update())
    found = reading.feed(session, feed_id)
    if found.feed.ended_at is not None:
        raise refusals.NotThisFeedStep
    if seen not in (None, reading.looked_at(found.newest)):
        raise refusals.FeedChangedMeanwhile
    return found


def _write(session: Session, feed: Feed, number: int, terms: Terms) -> FeedScope:
    by = acting_of(session).actor_id
    scope = FeedScope(
        feed_id=feed.feed_id,
        version=number,
        company_id=feed.company_id,
        agreement_id=feed.agreement_id,
        drafted_by=by,
        editors=[],
    )
    _sign(scope, by)
    say(scope, terms)
    session.add(scope)
    session.flush()
    _note(session, "feed.drafted", scope)
    return scope


def _sign(scope: FeedScope, by: UUID | None) -> None:
    """Whoever had a hand in a draft keeps it: somebody else's small change makes nobody's own terms another's."""
    hands = dict.fromkeys((*scope.editors, scope.drafted_by, by))
    scope.editors, scope.drafted_by = [one for one in hands if one], by


def _at_once(session: Session, found: Given, because: str) -> AtOnce | None:
    if because:
        return AtOnce.DECIDED
    return AtOnce.UNCOVERED if checking.missing(session, found.feed, found.shown) else None


def _announce(session: Session, scope: FeedScope) -> FeedScope:
    scope.takes_effect_at = noticing.end_of_notice()
    scope.announced_at, scope.announced_by = func.now(), acting_of(session).actor_id
    session.flush()
    session.refresh(scope)
    _note(session, "feed.announced", scope)
    enqueue(session, TellReaders(scope.feed_id, scope.version, Told.ANNOUNCED))
    enqueue(session, TakeEffect(scope.feed_id, scope.version), due_at=scope.takes_effect_at)
    return scope


def _enter(session: Session, found: Given, known: Known, *, by: UUID | None) -> FeedScope:
    """In force, in the place of the former."""
    scope, former = found.newest, found.in_force
    compiling.compile_scope(known.declared, scope)
    if former is not None:
        _replace(session, found.feed, former, scope)
    scope.scope_id = open_scope(session, compiling.ledger_scope(scope, known.processor.processor_id))
    scope.approved_at, scope.approved_by = func.now(), by
    session.flush()
    session.refresh(scope)
    _note(session, "feed.approved", scope, epoch=found.feed.epoch)
    if former is not None and noticing.between(former, scope).is_any:
        enqueue(session, TellReaders(scope.feed_id, scope.version, Told.CHANGED))
    return scope


def _replace(session: Session, feed: Feed, former: FeedScope, scope: FeedScope) -> None:
    """The former shuts at once: nobody goes on reading under what its company has replaced."""
    former.replaced_at = func.now()
    _shut(session, former)
    if compiling.widens(scope, former):
        feed.epoch += 1


def _shut(session: Session, scope: FeedScope) -> None:
    """At the next statement of whoever reads through the door."""
    scope.closes_at = func.least(FeedScope.closes_at, func.now())
    session.flush()
    session.refresh(scope)
    close_scopes(session, scope.feed_id)


def _note(session: Session, action: str, scope: FeedScope, **said: int) -> None:
    trail.record(
        session,
        action,
        about="feed",
        ids=[scope.feed_id],
        company_id=scope.company_id,
        version=scope.version,
        **said,
    )

"""The switch: nothing of a company flows to a processor, by a feed, or to anybody, until it is resumed.

Whatever sends something out asks `is_stopped` first, by itself and anew for everything it sends: feeds do so in the
database at every page (`agreement_stops`, `feed_in_force`). One person stops; to resume, two are needed.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.companies.permissions import Permission, require
from tenants.database import acting_of
from tenants.groups.model import Group
from tenants.processors import cataloguing, describing, refusals
from tenants.processors.model import FlowStop


def is_stopped(
    session: Session, company_id: UUID, *, processor_id: UUID | None = None, feed_id: UUID | None = None
) -> bool:
    """Whether nothing may leave this company now: to anybody, to this processor, or by this feed.

    A feed stops with its processor, too: who asks about a feed names both. The session acts for the company, for
    Seloste itself, or for a client of the company's processor; nobody else sees what is stopped.
    """
    named = [
        FlowStop.processor_id.is_(None) & FlowStop.feed_id.is_(None),
        *([FlowStop.processor_id == processor_id] if processor_id else ()),
        *([FlowStop.feed_id == feed_id] if feed_id else ()),
    ]
    found = select(FlowStop.stop_id).where(
        FlowStop.company_id == company_id, FlowStop.resumed_at.is_(None), or_(*named)
    )
    return session.scalar(found.limit(1)) is not None


def refuse_stopped(session: Session, recipient_id: UUID) -> None:
    """For who gives something of the acting company to somebody at once, and does not wait. Raises FlowIsStopped."""
    if is_stopped(session, _own_company(session), processor_id=recipient_id):
        raise refusals.FlowIsStopped


def in_force(session: Session) -> Sequence[FlowStop]:
    """Of every company that the session sees, the oldest first."""
    running = select(FlowStop).where(FlowStop.resumed_at.is_(None))
    return session.scalars(running.order_by(FlowStop.stopped_at, FlowStop.stop_id)).all()


def listed(session: Session) -> Sequence[FlowStop]:
    """Also those that are over; the newest first."""
    return session.scalars(select(FlowStop).order_by(FlowStop.stopped_at.desc(), FlowStop.stop_id)).all()


def stop(session: Session, *, reason: str, processor_id: UUID | None = None, feed_id: UUID | None = None) -> FlowStop:
    """Of the acting company, at once: all that flows out, or to a processor, or by a feed (`feeds.scopes.stop`).

    Raises NeedsStopReason, TooLong, StoppedAlready, NoSuchProcessor, Forbidden.
    """
    require(session, Permission.STOP_FLOWS)
    company_id = _own_company(session)
    if processor_id is not None:
        cataloguing.get(session, processor_id)
    said = describing.words(reason, refusals.NeedsStopReason(field="reason"))
    if any((one.processor_id, one.feed_id) == (processor_id, feed_id) for one in in_force(session)):
        raise refusals.StoppedAlready
    found = FlowStop(
        stop_id=new_id(),
        company_id=company_id,
        processor_id=processor_id,
        feed_id=feed_id,
        reason=said,
        stopped_by=acting_of(session).actor_id,
    )
    session.add(found)
    session.flush()
    _note(session, "flow.stopped", found)
    return found


def propose_resuming(session: Session, stop_id: UUID, *, reason: str) -> None:
    """Raises NeedsResumeReason, TooLong, NotThisStopStep, NoSuchStop, Forbidden."""
    require(session, Permission.STOP_FLOWS)
    found = _running(session, stop_id)
    if found.proposed_at is not None:
        raise refusals.NotThisStopStep
    found.proposed_reason = describing.words(reason, refusals.NeedsResumeReason(field="reason"))
    found.proposed_at, found.proposed_by = datetime.now(UTC), acting_of(session).actor_id
    session.flush()
    _note(session, "flow.resuming_proposed", found)


def resume(session: Session, stop_id: UUID) -> None:
    """Raises ResumedByTwo, NotThisStopStep, NoSuchStop, Forbidden."""
    require(session, Permission.RESUME_FLOWS)
    found, by = _running(session, stop_id), acting_of(session).actor_id
    if session.scalar(select(Group.four_eyes)) and found.proposed_by in (None, by):
        raise refusals.ResumedByTwo
    found.resumed_at, found.resumed_by = datetime.now(UTC), by
    session.flush()
    _note(session, "flow.resumed", found)


def _own_company(session: Session) -> UUID:
    company_id = acting_of(session).company_id
    if company_id is None:
        raise refusals.StopsOwnCompany
    return company_id


def _running(session: Session, stop_id: UUID) -> FlowStop:
    """Of the acting company; nobody else changes it meanwhile."""
    found = session.scalar(select(FlowStop).where(FlowStop.stop_id == stop_id).with_for_update())
    if found is None:
        raise refusals.NoSuchStop
    if found.resumed_at is not None:
        raise refusals.NotThisStopStep
    return found


def _note(session: Session, action: str, found: FlowStop) -> None:
    about = {"processor": found.processor_id, "feed": found.feed_id}
    trail.record(
        session,
        action,
        about="flow_stop",
        ids=[found.stop_id],
        company_id=found.company_id,
        **{key: str(value) for key, value in about.items() if value},
    )

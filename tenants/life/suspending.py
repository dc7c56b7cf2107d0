"""A group is suspended, and resumed. The database refuses meanwhile whoever acts for it, from its next statement on.

The time limits of the law do not stand still: who asked for their data is answered in time, suspended or not.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.errors import Conflict
from tenants.groups.model import Group, SuspensionReason
from tenants.jobs.hints import hint
from tenants.jobs.model import QueuedJob


class AlreadySuspended(Conflict):
    """The group is suspended already."""


class NotSuspended(Conflict):
    """The group is not suspended."""


class BeingErased(Conflict):
    """The group is being erased; that is not undone."""


def suspend(session: Session, reason: SuspensionReason) -> None:
    """For the system. Raises AlreadySuspended."""
    group = locked(session)
    if group.suspended_at is not None:
        raise AlreadySuspended
    # Within a savepoint, and so written now: after the next statement nothing is written for this group.
    with session.begin_nested():
        trail.record(session, "group.suspended", about="group", ids=[group.group_id], reason=reason)
    group.suspended_at, group.suspended_for = func.now(), reason
    session.flush()


def resume(session: Session) -> None:
    """For the system. What was with the workers is sent again. Raises NotSuspended, BeingErased."""
    group = locked(session)
    if group.suspended_at is None:
        raise NotSuspended
    if group.erasing_at is not None:
        raise BeingErased
    group.suspended_at = group.suspended_for = None
    session.flush()
    unsettled = QueuedJob.sent_at.is_not(None), QueuedJob.done_at.is_(None), QueuedJob.failed_at.is_(None)
    session.execute(update(QueuedJob).where(*unsettled).values(sent_at=None))
    hint(session)
    trail.record(session, "group.resumed", about="group", ids=[group.group_id])


@contextmanager
def working_all_the_same(session: Session) -> Iterator[None]:
    """For the installation's own upkeep. Lifted in this transaction alone: all others see the group suspended."""
    group = locked(session)
    since, why = group.suspended_at, group.suspended_for
    group.suspended_at = group.suspended_for = None
    session.flush()
    yield
    session.flush()
    group.suspended_at, group.suspended_for = since, why
    session.flush()


def locked(session: Session) -> Group:
    """Against others who change the group, not against those who write rows that refer to it."""
    return session.scalars(select(Group).with_for_update(key_share=True)).one()

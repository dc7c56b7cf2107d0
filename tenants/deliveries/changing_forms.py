"""The form of files changes: announced like a feed that is to give less, or at once where the company says why.

Whoever takes lines misses everything once rows of a table come, so nobody who has read files is surprised by it.
"""

from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.deliveries.model import ComingForm, DeliveryState, FeedDelivery, FileTarget, Form
from tenants.errors import TooLong
from tenants.feeds import noticing
from tenants.feeds.noticing import Told
from tenants.feeds.scopes import LONGEST_REASON
from tenants.jobs.model import Job
from tenants.jobs.outbox import enqueue


class TellReadersOfForm(Job, frozen=True):
    """People of the recipient who look after the feed: what its files were, and become."""

    name: ClassVar[str] = "deliveries.tell_readers"
    feed_id: UUID
    was: Form
    becomes: Form
    what: Told


class TakeForm(Job, frozen=True):
    """What was announced, when its time has come."""

    name: ClassVar[str] = "deliveries.take_form"
    feed_id: UUID


def change(session: Session, target: FileTarget, form: Form, *, at_once: str = "") -> None:
    """Where files in another form were read, this one comes when its readers have been told long enough before.

    What was announced is called off by the form that is in use. Raises TooLong.
    """
    because = at_once.strip()
    if len(because) > LONGEST_REASON:
        raise TooLong(field="at_once", most=LONGEST_REASON)
    if form == target.form:
        _call_off(session, target)
    elif not _were_read(session, target.feed_id):
        _take(target, form)
    elif because or not noticing.days():
        _tell(session, target, form, Told.CHANGED)
        _take(target, form)
        target.at_once_because = because or None
        _note(session, "files.form_changed", target, form)
    elif target.coming is None or form != target.coming.form:
        _announce(session, target, form)


def take_effect(session: Session, feed_id: UUID) -> None:
    """By the system for the company, when the time of an announcement has come."""
    target = session.scalar(select(FileTarget).where(FileTarget.feed_id == feed_id).with_for_update())
    if target is None or target.coming is None or target.coming.takes_effect_at > datetime.now(UTC):
        return
    form = target.coming.form
    _tell(session, target, form, Told.CHANGED)
    _take(target, form)
    target.at_once_because = None
    session.flush()
    _note(session, "files.form_changed", target, form)


def _announce(session: Session, target: FileTarget, form: Form) -> None:
    target.coming = ComingForm(form, datetime.now(UTC), noticing.end_of_notice())
    _tell(session, target, form, Told.ANNOUNCED)
    enqueue(session, TakeForm(target.feed_id), due_at=target.coming.takes_effect_at, company_id=target.company_id)
    _note(session, "files.form_announced", target, form)


def _call_off(session: Session, target: FileTarget) -> None:
    if target.coming is None:
        return
    form, target.coming = target.coming.form, None
    _tell(session, target, form, Told.WITHDRAWN)
    _note(session, "files.form_announcement_withdrawn", target, form)


def _were_read(session: Session, feed_id: UUID) -> bool:
    """Whether anything of the feed was delivered as files, wherever to."""
    ready = FeedDelivery.feed_id == feed_id, FeedDelivery.state == DeliveryState.READY
    return session.scalar(select(FeedDelivery.delivery_id).where(*ready).limit(1)) is not None


def _take(target: FileTarget, form: Form) -> None:
    target.format, target.gzip, target.coming = form.format, form.gzip, None


def _tell(session: Session, target: FileTarget, form: Form, what: Told) -> None:
    told = TellReadersOfForm(target.feed_id, target.form, form, what)
    enqueue(session, told, company_id=target.company_id)


def _note(session: Session, action: str, target: FileTarget, form: Form) -> None:
    ids = [target.feed_id]
    trail.record(session, action, about="feed", ids=ids, company_id=target.company_id, format=str(form.format))

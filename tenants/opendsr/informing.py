"""Processors that take OpenDSR requests are told by one what became of data that they received (Art. 19).

Named is the person only by values that this processor has received itself: to send another would be to disclose it.
Where such a value was corrected, the processor knows the one that it heard of last: by that the person is named, and
what it is now stands in our extension. A value between the two was never the processor's business, and may be another
person's.
Erasure in OpenDSR means all of somebody: it is asked for only once nothing is left of the person in the registers that
the processor received; what is partial goes by the feed or by letter.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from tenants.ledger import recipients
from tenants.notifying import following
from tenants.notifying.following import Made, Told
from tenants.notifying.model import Notification, Way
from tenants.opendsr import asking, discovering, endpoints, identities
from tenants.opendsr.model import DsrEndpoint, SentRequest, Wanted
from tenants.opendsr.wire import Identity, IdentityType
from tenants.registers import correcting, erasing, known_by
from tenants.registers.known_by import KnownBy
from tenants.registers.model import Cause, Record

# What is lifted again has no word, neither in the standard nor in our extension.
WANTED = {
    Cause.ERASED: Wanted.ERASURE,
    Cause.RETENTION: Wanted.ERASURE,
    Cause.CORRECTED: Wanted.RECTIFICATION,
    Cause.RESTRICTED: Wanted.RESTRICTION,
    Cause.OBJECTED: Wanted.OBJECTION,
    Cause.WITHDRAWN: Wanted.WITHDRAWAL,
}
GONE = frozenset({Cause.ERASED, Cause.RETENTION})


class Known(Struct, frozen=True):
    """By what recipients know somebody, and what became of it where just that was corrected."""

    by: Sequence[KnownBy]
    corrected: Sequence[KnownBy] = ()


def follow(session: Session) -> Sequence[Told]:
    """As `following.follow`, whose changes it returns; those who take requests are asked.

    By what the erased were known is forgotten.
    """
    speaking = {one.processor_id: one for one in endpoints.in_use(session)}
    followed = following.follow(session, is_asked=partial(_is_asked, session, speaking))
    for change, made in _by_request(followed.made):
        for recipient_id, ids in made.items():
            _ask(session, speaking[recipient_id], change, ids)
    for change in followed.whole:
        if change.cause in GONE:
            erasing.forget_known(session, change.person_id, change.at)
    return followed.changes


def _is_asked(session: Session, speaking: Mapping[UUID, DsrEndpoint], change: Told, recipient_id: UUID) -> bool:
    endpoint, wanted = speaking.get(recipient_id), WANTED.get(change.cause)
    if endpoint is None or wanted is None or not endpoints.offers(endpoint, wanted):
        return False
    if wanted is Wanted.ERASURE and _something_is_left(session, change.person_id, recipient_id):
        return False
    named, _ = _named(session, endpoint, change)
    return bool(named)


def _something_is_left(session: Session, person_id: UUID, recipient_id: UUID) -> bool:
    received = recipients.of_person(session, person_id)
    registers = {one.register_id for one in received if one.recipient_id == recipient_id}
    left = exists().where(Record.person_id == person_id, Record.register_id.in_(registers))
    return session.scalars(select(left)).one()


def _by_request(made: Sequence[Made]) -> Iterable[tuple[Told, Mapping[UUID, Sequence[UUID]]]]:
    """Of each change, by recipient: one request tells all that it is to be told of it, whatever the agreements."""
    found: dict[Told, dict[UUID, list[UUID]]] = {}
    for one in made:
        if one.to.way is Way.OPENDSR and one.to.recipient_id is not None:
            found.setdefault(one.change, {}).setdefault(one.to.recipient_id, []).append(one.notification_id)
    return found.items()


def _ask(session: Session, endpoint: DsrEndpoint, change: Told, ids: Sequence[UUID]) -> None:
    """Once, also where a page has cut the change in two."""
    asked = select(SentRequest.sent_id).where(SentRequest.notification_ids.overlap(ids))
    if session.scalar(asked.limit(1)) is not None:
        return
    named, corrected = _named(session, endpoint, change)
    asking.ask(
        session,
        endpoint.endpoint_id,
        change.person_id,
        WANTED[change.cause],
        submitted_at=change.at,
        known=named,
        corrected=corrected,
        tells=ids,
    )


def _named(session: Session, endpoint: DsrEndpoint, change: Told) -> tuple[Sequence[Identity], Sequence[Identity]]:
    """By what this processor is told of whom, and what those values are now, as far as they are its business."""
    given = recipients.fields_given(session, change.person_id, endpoint.processor_id)
    known = _known(session, endpoint, change)
    named, corrected = (
        [
            one
            for one in identities.of(each for each in values if each.field_id in given)
            if _is_understood(endpoint, one)
        ]
        for values in (known.by, known.corrected)
    )
    if change.cause in GONE:
        return _as_waiting(session, endpoint, change.person_id, named), []
    return named, corrected


def _known(session: Session, endpoint: DsrEndpoint, change: Told) -> Known:
    if change.cause in GONE:
        return Known(erasing.was_known_by(session, change.person_id, change.at))
    now = _in_records(session, Record.person_id == change.person_id)
    told = _told_of_corrections(session, change.person_id, endpoint.processor_id)
    former = correcting.was_known_by(session, change.person_id, told=told, since=change.at)
    if not former:
        return Known(now)
    records, fields = {record_id for record_id, _ in former}, {field_id for _, field_id in former}
    there = _in_records(session, Record.record_id.in_(records))
    corrected = [one for one in there if one.field_id in fields]
    by = [*filter(None, former.values()), *(one for one in now if one not in corrected)]
    return Known(by, corrected if change.cause is Cause.CORRECTED else ())


def _told_of_corrections(session: Session, person_id: UUID, recipient_id: UUID) -> Mapping[datetime, datetime | None]:
    """Of which corrections this recipient is to be told, by the moment of each; and when it was."""
    rows = session.execute(
        select(Notification.changed_at, func.min(func.coalesce(Notification.delivered_at, Notification.confirmed_at)))
        .where(
            Notification.person_id == person_id,
            Notification.recipient_id == recipient_id,
            Notification.cause == Cause.CORRECTED,
        )
        .group_by(Notification.changed_at)
    )
    return {corrected_at: told_at for corrected_at, told_at in rows}  # noqa: C416 (typed rows, not pairs)


def _as_waiting(
    session: Session, endpoint: DsrEndpoint, person_id: UUID, named: Sequence[Identity]
) -> Sequence[Identity]:
    """Of the erased no history is left: a correction that has not reached the processor says what it knows."""
    former, corrected = asking.not_heard(session, endpoint.endpoint_id, person_id)
    return [*former, *(one for one in named if one not in former and one not in corrected)]


def _in_records(session: Session, which: ColumnElement[bool]) -> list[KnownBy]:
    by_register = known_by.in_records(session, which)
    return [one for of_register in by_register.values() for one in of_register]


def _is_understood(endpoint: DsrEndpoint, one: Identity) -> bool:
    """As far as is known by now: an endpoint that has not been reached yet is discovered before it is asked."""
    told = endpoint.discovery
    return told is None or discovering.format_for(endpoint.dialect, told, IdentityType(one.identity_type)) is not None

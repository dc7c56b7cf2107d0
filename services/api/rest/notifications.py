"""Erasure (Art. 17), and the notifications to those who received what was changed (Art. 19)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.companies.permissions import Permission, Standing
from tenants.notifying import confirming, excusing, reading
from tenants.notifying.model import ConfirmedBy, Excuse, NotificationState, Way
from tenants.notifying.reading import Told, Wanted
from tenants.registers import erasing, viewing
from tenants.registers.model import Cause, ErasureGround
from tenants.requests import erasing as unless_asked_for

Reason = Annotated[str, Meta(min_length=1, max_length=erasing.LONGEST_REASON)]


class Erasing(Struct, frozen=True, forbid_unknown_fields=True):
    """One record; or, without it, all that these registers hold of the person."""

    ground: ErasureGround
    reason: Reason
    record_id: UUID | None = None
    register_ids: list[UUID] = []


class ErasedRecords(Struct, frozen=True):
    records: int


class NotificationOfRecipient(Struct, frozen=True):
    """`recipient_id` is empty where it goes to the declared source of wrong data, whose key is `source`."""

    notification_id: UUID
    person_id: UUID
    cause: Cause
    register_ids: list[UUID]
    record_ids: list[UUID]
    recipient_id: UUID | None
    agreement_id: UUID | None
    source: Annotated[str | None, Meta(examples=["population_register"])]
    way: Way
    state: NotificationState
    changed_at: datetime
    made_at: datetime
    delivered_at: datetime | None
    confirmed_at: datetime | None
    confirmed_by: ConfirmedBy | None
    reminders: int
    escalated_at: datetime | None


class ConfirmingByStaff(Struct, frozen=True, forbid_unknown_fields=True):
    """`note` says how it is known."""

    notification_ids: Annotated[list[UUID], Meta(min_length=1, max_length=confirming.MOST_AT_ONCE)]
    on: date
    note: Annotated[str, Meta(min_length=1, max_length=confirming.LONGEST_NOTE, examples=["By telephone"])]


class ConfirmedNotifications(Struct, frozen=True):
    """How many were confirmed that were not before."""

    confirmed: int


class Excusing(Struct, frozen=True, forbid_unknown_fields=True):
    excuse: Excuse
    reason: Reason


@changing(
    "/persons/{person_id:uuid}/erasures",
    status_code=200,
    summary="Erase data of a person",
    tags=["persons"],
    responses=problems(404),
)
def erase(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    person_id: FromPath[UUID],
    data: JSONBody[Erasing],
) -> ErasedRecords:
    """For good. Whoever received it is told (Art. 19); what an open request asks for is answered first."""
    standing.require(Permission.ERASE_RECORDS)
    gone = unless_asked_for.erase(
        session,
        person_id,
        ground=data.ground,
        reason=data.reason,
        record_id=data.record_id,
        register_ids=data.register_ids,
    )
    return ErasedRecords(gone)


@get(
    "/persons/{person_id:uuid}/notifications",
    sync_to_thread=True,
    summary="Who was told what became of a person's data",
    tags=["persons"],
    responses=problems(404),
)
def list_notifications_of_person(
    session: NamedDependency[Session], standing: NamedDependency[Standing], person_id: FromPath[UUID]
) -> list[NotificationOfRecipient]:
    """The newest first."""
    standing.require(Permission.TELL_RECIPIENTS)
    viewing.exists(session, person_id)
    return [_shown(one) for one in reading.of_person(session, person_id)]


@get(
    "/notifications",
    sync_to_thread=True,
    summary="List the notifications to recipients",
    tags=["processors"],
    responses=problems(),
)
def list_notifications(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    wanted: Annotated[NotificationState | None, QueryParameter(name="state")] = None,
    recipient_id: FromQuery[UUID | None] = None,
    after: FromQuery[UUID | None] = None,
) -> list[NotificationOfRecipient]:
    """Without a state, what is not settled. The oldest first, behind the notification `after`; at most fifty."""
    standing.require(Permission.TELL_RECIPIENTS)
    return [_shown(one) for one in reading.listed(session, Wanted(wanted, recipient_id), after=after)]


@changing(
    "/notifications/confirmations",
    status_code=200,
    summary="Record that recipients confirmed otherwise",
    tags=["processors"],
    responses=problems(404),
)
def confirm_notifications(
    session: NamedDependency[Session], standing: NamedDependency[Standing], data: JSONBody[ConfirmingByStaff]
) -> ConfirmedNotifications:
    """By telephone, by letter, face to face. All of them or none; what was confirmed before stays as it was."""
    standing.require(Permission.TELL_RECIPIENTS)
    return ConfirmedNotifications(confirming.by_staff(session, data.notification_ids, on=data.on, note=data.note))


@changing(
    "/notifications/{notification_id:uuid}/excuse",
    status_code=204,
    summary="Propose to leave a recipient untold",
    tags=["processors"],
    responses=problems(404),
)
def propose_excuse(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    notification_id: FromPath[UUID],
    data: JSONBody[Excusing],
) -> None:
    """As it is impossible, or would take a disproportionate effort. Somebody else decides."""
    standing.require(Permission.TELL_RECIPIENTS)
    excusing.propose(session, notification_id, data.excuse, reason=data.reason)


@changing(
    "/notifications/{notification_id:uuid}/excuse/approval",
    status_code=204,
    summary="Leave a recipient untold",
    tags=["processors"],
    responses=problems(404),
)
def approve_excuse(
    session: NamedDependency[Session], standing: NamedDependency[Standing], notification_id: FromPath[UUID]
) -> None:
    """By another than whoever proposed it."""
    standing.require(Permission.TELL_RECIPIENTS)
    excusing.approve(session, notification_id)


@changing(
    "/notifications/{notification_id:uuid}/excuse/rejection",
    status_code=204,
    summary="Have a recipient told all the same",
    tags=["processors"],
    responses=problems(404),
)
def reject_excuse(
    session: NamedDependency[Session], standing: NamedDependency[Standing], notification_id: FromPath[UUID]
) -> None:
    """By another than whoever proposed to leave it untold."""
    standing.require(Permission.TELL_RECIPIENTS)
    excusing.reject(session, notification_id)


def _shown(told: Told) -> NotificationOfRecipient:
    row = told.row
    return NotificationOfRecipient(
        notification_id=row.notification_id,
        person_id=row.person_id,
        cause=row.cause,
        register_ids=row.register_ids,
        record_ids=row.record_ids,
        recipient_id=row.recipient_id,
        agreement_id=row.agreement_id,
        source=row.source,
        way=row.way,
        state=told.state,
        changed_at=row.changed_at,
        made_at=row.made_at,
        delivered_at=row.delivered_at,
        confirmed_at=row.confirmed_at,
        confirmed_by=row.confirmed_by,
        reminders=row.reminders,
        escalated_at=row.escalated_at,
    )

"""What the client of an agreement was told of people whose data it received, and its word that it has been done."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct

from services.api.feeds.bearer import LetIn
from tenants.acting import client
from tenants.clients.scopes import PREFIX
from tenants.database import walled_session
from tenants.notifying import confirming, reading
from tenants.notifying.model import ConfirmedBy, NotificationState
from tenants.notifying.reading import Told
from tenants.notifying.refusals import NoSuchNotification
from tenants.registers.model import Cause


class Shown(StrEnum):
    """`pending` is all that has not been confirmed yet."""

    PENDING = "pending"
    ALL = "all"


class Confirmation(Struct, frozen=True):
    """`records` are those that the feed gave; without any, it is about all that was received of the person."""

    id: UUID
    reason: Cause
    person_id: UUID
    records: list[UUID]
    changed_at: datetime
    told_at: datetime
    state: NotificationState


class Confirmed(Struct, frozen=True):
    """How many were confirmed by this that were not before."""

    confirmed: int


class Several(Struct, frozen=True, forbid_unknown_fields=True):
    ids: Annotated[list[UUID], Meta(min_length=1, max_length=confirming.MOST_AT_ONCE)]


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """Without `cannot`, it has been done."""

    cannot: Annotated[str, Meta(max_length=confirming.LONGEST_NOTE)] | None = None


@get("/confirmations", sync_to_thread=True, summary="What waits to be confirmed", tags=["feeds"])
def list_confirmations(
    let_in: NamedDependency[LetIn],
    wanted: Annotated[Shown, QueryParameter(name="state")] = Shown.PENDING,
    after: FromQuery[UUID | None] = None,
) -> list[Confirmation]:
    """The oldest first, behind the one with the id `after`; at most a thousand at once."""
    found: list[Told] = []
    for agreement_id in _agreements(let_in):
        with walled_session(client(let_in.group_id, agreement_id)) as session:
            found += reading.of_client(session, only_open=wanted is Shown.PENDING, after=after)
    told = sorted(found, key=lambda one: one.row.notification_id)
    return [_shown(one) for one in told[: reading.MOST]]


@post("/confirmations", sync_to_thread=True, status_code=200, summary="Confirm several", tags=["feeds"])
def confirm_several(let_in: NamedDependency[LetIn], data: JSONBody[Several]) -> Confirmed:
    """All of them or none. Whatever was confirmed before stays as it was."""
    wanted, count = set(data.ids), 0
    of_agreement = {agreement_id: _own(let_in, agreement_id, wanted) for agreement_id in _agreements(let_in)}
    if set().union(*of_agreement.values()) != wanted:
        raise NoSuchNotification
    for agreement_id, ids in of_agreement.items():
        if ids:
            with walled_session(client(let_in.group_id, agreement_id)) as session:
                count += confirming.by_recipient(session, ids, by=ConfirmedBy.CLIENT)
    return Confirmed(count)


@post("/confirmations/{id:uuid}", sync_to_thread=True, status_code=200, summary="Confirm one", tags=["feeds"])
def confirm(let_in: NamedDependency[LetIn], id: FromPath[UUID], data: JSONBody[Answer | None] = None) -> Confirmed:
    """That it has been done; or, with `cannot`, why it cannot be."""
    for agreement_id in _agreements(let_in):
        if not _own(let_in, agreement_id, {id}):
            continue
        with walled_session(client(let_in.group_id, agreement_id)) as session:
            if data is not None and data.cannot is not None:
                confirming.decline(session, id, why=data.cannot, by=ConfirmedBy.CLIENT)
                return Confirmed(0)
            return Confirmed(confirming.by_recipient(session, [id], by=ConfirmedBy.CLIENT))
    raise NoSuchNotification


def _agreements(let_in: LetIn) -> list[UUID]:
    """Those that stand behind a feed: a sandbox is open where nothing stands."""
    return sorted({one for scope, one in let_in.open.items() if scope.startswith(PREFIX)})


def _own(let_in: LetIn, agreement_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    with walled_session(client(let_in.group_id, agreement_id)) as session:
        return reading.known_of(session, ids)


def _shown(told: Told) -> Confirmation:
    row = told.row
    return Confirmation(
        id=row.notification_id,
        reason=row.cause,
        person_id=row.person_id,
        records=row.record_ids,
        changed_at=row.changed_at,
        told_at=row.made_at,
        state=told.state,
    )

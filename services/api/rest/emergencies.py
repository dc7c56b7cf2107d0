"""Emergency access, for programs: asked for, confirmed by another, over by itself, reported and reviewed by a third."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.authorities import emergencies
from tenants.authorities.emergencies import Access
from tenants.companies.model import EmergencyGround
from tenants.companies.permissions import Permission, Standing

Reason = Annotated[str, Meta(max_length=10_000, examples=["Hätäkeskus kysyy, missä varaston työntekijät ovat."])]
Review = Annotated[str, Meta(max_length=10_000, examples=["Käyttö oli välttämätöntä ja rajattua."])]


class EmergencyAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """No personal data belongs into the reason. `recipient_id`: to whom of the catalogue something may be given."""

    ground: EmergencyGround
    reason: Reason
    minutes: Annotated[int, Meta(examples=[60])]
    registers: Annotated[list[UUID], Meta(max_length=1000)]
    recipient_id: UUID | None = None


class EmergencyAnswered(Struct, frozen=True, forbid_unknown_fields=True):
    confirm: bool


class EmergencyReviewed(Struct, frozen=True, forbid_unknown_fields=True):
    review: Review


class EmergencyId(Struct, frozen=True):
    emergency_id: UUID


class EmergencySummary(Struct, frozen=True, kw_only=True):
    """`refused` is null while nobody has answered. `running`: it opens at this moment. Its report waits for a review
    from `reported_at` until `reviewed_at`."""

    emergency_id: UUID
    ground: EmergencyGround
    reason: Reason
    minutes: int
    registers: list[UUID]
    recipient_id: UUID | None
    asked_by: UUID
    asked_at: datetime
    refused: bool | None
    answered_by: UUID | None
    ends_at: datetime | None
    ended_at: datetime | None
    running: bool
    reported_at: datetime | None
    reviewed_at: datetime | None


class DoneInEmergency(Struct, frozen=True):
    """So often this was done, to these: ids of what `about` says, and no data of theirs."""

    action: Annotated[str, Meta(examples=["person.read"])]
    about: Annotated[str, Meta(examples=["person"])]
    times: int
    ids: list[UUID]


class EmergencyWhole(Struct, frozen=True):
    """`report` is counted from the audit trail, once it is over."""

    summary: EmergencySummary
    report: list[DoneInEmergency]
    review: Review | None


@get(
    "/emergencies",
    sync_to_thread=True,
    summary="List emergency accesses",
    tags=["authorities"],
    responses=problems(),
)
def list_emergencies(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[EmergencySummary]:
    """Of the key's company, the newest first, at most 200."""
    standing.require(Permission.SEE_AUTHORITIES)
    return [_summary(one) for one in emergencies.listed(session)]


@get(
    "/emergencies/{emergency_id:uuid}",
    sync_to_thread=True,
    summary="Show an emergency access",
    tags=["authorities"],
    responses=problems(404),
)
def show_emergency(
    session: NamedDependency[Session], standing: NamedDependency[Standing], emergency_id: FromPath[UUID]
) -> EmergencyWhole:
    """With its report, when it is over."""
    standing.require(Permission.SEE_AUTHORITIES)
    one = emergencies.get(session, emergency_id)
    report = [DoneInEmergency(each.action, each.about, each.times, list(each.ids)) for each in one.report]
    return EmergencyWhole(_summary(one), report, one.answer.review if one.answer else None)


@changing(
    "/emergencies",
    status_code=201,
    summary="Ask for emergency access",
    tags=["authorities"],
    responses=problems(),
)
def ask_for_emergency(
    session: NamedDependency[Session], standing: NamedDependency[Standing], data: JSONBody[EmergencyAsked]
) -> Response[EmergencyId]:
    """In the name of the key's member. It opens nothing before another one has confirmed it."""
    standing.require(Permission.ASK_EMERGENCY)
    made = emergencies.ask(
        session,
        ground=data.ground,
        reason=data.reason,
        minutes=data.minutes,
        register_ids=data.registers,
        recipient_id=data.recipient_id,
    )
    return Response(EmergencyId(made), status_code=201, headers={"Location": f"/api/v1/emergencies/{made}"})


@changing(
    "/emergencies/{emergency_id:uuid}/answer",
    status_code=204,
    summary="Confirm an emergency access, or not",
    tags=["authorities"],
    responses=problems(404),
)
def answer_emergency(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    emergency_id: FromPath[UUID],
    data: JSONBody[EmergencyAnswered],
) -> None:
    """By another than who asked. Confirmed, its time begins."""
    standing.require(Permission.CONFIRM_EMERGENCY)
    emergencies.answer(session, emergency_id, confirm=data.confirm)


@changing(
    "/emergencies/{emergency_id:uuid}/ending",
    status_code=204,
    summary="End an emergency access before its time",
    tags=["authorities"],
    responses=problems(404),
)
def end_emergency(
    session: NamedDependency[Session], standing: NamedDependency[Standing], emergency_id: FromPath[UUID]
) -> None:
    """By whoever has it, or may confirm."""
    standing.require(Permission.SEE_AUTHORITIES)
    emergencies.end(session, emergency_id)


@changing(
    "/emergencies/{emergency_id:uuid}/review",
    status_code=204,
    summary="Review the report of an emergency access",
    tags=["authorities"],
    responses=problems(404),
)
def review_emergency(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    emergency_id: FromPath[UUID],
    data: JSONBody[EmergencyReviewed],
) -> None:
    """By a third, who oversees."""
    standing.require(Permission.REVIEW_EMERGENCY)
    emergencies.review(session, emergency_id, said=data.review)


def _summary(one: Access) -> EmergencySummary:
    row, answer = one.row, one.answer
    return EmergencySummary(
        emergency_id=row.emergency_id,
        ground=row.ground,
        reason=row.reason,
        minutes=row.minutes,
        registers=row.register_ids,
        recipient_id=row.recipient_id,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        refused=answer.refused if answer else None,
        answered_by=answer.answered_by if answer else None,
        ends_at=answer.ends_at if answer and not answer.refused else None,
        ended_at=answer.ended_at if answer else None,
        running=one.running,
        reported_at=answer.reported_at if answer else None,
        reviewed_at=answer.reviewed_at if answer else None,
    )

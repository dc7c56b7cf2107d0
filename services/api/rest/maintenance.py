"""Maintenance access: asked for with a ticket, answered by somebody of the company, over by itself."""

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
from tenants.acting import PurposeKind
from tenants.companies import maintaining
from tenants.companies.permissions import Permission, Standing


class AccessAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """`purpose` is `storage` or `customer_care`. No personal data belongs into the reason."""

    company_id: UUID
    purpose: PurposeKind
    ticket: Annotated[str, Meta(max_length=10_000, examples=["HD-1042"])]
    reason: Annotated[str, Meta(max_length=10_000, examples=["Tuonti pysähtyy samalle riville"])]
    hours: Annotated[int, Meta(examples=[2])]


class AccessAnswered(Struct, frozen=True, forbid_unknown_fields=True):
    grant: bool


class AccessId(Struct, frozen=True):
    ask_id: UUID


class AccessShown(Struct, frozen=True, kw_only=True):
    """`refused` is null while nobody has answered. `running`: it opens at this moment."""

    ask_id: UUID
    member_id: UUID
    company_id: UUID
    purpose: PurposeKind
    ticket: str
    reason: str
    asked_at: datetime
    ends_at: datetime
    refused: bool | None
    ended_at: datetime | None
    running: bool


@get("/maintenance", sync_to_thread=True, summary="List maintenance accesses", tags=["staff"], responses=problems())
def list_maintenance(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[AccessShown]:
    """The newest first, at most 200. Whoever only may ask sees their own."""
    standing.require(Permission.SEE_MAINTENANCE)
    return [
        AccessShown(
            ask_id=one.ask_id,
            member_id=one.member_id,
            company_id=one.company_id,
            purpose=one.purpose,
            ticket=one.ticket,
            reason=one.reason,
            asked_at=one.asked_at,
            ends_at=one.ends_at,
            refused=one.refused,
            ended_at=one.ended_at,
            running=one.running,
        )
        for one in maintaining.listed(session)
    ]


@changing(
    "/maintenance", status_code=201, summary="Ask for maintenance access", tags=["staff"], responses=problems(404)
)
def ask_maintenance(
    session: NamedDependency[Session], standing: NamedDependency[Standing], data: JSONBody[AccessAsked]
) -> Response[AccessId]:
    """In the name of the key's member. It opens nothing before somebody of the company has granted it."""
    standing.require(Permission.ASK_MAINTENANCE)
    ask_id = maintaining.ask(
        session,
        company_id=data.company_id,
        purpose=data.purpose,
        ticket=data.ticket,
        reason=data.reason,
        hours=data.hours,
    )
    return Response(AccessId(ask_id), status_code=201)


@changing(
    "/maintenance/{ask_id:uuid}/answer",
    status_code=204,
    summary="Let maintenance in, or not",
    tags=["staff"],
    responses=problems(404, 409),
)
def answer_maintenance(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    ask_id: FromPath[UUID],
    data: JSONBody[AccessAnswered],
) -> None:
    """By another than who asked."""
    standing.require(Permission.GRANT_MAINTENANCE)
    maintaining.answer(session, ask_id, grant=data.grant)


@changing(
    "/maintenance/{ask_id:uuid}/ending",
    status_code=204,
    summary="End a maintenance access before its time",
    tags=["staff"],
    responses=problems(404),
)
def end_maintenance(
    session: NamedDependency[Session], standing: NamedDependency[Standing], ask_id: FromPath[UUID]
) -> None:
    standing.require(Permission.SEE_MAINTENANCE)
    maintaining.end(session, ask_id)

"""Two persons who share an identifier are told apart, and it is taken back."""

from datetime import datetime
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from services.api.rest.sameness import Reason
from tenants.companies.permissions import Permission, Standing
from tenants.sameness import telling_apart
from tenants.sameness.telling_apart import Apart


class TellingApart(Struct, frozen=True, forbid_unknown_fields=True):
    other_id: UUID
    reason: Reason


class TakingBack(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


class TwoPeople(Struct, frozen=True):
    """In force while `undone_at` is null."""

    distinction_id: UUID
    one_id: UUID
    other_id: UUID
    reason: str
    made_at: datetime
    made_by: UUID | None
    undone_at: datetime | None
    undone_by: UUID | None
    undo_reason: str | None


@changing(
    "/persons/{person_id:uuid}/distinctions",
    status_code=200,
    summary="Tell two persons apart",
    tags=["persons"],
    responses=problems(404),
)
def tell_apart(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    person_id: FromPath[UUID],
    data: JSONBody[TellingApart],
) -> TwoPeople:
    """They are not proposed as duplicates any more, and not merged (409) before it is taken back."""
    standing.require(Permission.MERGE_PERSONS)
    return _shown(
        telling_apart.get(session, telling_apart.tell_apart(session, person_id, data.other_id, reason=data.reason))
    )


@get(
    "/persons/{person_id:uuid}/distinctions",
    sync_to_thread=True,
    summary="List from whom a person was told apart",
    tags=["persons"],
    responses=problems(404),
)
def list_distinctions(
    session: NamedDependency[Session], standing: NamedDependency[Standing], person_id: FromPath[UUID]
) -> list[TwoPeople]:
    """The newest first, those that were taken back among them; at most fifty."""
    standing.require(Permission.MERGE_PERSONS)
    return [_shown(one) for one in telling_apart.of_person(session, person_id)]


@changing(
    "/distinctions/{distinction_id:uuid}/undoing",
    status_code=200,
    summary="Take back that two persons are two people",
    tags=["persons"],
    responses=problems(404),
)
def take_back(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    distinction_id: FromPath[UUID],
    data: JSONBody[TakingBack],
) -> TwoPeople:
    """They are proposed again for as long as they share an identifier."""
    standing.require(Permission.MERGE_PERSONS)
    telling_apart.take_back(session, distinction_id, reason=data.reason)
    return _shown(telling_apart.get(session, distinction_id))


def _shown(told: Apart) -> TwoPeople:
    row = told.row
    return TwoPeople(
        distinction_id=row.distinction_id,
        one_id=row.one_id,
        other_id=row.other_id,
        reason=told.reason,
        made_at=row.made_at,
        made_by=row.made_by,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
        undo_reason=told.undo_reason,
    )

"""Restrictions of processing (Art. 18): placed on a person or a record, and lifted after the person was told."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.companies.permissions import Permission, Standing
from tenants.languages.speaking import Language
from tenants.registers import restricting
from tenants.registers.model import RestrictionGround, RestrictionState
from tenants.registers.restricting import Restricted
from tenants.requests import lifting

Reason = Annotated[str, Meta(min_length=1, max_length=restricting.LONGEST_REASON)]


class Placing(Struct, frozen=True, forbid_unknown_fields=True):
    """Without a record, everything that is held of the person is restricted."""

    ground: RestrictionGround
    reason: Reason
    review_on: Annotated[date, Meta(description="When it is looked at again", examples=["2027-01-31"])]
    record_id: UUID | None = None


class Lifting(Struct, frozen=True, forbid_unknown_fields=True):
    """The person reads the reason, by e-mail or, where there is only a postal address, on paper."""

    reason: Reason
    language: Language
    email: Annotated[str, Meta(max_length=254)] = ""
    postal_address: Annotated[str, Meta(max_length=lifting.LONGEST_ADDRESS)] = ""


class RestrictionOfPerson(Struct, frozen=True):
    """`told_at` is when the notice was on its way; a restriction is never lifted before (Art. 18(3))."""

    restriction_id: UUID
    record_id: UUID | None
    state: RestrictionState
    ground: RestrictionGround
    reason: str
    placed_by: UUID | None
    placed_at: datetime
    review_on: date
    told_at: datetime | None
    lifted_at: datetime | None


@changing(
    "/persons/{person_id:uuid}/restrictions",
    status_code=200,
    summary="Restrict processing",
    tags=["persons"],
    responses=problems(404),
)
def place_restriction(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    person_id: FromPath[UUID],
    data: JSONBody[Placing],
) -> list[RestrictionOfPerson]:
    """From the next statement on, only the purposes of Art. 18(2) see what is restricted."""
    standing.require(Permission.RESTRICT_PERSONS)
    restricting.place(
        session,
        person_id,
        ground=data.ground,
        reason=data.reason,
        review_on=data.review_on,
        record_id=data.record_id,
    )
    return _told(session, person_id)


@get(
    "/persons/{person_id:uuid}/restrictions",
    sync_to_thread=True,
    summary="List the restrictions of a person",
    tags=["persons"],
    responses=problems(404),
)
def list_restrictions(
    session: NamedDependency[Session], standing: NamedDependency[Standing], person_id: FromPath[UUID]
) -> list[RestrictionOfPerson]:
    """Those in force and those that were, the newest first."""
    standing.require(Permission.RESTRICT_PERSONS)
    return _told(session, person_id)


@changing(
    "/restrictions/{restriction_id:uuid}/lifting",
    status_code=202,
    summary="Lift a restriction",
    tags=["persons"],
    responses=problems(404),
)
def lift_restriction(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    restriction_id: FromPath[UUID],
    data: JSONBody[Lifting],
) -> None:
    """The notice goes out first; the restriction ends when it was sent, or when its posting is recorded."""
    standing.require(Permission.RESTRICT_PERSONS)
    lifting.lift(
        session,
        restriction_id,
        reason=data.reason,
        language=data.language,
        email=data.email,
        postal_address=data.postal_address,
    )


@changing(
    "/restrictions/{restriction_id:uuid}/notice/posting",
    status_code=204,
    summary="Record that a notice was posted",
    tags=["persons"],
    responses=problems(404),
)
def mark_notice_posted(
    session: NamedDependency[Session], standing: NamedDependency[Standing], restriction_id: FromPath[UUID]
) -> None:
    """On paper, and printed in the office. The restriction ends."""
    standing.require(Permission.RESTRICT_PERSONS)
    lifting.posted(session, restriction_id)


def _told(session: Session, person_id: UUID) -> list[RestrictionOfPerson]:
    return [_shown(one) for one in restricting.of_person(session, person_id)]


def _shown(one: Restricted) -> RestrictionOfPerson:
    row = one.row
    return RestrictionOfPerson(
        restriction_id=row.restriction_id,
        record_id=row.record_id,
        state=row.state,
        ground=row.ground,
        reason=one.reason,
        placed_by=row.placed_by,
        placed_at=row.placed_at,
        review_on=row.review_on,
        told_at=row.told_at,
        lifted_at=row.lifted_at,
    )

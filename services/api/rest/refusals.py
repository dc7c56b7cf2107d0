"""Refusals: with their ground in law and their reasons, and by two where the law puts the burden on the controller."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from services.api.rest.cases import CaseSummary, summary
from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.companies.permissions import Permission, Standing
from tenants.languages.speaking import Text
from tenants.requests import reading, refusing
from tenants.requests.law import grounds
from tenants.requests.model import Right


class Refusing(Struct, frozen=True, forbid_unknown_fields=True):
    ground: Annotated[str, Meta(description="A key of /api/v1/refusal-grounds", examples=["manifestly_unfounded"])]
    reason: Annotated[
        str, Meta(min_length=1, max_length=refusing.LONGEST_REASON, description="As the person will read it")
    ]


class GivingBack(Struct, frozen=True, forbid_unknown_fields=True):
    """For the colleague who proposed; the person does not see it. Whoever takes an own proposal back needs no words."""

    words: Annotated[str, Meta(max_length=refusing.LONGEST_REASON)] = ""


class RefusalGround(Struct, frozen=True):
    """`by_two` ones are proposed by one member of staff and confirmed by another."""

    key: str
    provision: Text
    rights: list[Right]
    says: Text
    by_two: bool


@changing(
    "/cases/{case_id:uuid}/refusal",
    status_code=200,
    summary="Refuse a case",
    tags=["cases"],
    responses=problems(404),
)
def refuse_case(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    case_id: FromPath[UUID],
    data: JSONBody[Refusing],
) -> CaseSummary:
    """With its ground in law and its reasons. The letter is on its way when this answers, unless the ground asks for a
    second member of staff (Art. 12(5)): then the state is `refusal_proposed`."""
    standing.require(Permission.DECIDE_CASES)
    refusing.refuse(session, case_id, ground=data.ground, reason=data.reason)
    return summary(reading.get_case(session, case_id).case)


@changing(
    "/cases/{case_id:uuid}/refusal/confirmation",
    status_code=200,
    summary="Confirm a proposed refusal",
    tags=["cases"],
    responses=problems(404),
)
def confirm_refusal(
    session: NamedDependency[Session], standing: NamedDependency[Standing], case_id: FromPath[UUID]
) -> CaseSummary:
    """By another member of staff than the one who proposed it; the letter is on its way when this answers."""
    standing.require(Permission.DECIDE_CASES)
    refusing.confirm(session, case_id)
    return summary(reading.get_case(session, case_id).case)


@changing(
    "/cases/{case_id:uuid}/refusal/return",
    status_code=200,
    summary="Give a proposed refusal back",
    tags=["cases"],
    responses=problems(404),
)
def return_refusal(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    case_id: FromPath[UUID],
    data: JSONBody[GivingBack],
) -> CaseSummary:
    """The case is undecided again."""
    standing.require(Permission.DECIDE_CASES)
    refusing.give_back(session, case_id, words=data.words)
    return summary(reading.get_case(session, case_id).case)


@get(
    "/refusal-grounds", sync_to_thread=True, summary="List the grounds of refusal", tags=["cases"], responses=problems()
)
def list_grounds(standing: NamedDependency[Standing]) -> list[RefusalGround]:
    """Those that the law knows."""
    standing.require(Permission.SEE_CASES)
    return [
        RefusalGround(one.key, one.provision, [Right(right) for right in sorted(one.rights)], one.says, one.by_two)
        for one in grounds.every_ground().values()
    ]

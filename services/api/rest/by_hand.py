"""What staff do for whoever came by letter, telephone or at a counter: identity, letters on paper, handing over.

Letters are printed and archives downloaded in the office only: no key opens what an archive holds.
"""

from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.rest.cases import CaseSummary, summary
from services.api.rest.describing import problems
from services.api.rest.repeating import changing
from tenants.companies.permissions import Permission, Standing
from tenants.requests import handing_over, identity, paper, reading
from tenants.requests.handing_over import How
from tenants.requests.intake import Checked


class Confirming(Struct, frozen=True, forbid_unknown_fields=True):
    """How the identity was checked; nothing of a document is kept."""

    checked: Checked


class HandingOver(Struct, frozen=True, forbid_unknown_fields=True):
    how: How


@changing(
    "/cases/{case_id:uuid}/identity",
    status_code=202,
    summary="Confirm who asks",
    tags=["cases"],
    responses=problems(404),
)
def confirm_identity(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    case_id: FromPath[UUID],
    data: JSONBody[Confirming],
) -> CaseSummary:
    """Of a case that awaits its identity; a worker searches the registers then, as after a code."""
    standing.require(Permission.ENTER_REQUESTS)
    identity.confirm(session, case_id, checked=data.checked)
    return summary(reading.get_case(session, case_id).case)


@changing(
    "/cases/{case_id:uuid}/letters/{letter_id:uuid}/posting",
    status_code=204,
    summary="Mark a letter on paper as posted",
    tags=["cases"],
    responses=problems(404),
)
def mark_letter_posted(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    case_id: FromPath[UUID],
    letter_id: FromPath[UUID],
) -> None:
    """Its text is destroyed; that it was posted, when and by whom remains."""
    standing.require(Permission.HAND_OVER)
    paper.posted(session, case_id, letter_id)


@changing(
    "/cases/{case_id:uuid}/handover",
    status_code=200,
    summary="Record how an archive was handed over",
    tags=["cases"],
    responses=problems(404),
)
def record_handover(
    session: NamedDependency[Session],
    standing: NamedDependency[Standing],
    case_id: FromPath[UUID],
    data: JSONBody[HandingOver],
) -> CaseSummary:
    """Once a member of staff has downloaded it in the office. The case is answered, and the archive destroyed."""
    standing.require(Permission.HAND_OVER)
    handing_over.hand_over(session, case_id, how=data.how)
    return summary(reading.get_case(session, case_id).case)

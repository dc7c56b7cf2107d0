"""What a data protection officer oversees: counts, dates and states of every company, and nobody's data."""

from datetime import date, datetime
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from msgspec import Struct
from sqlalchemy.orm import Session

from services.api.rest.describing import problems
from tenants.companies import companies
from tenants.companies.permissions import Permission, Standing
from tenants.languages.speaking import HELSINKI
from tenants.processors.model import AgreementState
from tenants.processors.standing import overseen
from tenants.requests import overseeing
from tenants.requests.model import CaseState


class CompanyFigures(Struct, frozen=True):
    """`late` cases are past the day that steers; `overdue` means that the day of a review has gone by."""

    company_id: UUID
    company: str
    open_cases: dict[CaseState, int]
    late_cases: int
    first_due_on: date | None
    closed_cases: int
    restrictions: int
    restrictions_overdue: int
    sharing_reviews_overdue: int


class AgreementFigures(Struct, frozen=True):
    """Of one company and state: nothing flows under `stopped` of them; `first_end` is the first last day."""

    company_id: UUID
    company: str
    state: AgreementState
    agreements: int
    stopped: int
    first_end: date | None


@get("/oversight", sync_to_thread=True, summary="Oversee all companies", tags=["oversight"], responses=problems())
def show_oversight(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[CompanyFigures]:
    """For the data protection officer. A case is looked into with a key that acts for its company."""
    standing.require(Permission.OVERSEE)
    return [
        CompanyFigures(
            company_id=one.company_id,
            company=one.company,
            open_cases={counted.state: counted.cases for counted in one.open},
            late_cases=one.late,
            first_due_on=one.first_due,
            closed_cases=one.closed,
            restrictions=one.restrictions,
            restrictions_overdue=one.restrictions_overdue,
            sharing_reviews_overdue=one.sharing_overdue,
        )
        for one in overseeing.overview(session, today=datetime.now(HELSINKI).date())
    ]


@get(
    "/oversight/agreements",
    sync_to_thread=True,
    summary="Oversee the agreements with processors",
    tags=["oversight"],
    responses=problems(),
)
def show_agreements(session: NamedDependency[Session], standing: NamedDependency[Standing]) -> list[AgreementFigures]:
    """For the data protection officer, of every company overseen. What is agreed is shown to keys of its company."""
    standing.require(Permission.OVERSEE)
    names = companies.names(session)
    return [
        AgreementFigures(one.company_id, names[one.company_id], one.state, one.agreements, one.stopped, one.first_end)
        for one in overseen(session)
    ]

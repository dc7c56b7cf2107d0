"""What the data protection officer oversees of every company: figures, dates and states, and nobody's data.

The figures come from functions of the database that count only what their caller oversees; the rows stay behind the
company wall. A case is entered by acting for its company, like anybody else.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from tenants.companies.model import Company
from tenants.companies.permissions import Permission, require
from tenants.registers.model import RestrictionState
from tenants.requests.model import OPEN_STATES, CaseState
from tenants.sharing.model import SharingPolicy


class Counted(Struct, frozen=True):
    state: CaseState
    cases: int


class Overseen(Struct, frozen=True, kw_only=True):
    """One company. `late` cases are past their day; a review is overdue when its day has gone by."""

    company_id: UUID
    company: str
    open: tuple[Counted, ...]
    late: int
    first_due: date | None
    closed: int
    restrictions: int
    restrictions_overdue: int
    sharing_overdue: int

    @property
    def open_cases(self) -> int:
        return sum(one.cases for one in self.open)


def overview(session: Session, *, today: date) -> list[Overseen]:
    """In the companies' order; those whom the member who acts does not oversee are left out. Raises Forbidden."""
    require(session, Permission.OVERSEE)
    overseen = session.scalars(select(func.overseen_companies())).one()
    cases = session.execute(text("SELECT * FROM overseen_cases(:today)"), {"today": today}).all()
    restrictions = session.execute(text("SELECT * FROM overseen_restrictions(:today)"), {"today": today}).all()
    shares = _shares_overdue(session, today)
    companies = session.execute(
        select(Company.company_id, Company.name).where(Company.company_id.in_(overseen)).order_by(Company.position)
    ).all()
    return [
        _overseen(
            company_id,
            name,
            [row for row in cases if row.company_id == company_id],
            [row for row in restrictions if row.company_id == company_id and row.state != RestrictionState.LIFTED],
            shares.get(company_id, 0),
        )
        for company_id, name in companies
    ]


def _overseen(
    company_id: UUID, name: str, cases: Sequence[Row[Any]], restrictions: Sequence[Row[Any]], shares: int
) -> Overseen:
    still_open = [row for row in cases if CaseState(row.state) in OPEN_STATES]
    return Overseen(
        company_id=company_id,
        company=name,
        open=tuple(Counted(state, row.cases) for state in CaseState for row in still_open if row.state == state),
        late=sum(row.late for row in still_open),
        first_due=min((row.first_due for row in still_open), default=None),
        closed=sum(row.cases for row in cases if row not in still_open),
        restrictions=sum(row.restrictions for row in restrictions),
        restrictions_overdue=sum(row.overdue for row in restrictions),
        sharing_overdue=shares,
    )


def _shares_overdue(session: Session, today: date) -> dict[UUID, int]:
    rows = session.execute(
        select(SharingPolicy.company_id, func.count())
        .where(
            SharingPolicy.review_on < today,
            SharingPolicy.granted_at.is_not(None),
            SharingPolicy.revoked_at.is_(None),
            SharingPolicy.replaced_at.is_(None),
        )
        .group_by(SharingPolicy.company_id)
    )
    return {company_id: number for company_id, number in rows}  # noqa: C416 (typed rows, not pairs)

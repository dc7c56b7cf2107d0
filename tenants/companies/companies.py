"""The controllers of the group, as far as everybody in it may know them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.companies.members import NoSuchCompany
from tenants.companies.model import Company


def listed(session: Session) -> Sequence[Company]:
    """In their order, without those that are retired."""
    return session.scalars(select(Company).where(Company.retired_at.is_(None)).order_by(Company.position)).all()


def names(session: Session) -> dict[UUID, str]:
    """Of all of them, also of those that are retired."""
    rows = session.execute(select(Company.company_id, Company.name).order_by(Company.position))
    return {company_id: name for company_id, name in rows}  # noqa: C416 (typed rows, not pairs)


def get(session: Session, company_id: UUID) -> Company:
    """Raises NoSuchCompany."""
    found = session.scalar(select(Company).where(Company.company_id == company_id))
    if found is None:
        raise NoSuchCompany
    return found


def by_key(session: Session, key: str) -> Company:
    """Raises NoSuchCompany."""
    found = session.scalar(select(Company).where(Company.key == key, Company.retired_at.is_(None)))
    if found is None:
        raise NoSuchCompany(field="company")
    return found

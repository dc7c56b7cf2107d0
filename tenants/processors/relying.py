"""On whose facts other companies rely: those with whom one of them has an agreement, and those who work for them.

PostgreSQL asks the same before it lets a company change them (`processors_of_others`).
"""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenants.companies.permissions import Permission, require
from tenants.processors import refusals


def of_others(session: Session) -> frozenset[UUID]:
    """None for whoever acts for no company: the whole group decides about all of them."""
    return frozenset(session.scalar(select(func.processors_of_others())) or ())


def require_free(session: Session, processor_id: UUID) -> None:
    """Before what is known of it is changed. Raises OthersRely, Forbidden."""
    require(session, Permission.MANAGE_PROCESSORS)
    if processor_id in of_others(session):
        raise refusals.OthersRely

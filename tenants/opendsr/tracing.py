"""The trace of requests and endpoints: what was said and heard, when, and what became of it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.opendsr.model import DsrStep, Step

SHOWN = 100


def note(
    session: Session,
    company_id: UUID,
    about_id: UUID,
    step: Step,
    outcome: str = "done",
    *,
    http_status: int | None = None,
) -> None:
    session.add(DsrStep(company_id=company_id, about_id=about_id, step=step, outcome=outcome, http_status=http_status))


def of(session: Session, about_id: UUID) -> Sequence[DsrStep]:
    """The newest first."""
    wanted = select(DsrStep).where(DsrStep.about_id == about_id)
    return session.scalars(wanted.order_by(DsrStep.step_id.desc()).limit(SHOWN)).all()

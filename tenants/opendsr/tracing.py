"""The trace of requests and endpoints: what was said and heard, when, and what became of it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
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


def last(session: Session, about_ids: Sequence[UUID], *, each: int) -> dict[UUID, list[DsrStep]]:
    """Of each the newest, the newest first."""
    nth = func.row_number().over(partition_by=DsrStep.about_id, order_by=DsrStep.step_id.desc()).label("nth")
    numbered = select(DsrStep.step_id, nth).where(DsrStep.about_id.in_(about_ids)).subquery()
    wanted = select(DsrStep).join(numbered, numbered.c.step_id == DsrStep.step_id).where(numbered.c.nth <= each)
    found: dict[UUID, list[DsrStep]] = {one: [] for one in about_ids}
    for step in session.scalars(wanted.order_by(DsrStep.step_id.desc())):
        found[step.about_id].append(step)
    return found


def of(session: Session, about_id: UUID) -> Sequence[DsrStep]:
    """The newest first."""
    wanted = select(DsrStep).where(DsrStep.about_id == about_id)
    return session.scalars(wanted.order_by(DsrStep.step_id.desc()).limit(SHOWN)).all()

"""What happened to a case, for its company and for its person."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from tenants import together
from tenants.acting import Actor
from tenants.database import acting_of
from tenants.requests.model import Case, CaseEvent, CaseEventKind


def note(
    session: Session,
    case: Case,
    kind: CaseEventKind,
    *,
    at: datetime | None = None,
    by: tuple[Actor, UUID | None] | None = None,
    **figures: int | str,
) -> None:
    """Now and by whom the session acts for, unless it is told of something that happened before the case was opened."""
    acting = acting_of(session)
    actor, actor_id = by or (acting.actor, acting.actor_id)
    together.add(
        session,
        CaseEvent(
            company_id=case.company_id,
            case_id=case.case_id,
            request_id=case.request_id,
            at=at or datetime.now(UTC),
            kind=kind,
            actor=actor,
            actor_id=actor_id,
            figures=figures,
        ),
    )

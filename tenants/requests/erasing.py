"""What an open request asks for is not erased before it is answered."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from tenants.errors import Conflict
from tenants.registers import erasing
from tenants.registers.model import ErasureGround
from tenants.requests.model import OPEN_STATES, Case, CaseMatch


class AskedFor(Conflict):
    """An open request asks for this person's data; it is answered first."""


def erase(
    session: Session,
    person_id: UUID,
    *,
    ground: ErasureGround,
    reason: str,
    record_id: UUID | None = None,
    register_ids: Collection[UUID] = (),
) -> int:
    """As `erasing.erase`. Raises what that raises, and AskedFor."""
    if is_asked_for(session, person_id):
        raise AskedFor
    return erasing.erase(
        session, person_id, ground=ground, reason=reason, record_id=record_id, register_ids=register_ids
    )


def is_asked_for(session: Session, person_id: UUID) -> bool:
    matched = select(CaseMatch.case_id).where(CaseMatch.person_id == person_id)
    about = or_(Case.person_id == person_id, and_(Case.person_id.is_(None), Case.case_id.in_(matched)))
    return session.scalar(select(Case.case_id).where(Case.state.in_(OPEN_STATES), about).limit(1)) is not None

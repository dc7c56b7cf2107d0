"""Whether anything may flow under an agreement at this moment: what the statements of feeds ask, too."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.processors import reading, standing

LAW = ":day, :free, :adequate, :partly"


def stands(session: Session, agreement_id: UUID) -> bool:
    return session.scalars(_STANDS, {"agreement": agreement_id, **law()}).one_or_none() is not None


def law() -> dict[str, object]:
    day = reading.today()
    return {"day": day, **standing.of_the_law(day)}


_STANDS = text(f"""
    SELECT a.agreement_id FROM agreements a
    WHERE a.agreement_id = :agreement
      AND NOT EXISTS (SELECT FROM agreement_stops(a.group_id, a.agreement_id, {LAW}))
""")

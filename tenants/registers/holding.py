"""Whether a register or a field of it holds anything: what is held cannot be declared away."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.registers.model import Record


def holds(session: Session, register_id: UUID, field_id: UUID | None) -> bool:
    """Of the acting company, for a purpose that sees what is restricted too. Without a field: any record at all."""
    held = select(Record.record_id).where(Record.register_id == register_id)
    if field_id is not None:
        held = held.where(Record.data.has_key(str(field_id)))
    return session.scalar(held.limit(1)) is not None

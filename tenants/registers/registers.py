"""The registers of the company that is acted for, as their notices describe them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from tenants.database import acting_of
from tenants.registers.model import Field, Register
from tenants.registers.shapes import NoSuchRegister


def listed(session: Session) -> Sequence[Register]:
    """In their order, without those that are retired; of all companies for whoever acts for none."""
    return session.scalars(_own(session).where(Register.retired_at.is_(None)).order_by(Register.position)).all()


def get(session: Session, register_id: UUID) -> Register:
    """Raises NoSuchRegister."""
    found = session.scalar(_own(session).where(Register.register_id == register_id))
    if found is None:
        raise NoSuchRegister
    return found


def fields(session: Session, register_id: UUID) -> Sequence[Field]:
    """Those that take values in, in their order."""
    own = select(Field).where(Field.register_id == register_id, Field.retired_at.is_(None))
    return session.scalars(own.order_by(Field.position, Field.key)).all()


def _own(session: Session) -> Select[Register]:
    """How registers are made up is no secret within a group; whose they are is told by the company acted for."""
    company_id = acting_of(session).company_id
    every = select(Register)
    return every.where(Register.company_id == company_id) if company_id else every

"""Whither data goes: which register serves which purpose of which company, and who receives it."""

from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.companies.model import Company
from tenants.database import acting_of
from tenants.registers.model import Purpose, Recipient, Register


class Flow(Struct, frozen=True):
    """One register of one company, for one of its purposes; without one where the notice names none."""

    company: Company
    register: Register
    purpose: Purpose | None
    recipients: tuple[Recipient, ...]


def listed(session: Session) -> list[Flow]:
    """Of the acting company, or of the whole group for whoever acts for none: no person is in it."""
    own: UUID | None = acting_of(session).company_id
    wanted = (
        select(Company, Register, Purpose)
        .join(Register, Register.company_id == Company.company_id)
        .outerjoin(Purpose, (Purpose.register_id == Register.register_id) & Purpose.retired_at.is_(None))
        .where(Company.retired_at.is_(None), Register.retired_at.is_(None))
        .order_by(Company.position, Company.key, Register.position, Register.key, Purpose.position)
    )
    if own:
        wanted = wanted.where(Company.company_id == own)
    return [
        Flow(company, register, purpose, tuple(register.recipients))
        for company, register, purpose in session.execute(wanted)
    ]

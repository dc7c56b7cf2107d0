"""What the owner of a register declares and the group consists of: what policies and feeds are held against."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.companies.model import Company
from tenants.registers.model import Field, Purpose, Register


class About(Protocol):
    """What says which register is meant, and for which purpose."""

    @property
    def register_id(self) -> UUID: ...
    @property
    def purpose_id(self) -> UUID: ...


class Declared(Struct, frozen=True):
    """A register in force and its fields by key. Both are what the notice in force says."""

    register: Register
    fields: Mapping[str, Field]

    def names(self, company: Company) -> bool:
        """Whether this company is told of as a recipient: by its name, or as one of the group's companies."""
        return any(one.in_group or one.name == company.name for one in self.register.recipients)


class Ground(Struct, frozen=True):
    """`registers` are those of the owner by key, without what is retired; `companies` those of the group now."""

    owner_id: UUID
    companies: Mapping[UUID, Company]
    registers: Mapping[str, Declared]
    shared: Declared | None
    purpose: Purpose | None


def ground(session: Session, owner_id: UUID, terms: About) -> Ground:
    companies = session.scalars(select(Company).where(Company.retired_at.is_(None)))
    registers = session.scalars(select(Register).where(Register.company_id == owner_id, Register.retired_at.is_(None)))
    fields = session.scalars(
        select(Field).where(Field.company_id == owner_id, Field.retired_at.is_(None)).order_by(Field.position)
    ).all()
    declared = {
        one.register_id: Declared(one, {each.key: each for each in fields if each.register_id == one.register_id})
        for one in registers
    }
    purpose = session.scalar(
        select(Purpose).where(
            Purpose.purpose_id == terms.purpose_id,
            Purpose.register_id == terms.register_id,
            Purpose.company_id == owner_id,
            Purpose.retired_at.is_(None),
        )
    )
    return Ground(
        owner_id=owner_id,
        companies={one.company_id: one for one in companies},
        registers={one.register.key: one for one in declared.values()},
        shared=declared.get(terms.register_id),
        purpose=purpose,
    )

"""What the ids and keys in policies are called. Registers and their fields are no secret within a group."""

from collections.abc import Collection, Mapping
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.companies import companies
from tenants.registers.model import Field, Purpose, Register


class Names(Struct, frozen=True):
    """Of the registers of some companies, with what is retired: what was said of it is still read."""

    companies: Mapping[UUID, str]
    registers: Mapping[UUID, Register]
    purposes: Mapping[UUID, Purpose]
    fields: Mapping[UUID, Field]

    def field(self, register_id: UUID, key: str) -> Field | None:
        """By its key, or by its id in words, as what was compiled says it."""
        own = (one for one in self.fields.values() if one.register_id == register_id)
        return next((one for one in own if key in (one.key, str(one.field_id))), None)

    def register(self, company_id: UUID, key: str) -> Register | None:
        """As `field`."""
        own = (one for one in self.registers.values() if one.company_id == company_id)
        return next((one for one in own if key in (one.key, str(one.register_id))), None)

    def fields_of(self, register_id: UUID) -> list[Field]:
        """Those that take values in, in their order."""
        own = [one for one in self.fields.values() if one.register_id == register_id and one.retired_at is None]
        return sorted(own, key=lambda one: (one.position, one.key))

    def purposes_of(self, register_id: UUID) -> list[Purpose]:
        own = [one for one in self.purposes.values() if one.register_id == register_id and one.retired_at is None]
        return sorted(own, key=lambda one: one.position)

    def registers_of(self, company_id: UUID) -> list[Register]:
        own = [one for one in self.registers.values() if one.company_id == company_id and one.retired_at is None]
        return sorted(own, key=lambda one: one.position)


def names(session: Session, owners: Collection[UUID]) -> Names:
    registers = session.scalars(select(Register).where(Register.company_id.in_(owners)))
    purposes = session.scalars(select(Purpose).where(Purpose.company_id.in_(owners)))
    fields = session.scalars(select(Field).where(Field.company_id.in_(owners)))
    return Names(
        companies=companies.names(session),
        registers={one.register_id: one for one in registers},
        purposes={one.purpose_id: one for one in purposes},
        fields={one.field_id: one for one in fields},
    )

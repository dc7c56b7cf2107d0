"""What a controller declares of its registers, read in one statement: an archive needs all of it and writes none."""

from datetime import datetime
from typing import TypeVar
from typing import cast as typed
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ScalarSelect, Table, Text, cast, func, select
from sqlalchemy.orm import Session

from tenants.base import Base
from tenants.companies import model as companies
from tenants.companies.model import Contact
from tenants.groups import model as groups
from tenants.languages.speaking import Text as Words
from tenants.registers import model as registers
from tenants.registers.model import FieldType, IdentityLevel, LegalBasis, Origin, Recipient, Retention


class Group(Struct, frozen=True):
    slug: str
    name: str


class Company(Struct, frozen=True):
    company_id: UUID
    key: str
    name: str
    business_id: str | None
    contact: Contact
    archive_days: int


class Register(Struct, frozen=True):
    register_id: UUID
    key: str
    name: Words
    identity_level: IdentityLevel
    retention: Retention | None
    sources: list[Words]
    recipients: list[Recipient]
    position: int
    retired_at: datetime | None


class Field(Struct, frozen=True):
    """`field_id` as it stands in the data of a record."""

    field_id: str
    register_id: UUID
    key: str
    label: Words
    category: Words
    type: FieldType
    origin: Origin
    sealed: bool
    purposes: list[str]
    position: int


class Purpose(Struct, frozen=True):
    register_id: UUID
    key: str
    label: Words
    legal_basis: LegalBasis | None
    position: int
    retired_at: datetime | None


class Declared(Struct, frozen=True):
    """All lists in the order of the notice. Retired fields are there: what was kept under them may still be kept."""

    group: Group
    company: Company
    registers: list[Register]
    fields: dict[UUID, list[Field]]
    purposes: dict[UUID, list[Purpose]]


def declared_by(session: Session, company_id: UUID) -> Declared:
    group, company, all_registers, all_fields, all_purposes = session.execute(
        select(
            _rows(groups.Group, None),
            _rows(companies.Company, company_id),
            _rows(registers.Register, company_id),
            _rows(registers.Field, company_id),
            _rows(registers.Purpose, company_id),
        )
    ).one()
    purposes = [purpose for purpose in _PURPOSES.decode(all_purposes) if purpose.retired_at is None]
    return Declared(
        group=_GROUPS.decode(group)[0],
        company=_COMPANIES.decode(company)[0],
        registers=_in_order(_REGISTERS.decode(all_registers)),
        fields=_by_register(_in_order(_FIELDS.decode(all_fields))),
        purposes=_by_register(_in_order(purposes)),
    )


def _rows(kind: type[Base], company_id: UUID | None) -> ScalarSelect[str]:
    """Whole rows as a JSON list; the walls decide which group's they are."""
    table = typed(Table, kind.__table__)
    rows = select(func.coalesce(cast(func.json_agg(func.to_json(table.table_valued())), Text), "[]"))
    return (rows if company_id is None else rows.where(table.c.company_id == company_id)).scalar_subquery()


Placed = TypeVar("Placed", Register, Field, Purpose)
Part = TypeVar("Part", Field, Purpose)


def _in_order(rows: list[Placed]) -> list[Placed]:
    return sorted(rows, key=lambda row: (row.position, row.key))


def _by_register(rows: list[Part]) -> dict[UUID, list[Part]]:
    found: dict[UUID, list[Part]] = {}
    for row in rows:
        found.setdefault(row.register_id, []).append(row)
    return found


_GROUPS = msgspec.json.Decoder(list[Group])
_COMPANIES = msgspec.json.Decoder(list[Company])
_REGISTERS = msgspec.json.Decoder(list[Register])
_FIELDS = msgspec.json.Decoder(list[Field])
_PURPOSES = msgspec.json.Decoder(list[Purpose])

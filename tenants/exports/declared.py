"""What a controller declares of its registers, read in one statement: an archive needs all of it and writes none."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.companies.model import Contact
from tenants.languages.speaking import Text
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
    name: Text
    identity_level: IdentityLevel
    retention: Retention | None
    sources: list[Text]
    recipients: list[Recipient]
    position: int
    retired_at: datetime | None


class Field(Struct, frozen=True):
    """`field_id` as it stands in the data of a record."""

    field_id: str
    register_id: UUID
    key: str
    label: Text
    category: Text
    type: FieldType
    origin: Origin
    sealed: bool
    purposes: list[str]
    position: int


class Purpose(Struct, frozen=True):
    register_id: UUID
    key: str
    label: Text
    legal_basis: LegalBasis | None
    position: int


class Declared(Struct, frozen=True):
    """All lists in the order of the notice. Retired fields are there: what was kept under them may still be kept."""

    group: Group
    company: Company
    registers: list[Register]
    fields: dict[UUID, list[Field]]
    purposes: dict[UUID, list[Purpose]]


_DECLARED = text("""
    SELECT (SELECT CAST(to_json(groups) AS text) FROM groups),
           (SELECT CAST(to_json(companies) AS text) FROM companies WHERE company_id = :company_id),
           (SELECT CAST(json_agg(registers) AS text) FROM registers WHERE company_id = :company_id),
           (SELECT CAST(json_agg(fields) AS text) FROM fields WHERE company_id = :company_id),
           (SELECT CAST(json_agg(purposes) AS text) FROM purposes WHERE company_id = :company_id AND retired_at IS NULL)
""")


def declared_by(session: Session, company_id: UUID) -> Declared:
    group, company, registers, fields, purposes = session.execute(_DECLARED, {"company_id": company_id}).one()
    return Declared(
        group=_GROUP.decode(group),
        company=_COMPANY.decode(company),
        registers=_in_order(_REGISTERS.decode(registers or "[]")),
        fields=_by_register(_in_order(_FIELDS.decode(fields or "[]"))),
        purposes=_by_register(_in_order(_PURPOSES.decode(purposes or "[]"))),
    )


Placed = TypeVar("Placed", Register, Field, Purpose)
Part = TypeVar("Part", Field, Purpose)


def _in_order(rows: list[Placed]) -> list[Placed]:
    return sorted(rows, key=lambda row: (row.position, row.key))


def _by_register(rows: list[Part]) -> dict[UUID, list[Part]]:
    found: dict[UUID, list[Part]] = {}
    for row in rows:
        found.setdefault(row.register_id, []).append(row)
    return found


_GROUP = msgspec.json.Decoder(Group)
_COMPANY = msgspec.json.Decoder(Company)
_REGISTERS = msgspec.json.Decoder(list[Register])
_FIELDS = msgspec.json.Decoder(list[Field])
_PURPOSES = msgspec.json.Decoder(list[Purpose])

"""What a controller declares of its registers, read in one statement: an archive needs all of it and writes none.

The same rows give the same objects, which are compared by being the same: what is made of them, a schema or a part of a
page, is remembered by them.
"""

from datetime import datetime
from functools import lru_cache
from typing import LiteralString, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy.orm import Session

from tenants.companies.model import Contact
from tenants.database import run
from tenants.languages.speaking import Text
from tenants.registers.model import FieldRule, FieldType, IdentityLevel, LegalBasis, Origin, Recipient, Retention


class Group(Struct, frozen=True, eq=False):
    slug: str
    name: str


class Company(Struct, frozen=True, eq=False):
    company_id: UUID
    key: str
    name: str
    business_id: str | None
    contact: Contact
    archive_days: int


class Register(Struct, frozen=True, eq=False):
    register_id: UUID
    key: str
    name: Text
    identity_level: IdentityLevel
    retention: Retention | None
    sources: list[Text]
    source_keys: list[str]
    recipients: list[Recipient]
    position: int
    retired_at: datetime | None


class Field(Struct, frozen=True, eq=False):
    """`field_id` as it stands in the data of a record."""

    field_id: str
    register_id: UUID
    key: str
    label: Text
    category: Text
    type: FieldType
    origin: Origin
    sealed: bool
    rule: FieldRule | None
    purposes: list[str]
    position: int


class Purpose(Struct, frozen=True, eq=False):
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
    fields: dict[UUID, tuple[Field, ...]]
    purposes: dict[UUID, tuple[Purpose, ...]]


_DECLARED: LiteralString = """
    SELECT (SELECT CAST(to_json(groups) AS text) FROM groups),
           (SELECT CAST(to_json(companies) AS text) FROM companies WHERE company_id = %(company_id)s),
           (SELECT CAST(json_agg(registers) AS text) FROM registers WHERE company_id = %(company_id)s),
           (SELECT CAST(json_agg(fields) AS text) FROM fields WHERE company_id = %(company_id)s),
           (SELECT CAST(json_agg(purposes) AS text) FROM purposes
             WHERE company_id = %(company_id)s AND retired_at IS NULL)
"""


def declared_by(session: Session, company_id: UUID) -> Declared:
    [rows] = run(session, _DECLARED, {"company_id": company_id}).fetchall()
    return _declared(*rows)


# The rows themselves are the key, so a change is seen at once.
@lru_cache(maxsize=64)
def _declared(group: str, company: str, registers: str | None, fields: str | None, purposes: str | None) -> Declared:
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


def _by_register(rows: list[Part]) -> dict[UUID, tuple[Part, ...]]:
    return {of: tuple(row for row in rows if row.register_id == of) for of in {row.register_id for row in rows}}


_GROUP = msgspec.json.Decoder(Group)
_COMPANY = msgspec.json.Decoder(Company)
_REGISTERS = msgspec.json.Decoder(list[Register])
_FIELDS = msgspec.json.Decoder(list[Field])
_PURPOSES = msgspec.json.Decoder(list[Purpose])

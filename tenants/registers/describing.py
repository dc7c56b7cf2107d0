"""A company's registers as its notice tells of them: the same rows by which they are kept."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.languages.speaking import Text
from tenants.registers.model import Field, IdentityLevel, Purpose, Recipient, Register, Retention, RetentionClass


class Category(Struct, frozen=True):
    name: Text
    fields: list[Field]


class KeptOtherwise(Struct, frozen=True):
    """Fields whose values are kept as a class says, and not as long as the register."""

    retention_class: RetentionClass
    fields: list[Field]


class Description(Struct, frozen=True, kw_only=True):
    """`id` is the register's key, unique within its company."""

    id: str
    name: Text
    data_subjects: Text | None
    purposes: Sequence[Purpose]
    categories: list[Category]
    sources: list[Text]
    recipients: list[Recipient]
    retention: Retention | None
    kept_otherwise: list[KeptOtherwise]
    identity_level: IdentityLevel


def describe(session: Session, company_id: UUID) -> list[Description]:
    """In the order in which the company declares them, without what is retired."""
    registers = session.scalars(
        select(Register)
        .where(Register.company_id == company_id, Register.retired_at.is_(None))
        .order_by(Register.position, Register.key)
    ).all()
    fields = session.scalars(
        select(Field).where(Field.company_id == company_id, Field.retired_at.is_(None)).order_by(Field.position)
    ).all()
    purposes = session.scalars(
        select(Purpose).where(Purpose.company_id == company_id, Purpose.retired_at.is_(None)).order_by(Purpose.position)
    ).all()
    return described(registers, fields, purposes)


def described(registers: Sequence[Register], fields: Sequence[Field], purposes: Sequence[Purpose]) -> list[Description]:
    """Of one company, each in its order."""
    return [
        Description(
            id=register.key,
            name=register.name,
            data_subjects=register.data_subjects,
            purposes=[purpose for purpose in purposes if purpose.register_id == register.register_id],
            categories=_categories([field for field in fields if field.register_id == register.register_id]),
            sources=register.sources,
            recipients=register.recipients,
            retention=register.retention,
            kept_otherwise=_kept_otherwise([field for field in fields if field.register_id == register.register_id]),
            identity_level=register.identity_level,
        )
        for register in registers
    ]


def _kept_otherwise(fields: Sequence[Field]) -> list[KeptOtherwise]:
    found: dict[RetentionClass, list[Field]] = {}
    for field in fields:
        if field.retention_class is not None:
            found.setdefault(field.retention_class, []).append(field)
    return [KeptOtherwise(kind, of_kind) for kind, of_kind in found.items()]


def _categories(fields: Sequence[Field]) -> list[Category]:
    found: dict[Text, list[Field]] = {}
    for field in fields:
        found.setdefault(field.category, []).append(field)
    return [Category(name, of_category) for name, of_category in found.items()]

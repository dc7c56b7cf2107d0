"""What a register takes in: its fields, made ready for reading many rows."""

from collections.abc import Mapping
from functools import cached_property
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.errors import Invalid, NotFound, SeveralInvalid
from tenants.languages.speaking import Text
from tenants.registers.model import Cardinality, Field, Register
from tenants.registers.values import Reader, Value, reader
from tenants.vault.digests import IdentifierKind


class NoSuchRegister(NotFound):
    """There is no such register here."""


class UnknownField(Invalid):
    """This is no field of the register."""


class ValueMissing(Invalid):
    """This field must have a value."""


class Slot(Struct, frozen=True):
    """One field. `id` is the field's id as it stands in the data of a record."""

    id: str
    key: str
    label: Text
    read: Reader
    identifier: IdentifierKind | None
    sealed: bool
    required: bool
    record_key: bool


class Shape(Struct, frozen=True, dict=True):
    """The fields of one register, in their order, without the retired ones."""

    register_id: UUID
    company_id: UUID
    cardinality: Cardinality
    slots: tuple[Slot, ...]

    @cached_property
    def by_key(self) -> Mapping[str, Slot]:
        return {slot.key: slot for slot in self.slots}

    @cached_property
    def by_id(self) -> Mapping[str, Slot]:
        return {slot.id: slot for slot in self.slots}

    @cached_property
    def record_key(self) -> Slot | None:
        return next((slot for slot in self.slots if slot.record_key), None)

    @cached_property
    def identifying(self) -> tuple[Slot, ...]:
        return tuple(slot for slot in self.slots if slot.identifier)


def shape_of(session: Session, register_id: UUID) -> Shape:
    """Raises NoSuchRegister."""
    register = session.scalar(
        select(Register).where(Register.register_id == register_id, Register.retired_at.is_(None))
    )
    if register is None:
        raise NoSuchRegister
    fields = session.scalars(
        select(Field)
        .where(Field.register_id == register_id, Field.retired_at.is_(None))
        .order_by(Field.position, Field.key)
    )
    return Shape(register_id, register.company_id, register.cardinality, tuple(map(_slot, fields)))


def read(shape: Shape, given: Mapping[str, str]) -> dict[str, Value]:
    """Values by field id, of cells by field key; an empty cell has no value. Raises SeveralInvalid."""
    refusals: list[Invalid] = [UnknownField(field=key) for key in given if key not in shape.by_key]
    values: dict[str, Value] = {}
    for slot in shape.slots:
        cell = given.get(slot.key, "").strip()
        try:
            if cell:
                values[slot.id] = slot.read(cell)
            elif slot.required:
                raise ValueMissing
        except Invalid as refused:
            refused.field = slot.key
            refusals.append(refused)
    if refusals:
        raise SeveralInvalid(refusals)
    return values


def _slot(field: Field) -> Slot:
    return Slot(
        id=str(field.field_id),
        key=field.key,
        label=field.label,
        read=reader(field.type),
        identifier=field.identifier,
        sealed=field.sealed,
        required=field.required,
        record_key=field.record_key,
    )

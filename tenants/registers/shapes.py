"""What a register takes in: its fields, made ready for reading many rows."""

from collections.abc import Mapping
from functools import cached_property
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.database import acting_of
from tenants.errors import Invalid, NotFound, SeveralInvalid
from tenants.languages.speaking import Text
from tenants.registers.model import Cardinality, Field, FieldRule, FieldType, Purpose, Register
from tenants.registers.values import Reader, Value, reader
from tenants.vault.digests import IdentifierKind

# Strongest first: what a stronger one says of a person, a weaker one does not overrule.
STRENGTH = (
    IdentifierKind.CUSTOMER_NUMBER,
    IdentifierKind.HETU,
    IdentifierKind.USER_NAME,
    IdentifierKind.EMAIL,
    IdentifierKind.PHONE,
    IdentifierKind.BUSINESS_ID,
)


class NoSuchRegister(NotFound):
    """There is no such register here."""


class UnknownField(Invalid):
    """The register has no such field: leave it out, or declare it first."""


class ValueMissing(Invalid):
    """This field must have a value."""


class KeptForOtherPurposes(Invalid):
    """This field is kept for certain purposes only, and the register is kept for none of them."""


class NothingBeside(Invalid):
    """This is kept only together with %(beside)s, which is empty here: give both or neither."""


class Slot(Struct, frozen=True):
    """One field. `id` is the field's id as it stands in the data of a record.

    `served` is whether the register has a purpose of a kind that the field's rule asks for.
    """

    id: str
    key: str
    label: Text
    type: FieldType
    read: Reader
    identifier: IdentifierKind | None
    sealed: bool
    required: bool
    record_key: bool
    rule: FieldRule | None = None
    served: bool = True

    def open_for(self, purpose: PurposeKind | None) -> bool:
        """Whether the value may be read for this purpose; whoever asks for their own data gets all of it (Art. 15)."""
        return self.rule is None or purpose in self.rule.kinds or purpose is PurposeKind.RIGHTS_REQUEST


class Shape(Struct, frozen=True, dict=True):
    """The fields of one register, in their order."""

    register_id: UUID
    company_id: UUID
    cardinality: Cardinality
    slots: tuple[Slot, ...]

    @cached_property
    def by_key(self) -> Mapping[str, Slot]:
        return {slot.key: slot for slot in self.slots}

    @cached_property
    def required(self) -> tuple[Slot, ...]:
        return tuple(slot for slot in self.slots if slot.required)

    @cached_property
    def bound(self) -> tuple[Slot, ...]:
        """Those with a rule of their own."""
        return tuple(slot for slot in self.slots if slot.rule is not None)

    @cached_property
    def record_key(self) -> Slot | None:
        return next((slot for slot in self.slots if slot.record_key), None)

    @cached_property
    def identifying(self) -> tuple[Slot, ...]:
        """The strongest first; a name finds people and identifies nobody."""
        return tuple(slot for kind in STRENGTH for slot in self.slots if slot.identifier is kind)

    @cached_property
    def naming(self) -> tuple[Slot, ...]:
        return tuple(slot for slot in self.slots if slot.identifier is IdentifierKind.NAME)

    @cached_property
    def finding(self) -> frozenset[str]:
        """The ids of the fields by which a person is found."""
        return frozenset(slot.id for slot in (*self.identifying, *self.naming))


def shape_of(session: Session, register_id: UUID, *, with_retired: bool = False) -> Shape:
    """Of a register of the acting company. Raises NoSuchRegister.

    What is retired takes nothing in any more, but its data is still there to be read.
    """
    register = session.scalar(
        select(Register).where(
            Register.register_id == register_id, Register.company_id == acting_of(session).company_id
        )
    )
    if register is None or (register.retired_at and not with_retired):
        raise NoSuchRegister
    fields = session.scalars(select(Field).where(Field.register_id == register_id).order_by(Field.position, Field.key))
    chosen = [field for field in fields if with_retired or not field.retired_at]
    kinds = _kinds(session, register_id) if any(field.rule for field in chosen) else {}
    slots = tuple(_slot(field, kinds) for field in chosen)
    return Shape(register_id, register.company_id, register.cardinality, slots)


def _kinds(session: Session, register_id: UUID) -> dict[str, PurposeKind]:
    """Of the register's purposes in force, by their keys."""
    rows = session.execute(
        select(Purpose.key, Purpose.kind).where(Purpose.register_id == register_id, Purpose.retired_at.is_(None))
    )
    return {row.key: row.kind for row in rows}


def register_by_key(session: Session, company_id: UUID, key: str) -> UUID:
    """Raises NoSuchRegister."""
    found = session.scalar(
        select(Register.register_id).where(
            Register.company_id == company_id, Register.key == key, Register.retired_at.is_(None)
        )
    )
    if found is None:
        raise NoSuchRegister(field="register")
    return found


def read(shape: Shape, given: Mapping[str, str]) -> dict[str, Value]:
    """Values by field id, of cells by field key; an empty cell has no value. Raises SeveralInvalid."""
    refusals: list[Invalid] = []
    values: dict[str, Value] = {}
    for key, written in given.items():
        slot = shape.by_key.get(key)
        cell = written.strip()
        try:
            if slot is None:
                raise UnknownField
            if cell:
                values[slot.id] = slot.read(cell)
        except Invalid as refused:
            refused.field = key
            refusals.append(refused)
    if refusals:
        raise SeveralInvalid(refusals)
    return values


def require(shape: Shape, values: Mapping[str, Value]) -> None:
    """That nothing is missing which every record must have, and no field's rule is broken. Raises SeveralInvalid."""
    if refusals := missing(shape, values) + broken_rules(shape, values):
        raise SeveralInvalid(refusals)


def missing(shape: Shape, values: Mapping[str, object]) -> list[Invalid]:
    return [ValueMissing(field=slot.key) for slot in shape.required if slot.id not in values]


def broken_rules(shape: Shape, values: Mapping[str, object]) -> list[Invalid]:
    """Of a record as it would be."""
    refusals: list[Invalid] = []
    for slot in shape.bound:
        if slot.rule is None or slot.id not in values:
            continue
        beside = shape.by_key.get(slot.rule.beside) if slot.rule.beside else None
        if not slot.served:
            refusals.append(KeptForOtherPurposes(field=slot.key))
        elif slot.rule.beside and (beside is None or beside.id not in values):
            called = beside.label if beside else slot.rule.beside
            refusals.append(NothingBeside(field=slot.key, beside=called))
    return refusals


def _slot(field: Field, kinds: Mapping[str, PurposeKind]) -> Slot:
    return Slot(
        id=str(field.field_id),
        key=field.key,
        label=field.label,
        type=field.type,
        read=reader(field.type),
        identifier=field.identifier,
        sealed=field.sealed,
        required=field.required,
        record_key=field.record_key,
        rule=field.rule,
        served=field.rule is None or any(kinds.get(key) in field.rule.kinds for key in field.purposes),
    )

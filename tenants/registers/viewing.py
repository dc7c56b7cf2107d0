"""A person as one company's registers know them: every value, and where it came from. Sealed values stay shut here."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Row, Select, Text, cast, func, select
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.permissions import OtherPurposeNeeded, Permission
from tenants.database import acting_of
from tenants.errors import NotFound
from tenants.languages.speaking import Text as Words
from tenants.registers import finding, former_ids, sources
from tenants.registers.model import FieldType, Import, Person, Provenance, Record, Register
from tenants.registers.sealed import Data, RecordSeal, seal_of
from tenants.registers.shapes import Shape, Slot, shape_of
from tenants.registers.values import Value
from tenants.vault.keys import keyring

SHOWN = 3
PAGE = 50

Kept = Row[UUID, UUID, str, Provenance, bool, datetime, datetime]


class NoSuchPerson(NotFound):
    """There is no such person here."""


class HeldAsAnother(NotFound):
    """This person has been merged with another and is held as that one now."""


class NoSuchValue(NotFound):
    """There is no such value here."""


class HeldValue(Struct, frozen=True):
    """`value` is None where it is `sealed`: it is opened one at a time, if it may be for this purpose at all.

    `import_id` is that of the file it came in; `declared` the source as the register declares it, `notice` the version
    of the declarations that were in force then.
    """

    field_id: UUID
    key: str
    label: Words
    type: FieldType
    value: Value | None
    sealed: bool
    source: str
    at: datetime
    import_id: UUID | None
    openable: bool
    whence: Provenance


class HeldRecord(Struct, frozen=True):
    """`source` and `at` are those of the values that say nothing else of themselves."""

    record_id: UUID
    register_id: UUID
    values: list[HeldValue]
    source: str
    at: datetime
    restricted: bool
    created_at: datetime
    updated_at: datetime
    whence: Provenance


class HeldRegister(Struct, frozen=True):
    """`records` are the newest of the `count` there are; `sources` those that the register declares, by key."""

    register_id: UUID
    name: Words
    count: int
    records: list[HeldRecord]
    sources: dict[str, Words]


class Held(Struct, frozen=True):
    """`name` is empty where no register knows one."""

    person_id: UUID
    name: str
    known_since: datetime
    restricted: bool
    registers: list[HeldRegister]

    @property
    def import_ids(self) -> set[UUID]:
        values = (value for each in self.registers for record in each.records for value in record.values)
        return {value.import_id for value in values if value.import_id}


def person(session: Session, person_id: UUID) -> Held:
    """Raises Forbidden, NoSuchPerson, HeldAsAnother."""
    permissions.require(session, Permission.SEE_PERSONS)
    found = _get(session, person_id)
    return Held(
        person_id=person_id,
        name=finding.names_of(session, [person_id]).get(person_id, ""),
        known_since=found.created_at,
        restricted=found.restricted,
        registers=[_held(session, person_id, *row) for row in _counted(session, person_id)],
    )


def records_in(session: Session, person_id: UUID, register_id: UUID, *, before: UUID | None = None) -> HeldRegister:
    """A page of them, the newest first, after the record `before`. Raises Forbidden, NoSuchPerson, NoSuchRegister."""
    permissions.require(session, Permission.SEE_PERSONS)
    _get(session, person_id)
    shape = shape_of(session, register_id, with_retired=True)
    register = session.scalars(select(Register).where(Register.register_id == register_id)).one()
    count = session.scalars(
        select(func.count()).where(Record.person_id == person_id, Record.register_id == register_id)
    ).one()
    wanted = _newest(person_id, register_id)
    if before is not None:
        wanted = wanted.where(Record.record_id < before)
    kept = session.execute(wanted.limit(PAGE)).all()
    trail.record(session, "person.viewed", about="person", ids=[person_id], register=str(register_id))
    return HeldRegister(register_id, register.name, count, _opened(session, shape, kept), sources.declared(register))


def record(session: Session, person_id: UUID, record_id: UUID) -> HeldRecord:
    """Raises Forbidden, NoSuchValue."""
    permissions.require(session, Permission.SEE_PERSONS)
    row = _one(session, person_id, record_id)
    trail.record(session, "person.viewed", about="person", ids=[person_id], record=str(record_id))
    return _opened(session, shape_of(session, row.register_id, with_retired=True), [row])[0]


def sealed_value(session: Session, person_id: UUID, record_id: UUID, field_id: UUID) -> Value:
    """Opens one value that is sealed, which is an entry of its own. Raises Forbidden, NoSuchValue."""
    here = permissions.require(session, Permission.SEE_PERSONS)
    row = _one(session, person_id, record_id)
    shape = shape_of(session, row.register_id, with_retired=True)
    slot = next((slot for slot in shape.slots if slot.sealed and slot.id == str(field_id)), None)
    seal = seal_of(keyring(session), shape)
    kept = seal.raw(row.data).get(str(field_id))
    if slot is None or kept is None:
        raise NoSuchValue
    if not slot.open_for(here.acting.purpose):
        raise OtherPurposeNeeded
    if slot.type is FieldType.HETU:
        here.require(Permission.USE_IDENTITY_CODES)
    trail.record(session, "value.opened", about="person", ids=[person_id], record=str(record_id), field=slot.key)
    return seal.open_value(record_id, slot.id, str(kept))


def imports_of(session: Session, held: Held) -> Sequence[Import]:
    """The files that the shown values came in, the newest first."""
    return session.scalars(
        select(Import).where(Import.import_id.in_(held.import_ids)).order_by(Import.import_id.desc())
    ).all()


def exists(session: Session, person_id: UUID, record_id: UUID | None = None) -> None:
    """Raises NoSuchPerson, HeldAsAnother, NoSuchValue."""
    _get(session, person_id)
    if record_id is not None:
        _one(session, person_id, record_id)


def _get(session: Session, person_id: UUID) -> Person:
    found = session.scalar(select(Person).where(Person.person_id == person_id))
    if found is None:
        raise NoSuchPerson
    if former_ids.held_as(session, person_id) is not None:
        raise HeldAsAnother
    return found


def _counted(session: Session, person_id: UUID) -> Sequence[Row[UUID, Words, int]]:
    return session.execute(
        select(Register.register_id, Register.name, func.count())
        .join(Record, Record.register_id == Register.register_id)
        .where(Record.person_id == person_id)
        .group_by(Register.register_id, Register.name, Register.position)
        .order_by(Register.position)
    ).all()


def _held(session: Session, person_id: UUID, register_id: UUID, name: Words, count: int) -> HeldRegister:
    shape = shape_of(session, register_id, with_retired=True)
    kept = session.execute(_newest(person_id, register_id).limit(SHOWN)).all()
    declared = sources.declared_by(session, register_id)
    return HeldRegister(register_id, name, count, _opened(session, shape, kept), declared)


def _newest(person_id: UUID, register_id: UUID) -> Select[UUID, UUID, str, Provenance, bool, datetime, datetime]:
    chosen = _records().where(Record.person_id == person_id, Record.register_id == register_id)
    return chosen.order_by(Record.record_id.desc())


def _one(session: Session, person_id: UUID, record_id: UUID) -> Kept:
    chosen = _records().where(Record.person_id == person_id, Record.record_id == record_id)
    row = session.execute(chosen).one_or_none()
    if row is None:
        raise NoSuchValue
    return row


def _records() -> Select[UUID, UUID, str, Provenance, bool, datetime, datetime]:
    return select(
        Record.record_id,
        Record.register_id,
        cast(Record.data, Text).label("data"),
        Record.provenance,
        Record.restricted,
        Record.created_at,
        Record.updated_at,
    )


def _opened(session: Session, shape: Shape, kept: Sequence[Kept]) -> list[HeldRecord]:
    seal = seal_of(keyring(session), shape)
    purpose = acting_of(session).purpose
    return [
        HeldRecord(
            record_id=row.record_id,
            register_id=row.register_id,
            values=list(_values(shape, seal, row, purpose)),
            source=row.provenance.source,
            at=row.provenance.at,
            restricted=row.restricted,
            created_at=row.created_at,
            updated_at=row.updated_at,
            whence=row.provenance,
        )
        for row in kept
    ]


def _values(shape: Shape, seal: RecordSeal, row: Kept, purpose: PurposeKind | None) -> Iterator[HeldValue]:
    kept = seal.raw(row.data)
    return (_value(slot, kept, row.provenance, purpose) for slot in shape.slots if slot.id in kept)


def _value(slot: Slot, kept: Data, provenance: Provenance, purpose: PurposeKind | None) -> HeldValue:
    shut = slot.sealed or not slot.open_for(purpose)
    whence = provenance.values.get(slot.id, provenance)
    return HeldValue(
        field_id=UUID(slot.id),
        key=slot.key,
        label=slot.label,
        type=slot.type,
        value=None if shut else kept[slot.id],
        sealed=shut,
        source=whence.source,
        at=whence.at,
        import_id=whence.import_id,
        openable=slot.open_for(purpose),
        whence=whence,
    )

"""One person's data in one register, written by hand or one at a time. Files come in through imports."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Cast, Row, Select, Text, cast, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.base import new_id
from tenants.database import acting_of
from tenants.errors import Conflict
from tenants.registers import changes, identifiers, persons, sources
from tenants.registers.merging import merge, provenance_after
from tenants.registers.model import Cardinality, Cause, Person, Provenance, Record
from tenants.registers.sealed import Data, RecordSeal, seal_of
from tenants.registers.several import Several
from tenants.registers.shapes import Shape, read, require, shape_of
from tenants.vault.keys import keyring


class BelongsToAnother(Conflict):
    """A record with this key belongs to another person."""


class Kept(Struct, frozen=True):
    """A record as it is now."""

    record_id: UUID
    person_id: UUID
    data: Data
    provenance: Provenance


def write(
    session: Session,
    register_id: UUID,
    person_id: UUID,
    given: Mapping[str, str],
    *,
    source: str,
    at: datetime,
    detail: str = "",
    notice: int | None = None,
) -> UUID:
    """Values by field key, as people write them; fields that are not named stay as they are.

    Changes the person's record with the same key, or the only one there can be; else makes one.
    Raises NoSuchRegister, NoSuchPerson, HeldAsAnother, SeveralInvalid, BelongsToAnother, and what sources.source_of
    raises.
    """
    persons.hold(session, person_id)
    shape = shape_of(session, register_id)
    seal = seal_of(keyring(session), shape)
    new = read(shape, given)
    provenance = sources.provenance(sources.source_of(session, register_id, source, detail), at, notice=notice)
    kept = _kept(session, shape, seal, person_id, new)
    if kept is None:
        require(shape, new)
        record_id = _insert(session, shape, seal, person_id, values=new, provenance=provenance)
    else:
        record_id = kept.record_id
        spoken_of = [shape.by_key[key].id for key in given]
        _update(session, shape, seal, kept, new, spoken_of=spoken_of, whence=provenance)
    session.flush()
    identifiers.renew(session, [person_id])
    changes.note(session, Cause.WRITTEN, [person_id], register_id=register_id, record_ids=[record_id])
    trail.record(session, "record.written", about="person", ids=[person_id], register=str(register_id))
    return record_id


def rewrite(
    session: Session, shape: Shape, record_id: UUID, given: Mapping[str, str], *, whence: Provenance
) -> tuple[Kept, frozenset[str]]:
    """One record that is there, as `write` changes it: what it was, and the ids of the fields that are changed now.

    Raises SeveralInvalid, BelongsToAnother.
    """
    seal = seal_of(keyring(session), shape)
    kept = _read(seal, session.execute(_kept_columns().where(Record.record_id == record_id)).one())
    new = read(shape, given)
    spoken_of = [shape.by_key[key].id for key in given]
    changed = merge(kept.data, new, spoken_of=spoken_of)
    if changed.fields:
        _free(session, shape, kept, record_key(shape, changed.data))
        _update(session, shape, seal, kept, new, spoken_of=spoken_of, whence=whence)
        session.flush()
        identifiers.renew(session, [kept.person_id])
    return kept, changed.fields


def _free(session: Session, shape: Shape, kept: Kept, key: bytes | None) -> None:
    """A key that another record has already is not taken from it."""
    if key is None:
        return
    same = select(Record.record_id).where(Record.register_id == shape.register_id, Record.record_key == key)
    if session.scalar(same.where(Record.record_id != kept.record_id)) is not None:
        raise BelongsToAnother


def record_key(shape: Shape, values: Data) -> bytes | None:
    """By which a record is found again within its register. Never of a sealed field, so a plain digest is enough."""
    if shape.record_key is None or shape.record_key.id not in values:
        return None
    return hashlib.sha256(str(values[shape.record_key.id]).encode()).digest()


def _kept(session: Session, shape: Shape, seal: RecordSeal, person_id: UUID, new: Data) -> Kept | None:
    key = record_key(shape, new)
    if shape.cardinality is Cardinality.MANY and key is None:
        return None
    if shape.cardinality is Cardinality.ONE:
        place = Several(session, shape, [person_id]).place(
            person_id, identifiers.identities(keyring(session), shape, new)
        )
        same = Record.person_id == person_id if place == person_id else Record.record_id == place
    else:
        same = Record.record_key == key
    row = session.execute(_kept_columns().where(Record.register_id == shape.register_id, same)).one_or_none()
    if row is None:
        return None
    kept = _read(seal, row)
    if kept.person_id != person_id:
        raise BelongsToAnother
    return kept


def _kept_columns() -> Select[UUID, UUID, str, Provenance]:
    return select(Record.record_id, Record.person_id, cast(Record.data, Text), Record.provenance)


def _read(seal: RecordSeal, row: Row[UUID, UUID, str, Provenance]) -> Kept:
    record_id, person_id, data, provenance = row
    return Kept(record_id, person_id, seal.open(record_id, data), provenance)


def _insert(
    session: Session, shape: Shape, seal: RecordSeal, person_id: UUID, *, values: Data, provenance: Provenance
) -> UUID:
    record_id = new_id()
    acting = acting_of(session)
    session.execute(
        insert(Record).values(
            group_id=acting.group_id,
            company_id=acting.company_id,
            record_id=record_id,
            register_id=shape.register_id,
            person_id=person_id,
            record_key=record_key(shape, values),
            data=_as_jsonb(seal.close(record_id, values)),
            provenance=provenance,
            restricted=select(Person.restricted).where(Person.person_id == person_id).scalar_subquery(),
        )
    )
    return record_id


def _update(
    session: Session, shape: Shape, seal: RecordSeal, kept: Kept, new: Data, *, spoken_of: list[str], whence: Provenance
) -> None:
    change = merge(kept.data, new, spoken_of=spoken_of)
    require(shape, change.data)
    session.execute(
        update(Record)
        .where(Record.record_id == kept.record_id)
        .values(
            record_key=record_key(shape, change.data),
            data=_as_jsonb(seal.close(kept.record_id, change.data)),
            provenance=provenance_after(kept.provenance, whence, changed=change.fields, kept=change.data),
            updated_at=func.now(),
        )
    )


def _as_jsonb(kept: bytes) -> Cast[dict[str, object]]:
    return cast(literal(kept.decode(), Text), JSONB)

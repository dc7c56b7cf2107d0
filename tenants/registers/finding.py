"""Staff find people within their company: by whatever identifies them, or by the words of their names."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Text, cast, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from tenants.audit import trail
from tenants.companies import permissions
from tenants.companies.permissions import Permission, Standing
from tenants.errors import Invalid
from tenants.languages.speaking import Text as Words
from tenants.registers import identifiers
from tenants.registers.model import Field, Person, Record, Register
from tenants.registers.sealed import Data, seal_of
from tenants.registers.shapes import Shape, shape_of
from tenants.vault.digests import EmptyIdentifier, IdentifierKind
from tenants.vault.keys import keyring

SHOWN = 50
LONGEST = 254


class NotSoLong(Invalid):
    """Nothing by which people are found is as long as this."""


class Found(Struct, frozen=True):
    """What tells one person from another. `name` is as the records spell it; empty where no register knows one."""

    person_id: UUID
    name: str
    known_since: datetime
    restricted: bool
    registers: list[Words]


class Findings(Struct, frozen=True):
    """`more` fit than are shown."""

    persons: list[Found]
    more: bool


def search(session: Session, wanted: str, *, kind: IdentifierKind | None = None) -> Findings:
    """Without a kind, the persons whom this fits as anything that it can be. Raises Forbidden, Invalid."""
    here = permissions.require(session, Permission.SEE_PERSONS)
    if not wanted.strip():
        raise EmptyIdentifier(field="wanted")
    if len(wanted) > LONGEST:
        raise NotSoLong(field="wanted")
    if kind is IdentifierKind.HETU:
        here.require(Permission.USE_IDENTITY_CODES)
    fitting = _fitting(session, kind, wanted) if kind else _fitting_anyhow(session, here, wanted)
    shown = fitting[:SHOWN]
    asked = kind.value if kind else "any"
    trail.record(session, "persons.searched", about="person", ids=shown, kind=asked, found=len(shown))
    return Findings(_told(session, shown), more=len(fitting) > SHOWN)


def _fitting(session: Session, kind: IdentifierKind, wanted: str) -> list[UUID]:
    try:
        if kind is IdentifierKind.NAME:
            return identifiers.find_by_name(session, wanted, limit=SHOWN + 1)
        return identifiers.find(session, kind, wanted)
    except Invalid as refused:
        refused.field = "wanted"
        raise


def _fitting_anyhow(session: Session, here: Standing, wanted: str) -> list[UUID]:
    """By a personal identity code only for those who may; it is nothing else that anybody could be found by."""
    found: dict[UUID, None] = {}
    for kind in IdentifierKind:
        if kind is not IdentifierKind.HETU or here.may(Permission.USE_IDENTITY_CODES):
            try:
                found |= dict.fromkeys(_fitting(session, kind, wanted))
            except Invalid:
                continue
    return list(found)


def _told(session: Session, person_ids: Sequence[UUID]) -> list[Found]:
    """In the order in which they are given; nothing is asked for nobody."""
    if not person_ids:
        return []
    names = names_of(session, person_ids)
    registers = _registers(session, person_ids)
    known = session.execute(
        select(Person.person_id, Person.created_at, Person.restricted).where(Person.person_id.in_(person_ids))
    )
    facts = {person_id: (since, restricted) for person_id, since, restricted in known}
    return [
        Found(person_id, names.get(person_id, ""), *facts[person_id], registers.get(person_id, []))
        for person_id in person_ids
        if person_id in facts
    ]


def names_of(session: Session, person_ids: Collection[UUID]) -> dict[UUID, str]:
    """As the first register that knows one spells it, in the order of its fields. Sealed ones stay sealed."""
    naming = select(Field.register_id).where(Field.identifier == IdentifierKind.NAME, ~Field.sealed)
    rows = session.execute(
        select(Record.person_id, Record.register_id, cast(Record.data, Text))
        .join(Register, Register.register_id == Record.register_id)
        .where(Record.person_id.in_(person_ids), Record.register_id.in_(naming))
        .ext(distinct_on(Record.person_id, Register.position, Record.register_id))
        .order_by(Record.person_id, Register.position, Record.register_id, Record.record_id.desc())
    ).all()
    shapes = {one: shape_of(session, one, with_retired=True) for one in {register_id for _, register_id, _ in rows}}
    keys = keyring(session)
    names: dict[UUID, str] = {}
    for person_id, register_id, kept in rows:
        shape = shapes[register_id]
        values = seal_of(keys, shape).clear(kept)
        names[person_id] = names.get(person_id) or " ".join(_spelt(shape, values))
    return names


def _spelt(shape: Shape, values: Data) -> Iterator[str]:
    return (str(values[slot.id]) for slot in shape.naming if slot.id in values)


def _registers(session: Session, person_ids: Sequence[UUID]) -> dict[UUID, list[Words]]:
    rows = session.execute(
        select(Record.person_id, Register.name, Register.position)
        .join(Register, Register.register_id == Record.register_id)
        .where(Record.person_id.in_(person_ids))
        .distinct()
        .order_by(Register.position)
    )
    kept: dict[UUID, list[Words]] = {}
    for person_id, name, _ in rows:
        kept.setdefault(person_id, []).append(name)
    return kept

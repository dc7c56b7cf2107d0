"""By which a person is found: keyed digests of the identifying values that the person's records carry."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import ClassVar, LiteralString
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Select, Text, cast, delete, insert, select, tuple_, update
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.database import acting_of, run
from tenants.jobs.model import Job, Queue
from tenants.jobs.outbox import enqueue
from tenants.registers.model import Identifier, Person, Record
from tenants.registers.sealed import Data, seal_of
from tenants.registers.shapes import Shape, shape_of
from tenants.registers.values import identity
from tenants.vault import digests
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import Keyring, keyring

RENEWED_AT_ONCE = 500


class RenewIdentifiers(Job, frozen=True):
    """The persons of a register, some at a time, after what they are found by was declared anew."""

    name: ClassVar[str] = "registers.renew_identifiers"
    queue: ClassVar[Queue] = Queue.BULK
    purpose: ClassVar[PurposeKind | None] = PurposeKind.STORAGE
    register_id: UUID
    after: UUID | None = None


class RenewElsewhere(Job, frozen=True):
    """The same for a register of another company than the one that was acted for when it was declared."""

    name: ClassVar[str] = "registers.renew_elsewhere"
    of_company: UUID
    register_id: UUID


class Identity(Struct, frozen=True):
    """One identifying value under every live key, the one that writes first."""

    kind: IdentifierKind
    digests: tuple[bytes, ...]


_FITTING: LiteralString = """
    SELECT DISTINCT person_id FROM identifiers WHERE kind = %(kind)s AND digest = ANY (%(digests)s) ORDER BY person_id
"""


def find(session: Session, kind: IdentifierKind, value: str) -> list[UUID]:
    """The persons of the acting company whom this fits; several where an address is shared. Raises Invalid."""
    wanted = digests.digests(keyring(session), kind, value)
    return [person_id for (person_id,) in run(session, _FITTING, {"kind": kind, "digests": wanted})]


def find_by_name(session: Session, name: str, *, limit: int) -> list[UUID]:
    """The persons in whose names all these words are, in any order; words are whole ones. Raises EmptyIdentifier."""
    words = digests.normalise(IdentifierKind.NAME, name).split()
    keys = keyring(session)
    named = (_has_word(digests.digests_of_normalised(keys, IdentifierKind.NAME, word)) for word in words)
    found = select(Person.person_id).where(*(Person.person_id.in_(of_word) for of_word in named))
    return list(session.scalars(found.order_by(Person.person_id).limit(limit)))


def _has_word(of_word: list[bytes]) -> Select[UUID]:
    return select(Identifier.person_id).where(Identifier.kind == IdentifierKind.NAME, Identifier.digest.in_(of_word))


def identities(keys: Keyring, shape: Shape, values: Data) -> list[Identity]:
    """Those of one record, the strongest first."""
    return [
        identity_of(keys, slot.identifier, str(values[slot.id]))
        for slot in shape.identifying
        if slot.identifier and slot.id in values
    ]


def names(keys: Keyring, shape: Shape, values: Data) -> list[Identity]:
    """The words of the names in one record. They find people for staff; no row and no request is matched by them."""
    kept = (str(values[slot.id]) for slot in shape.naming if slot.id in values)
    words = dict.fromkeys(word for name in kept for word in digests.words_of_name(name))
    return [
        Identity(IdentifierKind.NAME, tuple(digests.digests_of_normalised(keys, IdentifierKind.NAME, word)))
        for word in words
    ]


def identity_of(keys: Keyring, kind: IdentifierKind, kept: str) -> Identity:
    return Identity(kind, tuple(digests.digests_of_normalised(keys, kind, identity(kind, kept))))


def under_older_keys(session: Session, *, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Persons of the acting company with a digest that another key made than the one that writes, in their order."""
    older = select(Identifier.person_id).where(Identifier.key_version != keyring(session).current).distinct()
    if after is not None:
        older = older.where(Identifier.person_id > after)
    return session.scalars(older.order_by(Identifier.person_id).limit(limit)).all()


def digest_anew(session: Session, person_ids: Collection[UUID]) -> None:
    """Under the key that writes, and no other any more. Nobody changes the records meanwhile."""
    session.execute(select(Record.record_id).where(Record.person_id.in_(person_ids)).with_for_update()).all()
    renew(session, person_ids, only_current=True)


def renew(session: Session, person_ids: Collection[UUID], *, only_current: bool = False) -> None:
    """Makes the identifiers of these persons what their records say: an address that was given up finds nobody."""
    keys = keyring(session)
    carried = _carried(session, keys, person_ids)
    known = {
        (row.person_id, row.kind, row.digest): row.restricted
        for row in session.execute(
            select(Identifier.person_id, Identifier.kind, Identifier.digest, Identifier.restricted).where(
                Identifier.person_id.in_(person_ids)
            )
        )
    }
    valid = {
        (person, one.kind, digest): restricted
        for (person, one), restricted in carried.items()
        for digest in (one.digests[:1] if only_current else one.digests)
    }
    _remove(session, known.keys() - valid.keys())
    kept = known.keys() & valid.keys()
    missing = {
        (person, one.kind, one.digests[0]): restricted
        for (person, one), restricted in carried.items()
        if not any((person, one.kind, digest) in kept for digest in one.digests)
    }
    _add(session, keys, missing)
    for marked in (True, False):
        changed = [key for key, before in known.items() if key in valid and valid[key] is marked is not before]
        _mark(session, changed, restricted=marked)


def renew_some(session: Session, job: RenewIdentifiers) -> None:
    """Those that follow `job.after`; the next ones are left to the next job."""
    persons = select(Record.person_id).where(Record.register_id == job.register_id).distinct()
    if job.after is not None:
        persons = persons.where(Record.person_id > job.after)
    found = session.scalars(persons.order_by(Record.person_id).limit(RENEWED_AT_ONCE)).all()
    renew(session, found)
    if len(found) == RENEWED_AT_ONCE:
        enqueue(session, RenewIdentifiers(job.register_id, found[-1]))


def _carried(session: Session, keys: Keyring, person_ids: Collection[UUID]) -> dict[tuple[UUID, Identity], bool]:
    """What the records say, and whether all that say it are restricted: then it finds nobody for other purposes."""
    shapes: dict[UUID, Shape] = {}
    carried: dict[tuple[UUID, Identity], bool] = {}
    rows = session.execute(
        select(
            Record.record_id, Record.person_id, Record.register_id, Record.restricted, cast(Record.data, Text)
        ).where(Record.person_id.in_(person_ids))
    )
    for record_id, person_id, register_id, restricted, kept in rows.all():
        if register_id not in shapes:
            shapes[register_id] = shape_of(session, register_id, with_retired=True)
        shape = shapes[register_id]
        values = seal_of(keys, shape).open(record_id, kept)
        found_by = (*identities(keys, shape, values), *names(keys, shape, values))
        for one in found_by:
            carried[person_id, one] = carried.get((person_id, one), True) and restricted
    return carried


def _remove(session: Session, rows: Iterable[tuple[UUID, IdentifierKind, bytes]]) -> None:
    if keys := list(rows):
        session.execute(
            delete(Identifier).where(tuple_(Identifier.person_id, Identifier.kind, Identifier.digest).in_(keys))
        )


def _mark(session: Session, keys: list[tuple[UUID, IdentifierKind, bytes]], *, restricted: bool) -> None:
    if keys:
        these = tuple_(Identifier.person_id, Identifier.kind, Identifier.digest).in_(keys)
        session.execute(update(Identifier).where(these).values(restricted=restricted))


def _add(session: Session, keys: Keyring, rows: Mapping[tuple[UUID, IdentifierKind, bytes], bool]) -> None:
    acting = acting_of(session)
    values = [
        {
            "group_id": acting.group_id,
            "company_id": acting.company_id,
            "person_id": person,
            "kind": kind,
            "digest": digest,
            "key_version": keys.current,
            "restricted": restricted,
        }
        for (person, kind, digest), restricted in rows.items()
    ]
    if values:
        session.execute(insert(Identifier), values)

"""Which person a row is about, within one company.

The strongest identifier that anybody fits decides. A weaker one never joins a row to a person of whom a stronger one
says something else: a shared address or a switchboard's number does not make two customers one. Where several persons
fit, nobody is guessed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.errors import Invalid
from tenants.registers.identifiers import STRENGTH, Identity
from tenants.vault.digests import IdentifierKind

Key = tuple[IdentifierKind, bytes]

# An organisation's number is that of all its contacts; it says nothing about which of them a row is about.
MATCHING = tuple(kind for kind in STRENGTH if kind is not IdentifierKind.BUSINESS_ID)


class SeveralPersonsFit(Invalid):
    """Several persons of the company fit this row; nothing in it tells which of them is meant."""


class PersonRestricted(Invalid):
    """The processing of this person's data is restricted: it is kept as it is."""


class NothingToRecognise(Invalid):
    """This row has nothing by which a person could be recognised."""


class Memory(Protocol):
    """What earlier rows of a file said, where it is not written to the database."""

    def persons(self, keys: Iterable[Key]) -> Iterable[tuple[Key, UUID]]: ...

    def kinds(self, persons: Iterable[UUID]) -> Iterable[tuple[UUID, IdentifierKind]]: ...


class Known:
    """Who is known by the identifiers of one chunk of rows, before and among them."""

    def __init__(self) -> None:
        self._persons: dict[Key, set[UUID]] = defaultdict(set)
        self._kinds: dict[UUID, set[IdentifierKind]] = defaultdict(set)
        self._restricted: set[UUID] = set()

    def load(self, session: Session, keys: Collection[Key]) -> None:
        digests: dict[IdentifierKind, list[bytes]] = defaultdict(list)
        for kind, digest in keys:
            digests[kind].append(digest)
        for kind, some in digests.items():
            for digest, person_id, restricted in session.execute(_PERSONS, {"kind": kind, "digests": some}):
                self._persons[kind, bytes(digest)].add(person_id)
                if restricted:
                    self._restricted.add(person_id)
        for person_id, kind in session.execute(_KINDS, {"persons": list(self._everybody())}):
            self._kinds[person_id].add(IdentifierKind(kind))

    def recall(self, memory: Memory, keys: Collection[Key]) -> None:
        for key, person_id in memory.persons(keys):
            self._persons[key].add(person_id)
        for person_id, kind in memory.kinds(self._everybody()):
            self._kinds[person_id].add(kind)

    def match(self, identities: Sequence[Identity]) -> UUID | None:
        """None for somebody new. Raises SeveralPersonsFit, PersonRestricted, NothingToRecognise."""
        by_kind = {one.kind: one for one in identities}
        if not by_kind.keys() & set(MATCHING):
            raise NothingToRecognise
        stronger: set[IdentifierKind] = set()
        for kind in MATCHING:
            if kind not in by_kind:
                continue
            fitting = {person for person in self._fitting(by_kind[kind]) if not self._kinds[person] & stronger}
            if len(fitting) > 1:
                raise SeveralPersonsFit
            if fitting:
                return self._free(fitting.pop())
            stronger.add(kind)
        return None

    def join(self, person_id: UUID, identities: Sequence[Identity]) -> list[Identity]:
        """Makes the person known by these from now on; returns those that were not known yet."""
        new = [one for one in identities if person_id not in self._fitting(one)]
        for one in new:
            self._persons[one.kind, one.digests[0]].add(person_id)
            self._kinds[person_id].add(one.kind)
        return new

    def _fitting(self, identity: Identity) -> set[UUID]:
        return {person for digest in identity.digests for person in self._persons.get((identity.kind, digest), ())}

    def _free(self, person_id: UUID) -> UUID:
        if person_id in self._restricted:
            raise PersonRestricted
        return person_id

    def _everybody(self) -> set[UUID]:
        return {person for persons in self._persons.values() for person in persons}


_PERSONS = text(
    "SELECT digest, person_id, restricted FROM identifiers"
    " WHERE kind = :kind AND digest = ANY(CAST(:digests AS bytea[]))"
)
_KINDS = text("SELECT DISTINCT person_id, kind FROM identifiers WHERE person_id = ANY(CAST(:persons AS uuid[]))")

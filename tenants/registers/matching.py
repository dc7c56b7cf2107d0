"""Which person a row is about, within one company.

The strongest identifier that anybody fits decides. A weaker one never joins a row to a person of whom a stronger one
says something else: a shared address or a switchboard's number does not make two customers one. Where several persons
fit, nobody is guessed.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.errors import Invalid
from tenants.registers.identifiers import Identity
from tenants.vault.digests import IdentifierKind

Key = tuple[IdentifierKind, bytes]

# An organisation's number is that of all its contacts; it says nothing about which of them a row is about.
NOT_MATCHING = IdentifierKind.BUSINESS_ID


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
    """Who is known by the identifiers of one chunk of rows, before and among them. A row's come strongest first."""

    def __init__(
        self, session: Session, memory: Memory | None, *, matched_by: frozenset[IdentifierKind] | None = None
    ) -> None:
        self._session, self._memory = session, memory
        self._matched_by = (matched_by or frozenset(IdentifierKind)) - {NOT_MATCHING}
        self._persons: dict[Key, set[UUID]] = {}
        self._kinds: dict[UUID, set[IdentifierKind]] = {}
        self._joined: dict[UUID, set[IdentifierKind]] = defaultdict(set)
        self._restricted: set[UUID] = set()

    def load(self, rows: Sequence[Sequence[Identity]]) -> None:
        digests: dict[IdentifierKind, set[bytes]] = defaultdict(set)
        for identities in rows:
            for one in identities:
                digests[one.kind].update(one.digests)
        for kind, some in digests.items():
            for digest, person_id, restricted in self._session.execute(_PERSONS, {"kind": kind, "digests": list(some)}):
                self._persons.setdefault((kind, digest), set()).add(person_id)
                if restricted:
                    self._restricted.add(person_id)
        if self._memory is not None:
            for key, person_id in self._memory.persons((kind, digest) for kind in digests for digest in digests[kind]):
                self._persons.setdefault(key, set()).add(person_id)
        self._learn_kinds({person for identities in rows for person in self._fitting_weaker_only(identities)})

    def persons(self) -> set[UUID]:
        """All whom anything of the loaded rows fits."""
        return {person for fitting in self._persons.values() for person in fitting}

    def match(self, identities: Sequence[Identity]) -> UUID | None:
        """None for somebody new. Raises SeveralPersonsFit, PersonRestricted, NothingToRecognise."""
        stronger: set[IdentifierKind] = set()
        for one in self._matching(identities):
            fitting = self._fitting(one)
            if stronger:
                fitting = {person for person in fitting if stronger.isdisjoint(self._kinds_of(person))}
            if len(fitting) > 1:
                raise SeveralPersonsFit
            if fitting:
                return self._free(next(iter(fitting)))
            stronger.add(one.kind)
        if not stronger:
            raise NothingToRecognise
        return None

    def join(self, person_id: UUID, identities: Sequence[Identity], *, new: bool) -> list[Identity]:
        """Makes the person known by these from now on; returns those that were not known yet."""
        if new:
            self._kinds[person_id] = set()
        unknown = [one for one in identities if new or person_id not in self._fitting(one)]
        for one in unknown:
            self._persons.setdefault((one.kind, one.digests[0]), set()).add(person_id)
        self._joined[person_id].update(one.kind for one in unknown)
        return unknown

    def _fitting(self, identity: Identity) -> set[UUID]:
        if len(identity.digests) == 1:
            return self._persons.get((identity.kind, identity.digests[0]), _NOBODY)
        return {person for digest in identity.digests for person in self._persons.get((identity.kind, digest), ())}

    def _fitting_weaker_only(self, identities: Sequence[Identity]) -> set[UUID]:
        """Those of whom it matters what else they are known by."""
        strongest, *weaker = [self._fitting(one) for one in self._matching(identities)] or [_NOBODY]
        return set() if strongest else {person for fitting in weaker for person in fitting}

    def _matching(self, identities: Sequence[Identity]) -> list[Identity]:
        return [one for one in identities if one.kind in self._matched_by]

    def _kinds_of(self, person_id: UUID) -> set[IdentifierKind]:
        if person_id not in self._kinds:
            self._learn_kinds({person_id})
        return self._kinds[person_id] | self._joined[person_id]

    def _learn_kinds(self, persons: set[UUID]) -> None:
        if not persons:
            return
        for person_id in persons:
            self._kinds[person_id] = set()
        for person_id, kind in self._session.execute(_KINDS, {"persons": list(persons)}):
            self._kinds[person_id].add(IdentifierKind(kind))
        if self._memory is not None:
            for person_id, kind in self._memory.kinds(persons):
                self._kinds[person_id].add(kind)

    def _free(self, person_id: UUID) -> UUID:
        if person_id in self._restricted:
            raise PersonRestricted
        return person_id


_NOBODY: set[UUID] = set()
_PERSONS = text(
    "SELECT digest, person_id, restricted FROM identifiers"
    " WHERE kind = :kind AND digest = ANY(CAST(:digests AS bytea[]))"
)
_KINDS = text("SELECT DISTINCT person_id, kind FROM identifiers WHERE person_id = ANY(CAST(:persons AS uuid[]))")

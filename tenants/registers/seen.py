"""What a file has said so far, while it is checked and nothing is written. On disk: memory does not grow with the file.

Holds keyed digests and random ids only, in a temporary file without a name that is gone when this is closed.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from tenants.registers.identifiers import Identity
from tenants.registers.matching import Key
from tenants.vault.digests import IdentifierKind

_SCHEMA = """
CREATE TABLE persons (key BLOB, person BLOB, PRIMARY KEY (key, person)) WITHOUT ROWID;
CREATE TABLE kinds (person BLOB PRIMARY KEY, kinds INTEGER) WITHOUT ROWID;
CREATE TABLE records (key BLOB PRIMARY KEY) WITHOUT ROWID;
"""
# Half of a digest: a chance of 1 in 2**100 that two of ten million are taken for one.
DIGEST = 16
BATCH = 10_000


class Seen:
    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8192;")
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")
        self._new_persons: list[tuple[bytes, bytes]] = []
        self._new_kinds: list[tuple[bytes, int]] = []
        self._new_records: list[tuple[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def persons(self, keys: Iterable[Key]) -> Iterable[tuple[Key, UUID]]:
        asked = {_short(key): key for key in keys}
        for key, person in self._where("SELECT key, person FROM persons WHERE key", list(asked)):
            yield asked[key], UUID(bytes=person)

    def kinds(self, persons: Iterable[UUID]) -> Iterable[tuple[UUID, IdentifierKind]]:
        asked = [person.bytes for person in persons]
        for person, kinds in self._where("SELECT person, kinds FROM kinds WHERE person", asked):
            yield from ((UUID(bytes=person), kind) for kind, bit in _BITS.items() if kinds & bit)

    def met(self, persons: Iterable[UUID]) -> set[UUID]:
        """Of whom an earlier row was."""
        asked = [person.bytes for person in persons]
        return {UUID(bytes=person) for (person,) in self._where("SELECT person FROM kinds WHERE person", asked)}

    def records(self, keys: Iterable[bytes]) -> set[bytes]:
        """Which an earlier row was about."""
        return {key for (key,) in self._where("SELECT key FROM records WHERE key", list(keys))}

    def remember(self, person_id: UUID, identities: Iterable[Identity], record_key: bytes | None) -> None:
        """What one row said; `identities` are those by which the person was not known before."""
        person, kinds = person_id.bytes, 0
        for one in identities:
            kinds |= _BITS[one.kind]
            self._new_persons.append((_short((one.kind, one.digests[0])), person))
        self._new_kinds.append((person, kinds))
        if record_key is not None:
            self._new_records.append((record_key,))

    def write_down(self) -> None:
        """What was remembered since; looking it up before finds nothing of it."""
        insert = self._database.executemany
        insert("INSERT OR IGNORE INTO persons VALUES (?, ?)", self._new_persons).close()
        insert(
            "INSERT INTO kinds VALUES (?, ?) ON CONFLICT DO UPDATE SET kinds = kinds | excluded.kinds", self._new_kinds
        ).close()
        insert("INSERT OR IGNORE INTO records VALUES (?)", self._new_records).close()
        for remembered in (self._new_persons, self._new_kinds, self._new_records):
            remembered.clear()

    def _where(self, question: str, values: list[bytes]) -> Iterable[tuple[Any, ...]]:
        for start in range(0, len(values), BATCH):
            some = values[start : start + BATCH]
            with closing(self._database.execute(f"{question} IN ({','.join('?' * len(some))})", some)) as found:
                yield from found.fetchall()


def _short(key: Key) -> bytes:
    kind, digest = key
    return _BITS[kind].to_bytes() + digest[:DIGEST]


_BITS = {kind: 1 << place for place, kind in enumerate(IdentifierKind)}

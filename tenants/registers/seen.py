"""What a file has said so far, while it is checked and nothing is written. On disk: memory does not grow with the file.

Holds keyed digests and random ids only, in a temporary file without a name that is gone when this is closed.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from tenants.registers.matching import Key
from tenants.vault.digests import IdentifierKind

_SCHEMA = """
CREATE TABLE persons (key BLOB, person BLOB, PRIMARY KEY (key, person)) WITHOUT ROWID;
CREATE TABLE kinds (person BLOB, kind TEXT, PRIMARY KEY (person, kind)) WITHOUT ROWID;
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
        for person, kind in self._where("SELECT person, kind FROM kinds WHERE person", asked):
            yield UUID(bytes=person), IdentifierKind(kind)

    def records(self, keys: Iterable[bytes]) -> set[bytes]:
        """Which of these were remembered."""
        return {key for (key,) in self._where("SELECT key FROM records WHERE key", list(keys))}

    def remember(self, identified: Iterable[tuple[Key, UUID]], records: Iterable[bytes]) -> None:
        pairs = list(identified)
        insert = self._database.executemany
        insert("INSERT OR IGNORE INTO persons VALUES (?, ?)", ((_short(key), who.bytes) for key, who in pairs)).close()
        insert(
            "INSERT OR IGNORE INTO kinds VALUES (?, ?)", ((who.bytes, str(kind)) for (kind, _), who in pairs)
        ).close()
        insert("INSERT OR IGNORE INTO records VALUES (?)", ((key,) for key in records)).close()

    def _where(self, question: str, values: list[bytes]) -> Iterable[tuple[Any, ...]]:
        for start in range(0, len(values), BATCH):
            some = values[start : start + BATCH]
            with closing(self._database.execute(f"{question} IN ({','.join('?' * len(some))})", some)) as found:
                yield from found.fetchall()


def _short(key: Key) -> bytes:
    kind, digest = key
    return bytes([list(IdentifierKind).index(kind)]) + digest[:DIGEST]

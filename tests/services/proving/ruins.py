"""Walls with holes in them, and walls that were mended."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

from msgspec import Struct
from psycopg import Connection

from services.proving.findings import Kind


class Hole(Struct, frozen=True):
    """What somebody did to an installation, how it is undone, and what the proof should say of it."""

    made: LiteralString
    mended: LiteralString
    kind: Kind
    place: str


@contextmanager
def holes(admin: Connection[Any], made: Sequence[Hole]) -> Iterator[None]:
    done: list[Hole] = []
    try:
        for hole in made:
            admin.execute(hole.made)
            done.append(hole)
        yield
    finally:
        for hole in reversed(done):
            admin.execute(hole.mended)


@contextmanager
def weakened(admin: Connection[Any], policy: str, clause: str) -> Iterator[None]:
    """The policy says something else for a while."""
    [(table, using, check)] = admin.execute(
        "SELECT tablename, qual, with_check FROM pg_policies WHERE policyname = %s", [policy]
    ).fetchall()
    clauses = (("USING", using), ("WITH CHECK", check))
    back = " ".join(f"{name} ({words})" for name, words in clauses if words)
    admin.execute(f"ALTER POLICY {policy} ON {table} {clause}".encode())
    try:
        yield
    finally:
        admin.execute(f"ALTER POLICY {policy} ON {table} {back}".encode())

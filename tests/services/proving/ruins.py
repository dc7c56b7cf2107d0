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


def policy_words(admin: Connection[Any], policy: str) -> tuple[str, str]:
    """The table and the condition of a policy, so that it can be put back."""
    row = admin.execute(
        "SELECT tablename, COALESCE(qual, with_check) FROM pg_policies WHERE policyname = %s", [policy]
    ).fetchone()
    assert row is not None
    return row[0], row[1]


@contextmanager
def weakened(admin: Connection[Any], policy: str, clause: str) -> Iterator[None]:
    """The policy says something else for a while."""
    table, words = policy_words(admin, policy)
    former = {"insert": f"WITH CHECK ({words})", "update": f"USING ({words}) WITH CHECK ({words})"}
    admin.execute(f"ALTER POLICY {policy} ON {table} {clause}".encode())
    try:
        yield
    finally:
        back = former.get(policy.rsplit("_", 1)[1], f"USING ({words})")
        admin.execute(f"ALTER POLICY {policy} ON {table} {back}".encode())

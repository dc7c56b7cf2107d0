"""Each wall is taken down in turn, for a moment and for nobody but this transaction: would the proof have noticed?

A changed policy locks its table until it is taken back, some milliseconds. So this part is made when it is asked for,
and gives up a table for which it would have to wait.
"""

from collections.abc import Collection, Iterator
from typing import Any, LiteralString

import psycopg
from msgspec import Struct
from psycopg import sql

from services.proving import attacks, reference
from services.proving.attacks import OWN_READER
from services.proving.canaries import Canaries
from services.proving.findings import Count, Kind, Part, Result, Untried
from services.proving.pace import Pace
from services.proving.positions import SEES_ALL_GROUPS, Position, all_positions
from services.proving.shapes import Shape

_BACK = "ROLLBACK TO SAVEPOINT mutated; RELEASE SAVEPOINT mutated"


class Mutation(Struct, frozen=True):
    """One policy, and what is done to it; `weakens` where it then lets everything through."""

    shape: Shape
    policy: str
    command: str
    statement: sql.Composed
    weakens: bool

    @property
    def place(self) -> str:
        return f"{self.shape.table} {self.policy}"


def check(made: Canaries, tables: Collection[str] | None = None) -> Result:
    """Of all tables, or of these."""
    chosen = [table for table in made.shapes if tables is None or table in tables]
    result = Result(part=Part.MUTATIONS)
    positions = all_positions(made)
    policies = made.connection.execute(
        """
        SELECT tablename, policyname, roles[1], cmd, permissive = 'PERMISSIVE' FROM pg_policies
        WHERE schemaname = 'public' AND tablename = ANY (%s) ORDER BY 1, 2
        """,
        [chosen],
    ).fetchall()
    for table, policy, role, command, lets in policies:
        short = role.removeprefix("seloste_")
        by_role = [one for one in positions if one.acting.role == short]
        for statement, weakens in _mutations(table, policy, short, command):
            # One that only narrows what others let through may be weakened without anybody of these coming through.
            mutation = Mutation(made.shapes[table], policy, command, statement, weakens and lets)
            _mutate(result, made, mutation, by_role)
    for table in chosen:
        for words in ("DISABLE ROW LEVEL SECURITY", "NO FORCE ROW LEVEL SECURITY"):
            _unwall(result, made, table, words)
    return result


def _mutations(table: str, policy: str, role: str, command: str) -> Iterator[tuple[sql.Composed, bool]]:
    names = sql.Identifier(policy), sql.Identifier(table)
    yield sql.SQL("DROP POLICY {} ON {}").format(*names), False
    if (table, role) in SEES_ALL_GROUPS | OWN_READER:
        return  # it lets everything through already
    clauses: dict[str, LiteralString] = {"INSERT": "WITH CHECK (true)", "UPDATE": "USING (true) WITH CHECK (true)"}
    yield sql.SQL("ALTER POLICY {} ON {} {}").format(*names, sql.SQL(clauses.get(command, "USING (true)"))), True
    if command == "UPDATE":
        yield sql.SQL("ALTER POLICY {} ON {} WITH CHECK (true)").format(*names), False


def _mutate(result: Result, made: Canaries, mutation: Mutation, positions: list[Position]) -> None:
    shape = mutation.shape
    before = reference.policies(made.connection, shape.table)
    pace, made.pace = made.pace, Pace(0)
    attacked = Result(part=Part.TABLES)
    try:
        if not _take_down(result, made, mutation.statement, mutation.place):
            return
        compared = reference.policies(made.connection, shape.table) != before
        if mutation.weakens:
            attacks.attack_table(attacked, made, shape, positions, commands=(mutation.command,))
    finally:
        steps, made.pace = made.pace.steps, pace
        made.connection.execute(_BACK)
        for _ in range(steps + 1):
            pace.step()  # what was hurried while the lock was held
    result.count(Count.TAKEN_DOWN)
    result.count(Count.COMPARED, int(compared))
    result.count(Count.WEAKENED, int(mutation.weakens))
    result.count(Count.ATTACKED, int(bool(attacked.findings)))
    if not compared and not attacked.findings:
        result.find(Kind.UNNOTICED, mutation.place, "weakened" if mutation.weakens else "dropped or changed")


def _take_down(result: Result, made: Canaries, statement: sql.Composed, place: str) -> bool:
    made.connection.execute("SAVEPOINT mutated")
    try:
        made.connection.execute(statement)
    except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled):
        made.connection.execute("ROLLBACK TO SAVEPOINT mutated")
        result.untried.append(Untried(place, "busy"))
        return False
    return True


def _unwall(result: Result, made: Canaries, table: str, words: LiteralString) -> None:
    made.pace.step()
    statement = sql.SQL("ALTER TABLE {} ").format(sql.Identifier(table)) + sql.SQL(words)
    try:
        if not _take_down(result, made, statement, table):
            return
        row: tuple[Any, ...] | None = made.connection.execute(
            "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = %s::text::regclass",
            [f'public."{table}"'],
        ).fetchone()
    finally:
        made.connection.execute(_BACK)
    result.count(Count.TAKEN_DOWN)
    result.count(Count.COMPARED, int(row == (False,)))
    if row != (False,):
        result.find(Kind.UNNOTICED, table, words)

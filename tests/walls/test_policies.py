"""Every table x role x command does what the walls promise, and no policy can be lost without a test that fails."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from infra.embedded.postgres import Postgres
from tests.walls.arena import CONTEXTS, Arena, arena
from tests.walls.expected import CELLS, NARROWED, everything


@pytest.fixture(scope="module")
def filled(database: Postgres) -> Iterator[Arena]:
    with arena(database.admin_url) as made:
        yield made


def differences(filled: Arena, table: str, role: str, command: str) -> Iterator[str]:
    """What PostgreSQL does otherwise than expected, in words."""
    rule = CELLS.get((table, role, command))
    for name, acting in CONTEXTS.items():
        if str(acting.role) != role:
            continue
        if command == "INSERT":
            for row in filled.rows[table]:
                allowed = rule is not None and rule(row, acting)
                if filled.lets_in(table, row, acting) != allowed:
                    yield f"{name} may{' not' * allowed} insert into {table}: {row}"
        else:
            wanted = sum(rule(row, acting) for row in filled.rows[table]) if rule else -1
            reached = filled.reached(table, command, acting)
            if reached != wanted:
                yield f"{name} reaches {reached} rows of {table} by {command}, not {wanted}"
            if command == "UPDATE" and filled.lets_move(table, acting):
                yield f"{name} may give rows of {table} to another group"


COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")


@pytest.mark.parametrize("role", ["app", "portal", "relay", "sealer", "auditor", "exporter", "eraser", "door"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_role_reaches_exactly_what_it_should(filled: Arena, role: str, command: str) -> None:
    assert [line for table in filled.tables for line in differences(filled, table, role, command)] == []


def test_no_policy_is_unexpected_and_none_is_missing(filled: Arena) -> None:
    found = filled.connection.execute(
        "SELECT tablename, roles[1], cmd FROM pg_policies WHERE schemaname = 'public' AND permissive = 'PERMISSIVE'"
    )
    assert {(table, role.removeprefix("seloste_"), command) for table, role, command in found} == set(CELLS)


def test_a_policy_that_is_dropped_or_weakened_is_noticed(filled: Arena) -> None:
    """The mutation test: each policy in turn is dropped, then made to let everything through."""
    unnoticed = []
    policies = filled.connection.execute(
        "SELECT tablename, policyname, roles[1], cmd, permissive = 'PERMISSIVE' FROM pg_policies"
        " WHERE schemaname = 'public' AND cmd <> 'ALL'"
    ).fetchall()
    for table, policy, role, command, permissive in policies:
        short = role.removeprefix("seloste_")
        if short == "owner":
            continue  # reads through the two functions only; tests/walls/test_directory.py
        weaken = CELLS[table, short, command] is not everything
        # Whether rows may be given to another group, the permissive ones say.
        movable = permissive and (table, short) not in NARROWED
        for mutation in mutations(table, policy, command, weaken=weaken, movable=movable):
            with filled.connection.transaction(force_rollback=True):
                filled.connection.execute(mutation)
                if not any(differences(filled, table, short, command)):
                    unnoticed.append(mutation.as_string(filled.connection))
    assert unnoticed == [], "\n".join(unnoticed)


def mutations(table: str, policy: str, command: str, *, weaken: bool, movable: bool) -> Iterator[sql.Composed]:
    names = sql.Identifier(policy), sql.Identifier(table)
    yield sql.SQL("DROP POLICY {} ON {}").format(*names)
    clauses = {"INSERT": "WITH CHECK (true)", "UPDATE": "USING (true) WITH CHECK (true)"}
    if weaken:
        clause = sql.SQL(clauses.get(command, "USING (true)"))
        yield sql.SQL("ALTER POLICY {} ON {} {}").format(*names, clause)
    if weaken and movable and command == "UPDATE":
        yield sql.SQL("ALTER POLICY {} ON {} WITH CHECK (true)").format(*names)


@pytest.mark.parametrize(
    ("table", "column"),
    [("oauth_client_keys", "retired_at"), ("oauth_tokens", "revoked_at"), ("processor_contacts", "ended_at")],
)
def test_what_a_person_of_a_processor_takes_away_stays_so(filled: Arena, table: str, column: str) -> None:
    take_away, bring_back = (
        sql.SQL("UPDATE {} SET {} = {}").format(sql.Identifier(table), sql.Identifier(column), value)
        for value in (sql.SQL("now()"), sql.SQL("NULL"))
    )
    with filled.behind_the_walls(CONTEXTS["a person of the processor"]):
        assert filled.connection.execute(take_away).rowcount == 1
        assert filled.connection.execute(take_away).rowcount == 0
        assert filled.connection.execute(bring_back).rowcount == 0
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        filled.behind_the_walls(CONTEXTS["a person of the processor"]),
    ):
        filled.connection.execute(bring_back)


def test_switching_row_security_off_is_noticed(filled: Arena) -> None:
    for table in filled.tables:
        with filled.connection.transaction(force_rollback=True):
            filled.connection.execute(
                sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(sql.Identifier(table))
            )
            cells = (cell for cell in CELLS if cell[0] == table and cell[1] != "owner")
            assert any(any(differences(filled, *cell)) for cell in cells), table

"""In a suspended group every table refuses whoever would reach a row of it, by the database's own word."""

from collections.abc import Iterator

import psycopg
import pytest

from infra.embedded.postgres import Postgres
from tenants.acting import Acting
from tenants.migrations.everywhere import OPEN_ALWAYS
from tests.walls.arena import CONTEXTS, OURS, Arena, arena
from tests.walls.expected import CELLS

REFUSED = "SL001"
ROLES = ("app", "portal")


@pytest.fixture(scope="module")
def suspended(database: Postgres) -> Iterator[Arena]:
    with arena(database.admin_url) as made:
        made.connection.execute("UPDATE groups SET suspended_at = now() WHERE group_id = %s", [OURS])
        yield made


def is_refused(made: Arena, table: str, command: str, acting: Acting) -> bool:
    try:
        with made.connection.transaction():
            if command == "INSERT":
                rows = [row for row in made.rows[table] if CELLS[table, str(acting.role), command](row, acting)]
                made.lets_in(table, rows[0], acting)
            else:
                made.reached(table, command, acting)
    except psycopg.Error as error:
        if error.sqlstate != REFUSED:
            raise
        return True
    return False


@pytest.mark.parametrize("name", [name for name, acting in CONTEXTS.items() if str(acting.role) in ROLES])
def test_what_one_reaches_otherwise_is_refused(suspended: Arena, name: str) -> None:
    acting, asked = CONTEXTS[name], 0
    for (table, role, command), rule in CELLS.items():
        if role != str(acting.role) or not any(rule(row, acting) for row in suspended.rows[table]):
            continue
        asked += 1
        assert is_refused(suspended, table, command, acting) != (table in OPEN_ALWAYS), (table, command)
    assert asked


def test_the_door_is_shut(suspended: Arena) -> None:
    """Nothing comes through it without a grant, and of those it sees none."""
    acting = CONTEXTS["a member through the door"]
    assert is_refused(suspended, "sharing_grants", "SELECT", acting)
    assert is_refused(suspended, "records", "SELECT", acting)


def test_the_sealer_and_the_auditor_go_on(suspended: Arena) -> None:
    for name in ("the sealer", "an auditor of the group"):
        assert suspended.reached("audit_entries", "SELECT", CONTEXTS[name]) > 0

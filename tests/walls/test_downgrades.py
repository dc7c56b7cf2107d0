"""A migration that says how it is taken back can be: down to the last that has no way back, and up again."""

from collections.abc import Iterator

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection

from infra.embedded.postgres import Postgres
from services.proving import reference
from tenants.base import Base
from tenants.migrations import everywhere, running

# What it brought is said nowhere else.
LAST_WITHOUT_A_WAY_BACK = "0061"


@pytest.fixture(scope="module")
def built(database: Postgres) -> Iterator[Connection]:
    """In a schema of its own, without anybody's rows."""
    with reference.building() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": Base.metadata})
        with Operations.context(context):
            yield connection


@pytest.fixture
def here(built: Connection) -> Iterator[Connection]:
    """Whatever a test does is undone."""
    with built.begin_nested() as step:
        yield built
        step.rollback()


@pytest.fixture(scope="module")
def newest_first() -> list[Script]:
    return list(ScriptDirectory.from_config(running.configuration()).walk_revisions())


def standing(connection: Connection) -> reference.Entries:
    return reference.entries(connection.connection.driver_connection, reference.SCHEMA)  # type: ignore[arg-type]


def test_what_is_taken_back_and_made_again_is_as_it_was(here: Connection, newest_first: list[Script]) -> None:
    before = standing(here)
    at = [script.revision for script in newest_first].index(LAST_WITHOUT_A_WAY_BACK)
    for script in newest_first[:at]:
        script.module.downgrade()
    with pytest.raises(NotImplementedError):
        newest_first[at].module.downgrade()
    for script in reversed(newest_first[:at]):
        script.module.upgrade()
    everywhere.draw_in(here)
    after = standing(here)
    assert {one for one in before.keys() | after.keys() if before.get(one) != after.get(one)} == set()


def test_of_certificates_the_newest_stays_where_there_is_room_for_one(
    here: Connection, newest_first: list[Script]
) -> None:
    """No policy lets the owner of the tables delete rows: a migration that forgets it deletes none without a word."""
    run, table = here.exec_driver_sql, "closing_certificates"
    keys = run(f"SELECT conname FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype = 'f'").scalars()
    for key in keys.all():
        run(f"ALTER TABLE {table} DROP CONSTRAINT {key}")
    run(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    run(
        f"INSERT INTO {table} (group_id, company_id, agreement_id, number, document, issued_on, sub_processors)"
        " SELECT g, c, a, n, '{}', date '2026-11-01' + n, false"
        " FROM (SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid()) one (g, c, a), generate_series(1, 2) n"
    )
    run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    next(script for script in newest_first if script.revision == "0079").module.downgrade()
    run(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    assert run(f"SELECT issued_on::text FROM {table}").scalars().all() == ["2026-11-03"]

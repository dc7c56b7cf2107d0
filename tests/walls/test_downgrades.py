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
# Two versions that were approved, and a draft. It ended on the tenth of June, which in UTC was the ninth.
AGREED = """
    WITH company AS (
      INSERT INTO companies (group_id, company_id, key, name, prefix, contact, approval, archive_days, position)
      SELECT gen_random_uuid(), gen_random_uuid(), 'alfa', 'Alfa', 'ALF', '{}', 'staff', 30, 1 RETURNING *),
    one AS (
      INSERT INTO agreements (group_id, agreement_id, company_id, processor_id, key, ended_at)
      SELECT group_id, gen_random_uuid(), company_id, gen_random_uuid(), 'hosting', '2026-06-09 22:30+00'
        FROM company RETURNING *)
    INSERT INTO agreement_versions (group_id, agreement_id, version, company_id, relation, registers, purposes,
                                    checklist, valid_from, valid_until, transfers, objection_stops, approved_at,
                                    replaced_on)
    SELECT group_id, agreement_id, said.version, company_id, 'processor', '{}', '{}', '[]', '2026-01-01', '2026-12-31',
           said.transfers::jsonb, false, said.approved_at::timestamptz, said.replaced_on::date
      FROM one, (VALUES
        (1, '[{"country": "CH", "kind": "adequacy"}, {"country": "IN", "kind": "standard_clauses",
               "assessment": {"name": "Arviointi", "sha256": "ab"}}]', '2026-01-01', '2026-04-01'),
        (2, '[{"country": "US", "kind": "binding_rules", "assessment": {"name": "Arviointi", "sha256": "ab"}}]',
         '2026-03-01', NULL),
        (3, '[{"country": "CN", "kind": "derogation"}]', NULL, NULL)
      ) said (version, transfers, approved_at, replaced_on)
"""


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


def test_what_was_agreed_before_is_told_of_transfers(here: Connection, newest_first: list[Script]) -> None:
    """Of approved versions alone, and until the day before another took their place or the agreement ended."""
    run, tables = here.exec_driver_sql, ("companies", "agreements", "agreement_versions")
    script = next(script for script in newest_first if script.revision == "0080")
    script.module.downgrade()
    for table in tables:
        keys = f"SELECT conname FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype = 'f'"
        for key in run(keys).scalars().all():
            run(f"ALTER TABLE {table} DROP CONSTRAINT {key}")
        run(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    run(AGREED)
    for table in tables:
        run(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    script.module.upgrade()
    run("ALTER TABLE shown_transfers NO FORCE ROW LEVEL SECURITY")
    found = run("SELECT version, country, kind, assessed, shown_until::text FROM shown_transfers ORDER BY 1, 2")
    assert [tuple(row) for row in found] == [
        (1, "CH", "adequacy", False, "2026-03-31"),
        (1, "IN", "standard_clauses", True, "2026-03-31"),
        (2, "US", "binding_rules", True, "2026-06-09"),
    ]

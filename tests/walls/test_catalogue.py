"""The gate: what PostgreSQL's own catalogue says about every table, policy, key and function there is."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import Connection
from psycopg.conninfo import make_conninfo

import tenants
from infra.embedded.postgres import Postgres
from tenants import walls
from tenants.acting import DatabaseRole
from tenants.base import Base
from tenants.database import engine

TENANT_TABLES = """
    SELECT c.oid, c.relname FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'alembic_version'
"""
# Every model there is, so that the comparison below leaves none out.
for module in pkgutil.walk_packages(tenants.__path__, "tenants."):
    if not module.name.startswith("tenants.migrations"):
        importlib.import_module(module.name)

# A group is found by these before it is known; one exact key is read through one function.
KEYS_WITHOUT_GROUP = {"pk_directory"}


@pytest.fixture
def catalogue(database: Postgres) -> Iterator[Connection[tuple[Any, ...]]]:
    with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste")) as connection:
        yield connection


@pytest.mark.parametrize("role", list(DatabaseRole))
def test_the_assertion_made_at_every_start_finds_nothing(database: Postgres, role: DatabaseRole) -> None:
    walls.check(role)


def test_the_assertion_finds_a_table_without_walls(catalogue: Connection[Any], database: Postgres) -> None:
    catalogue.execute("CREATE TABLE bare (id int)")
    catalogue.execute("GRANT SELECT ON bare TO seloste_app")
    catalogue.commit()
    try:
        with pytest.raises(walls.WallsBroken, match="bare"):
            walls.check(DatabaseRole.APP)
    finally:
        catalogue.execute("DROP TABLE bare")
        catalogue.commit()


def test_every_key_begins_with_the_group(catalogue: Connection[Any]) -> None:
    found = catalogue.execute(
        f"""
        SELECT k.conname FROM pg_constraint k JOIN ({TENANT_TABLES}) t ON t.oid = k.conrelid
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
        WHERE k.contype IN ('p', 'u', 'f') AND a.attname <> 'group_id'
        """
    )
    assert {name for (name,) in found} == KEYS_WITHOUT_GROUP


def test_every_index_begins_with_the_group(catalogue: Connection[Any]) -> None:
    """The queue's own two begin with the queue: the relay asks for the jobs of all groups."""
    found = catalogue.execute(
        f"""
        SELECT i.indexrelid::regclass::text FROM pg_index i JOIN ({TENANT_TABLES}) t ON t.oid = i.indrelid
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE a.attname <> 'group_id'
        """
    )
    assert {name for (name,) in found if not name.startswith("ix_queued_jobs")} == KEYS_WITHOUT_GROUP


def test_every_policy_names_its_role_and_says_its_condition(catalogue: Connection[Any]) -> None:
    found = catalogue.execute(
        """
        SELECT policyname FROM pg_policies WHERE schemaname = 'public' AND (
            'public' = ANY (roles) OR (cmd = 'ALL' AND permissive = 'PERMISSIVE')
            OR (cmd <> 'INSERT' AND qual IS NULL) OR (cmd IN ('INSERT', 'UPDATE') AND with_check IS NULL))
        """
    ).fetchall()
    assert found == []


def test_what_a_policy_asks_of_whoever_acts_it_asks_once_a_statement(catalogue: Connection[Any]) -> None:
    """But of a restricted row, of which there are few. The door reads by keys; what is let in is let in one by one."""
    found = catalogue.execute(
        r"""
        SELECT policyname FROM pg_policies WHERE schemaname = 'public' AND roles <> '{seloste_door}'
          AND qual ~ '(?<!SELECT )(?<!SELECT \()(?<!restricted\) OR \()NULLIF\(current_setting'
        """
    ).fetchall()
    assert found == []


def test_no_role_may_truncate_or_build_triggers(catalogue: Connection[Any]) -> None:
    found = catalogue.execute(
        """
        SELECT grantee, table_name FROM information_schema.role_table_grants
        WHERE table_schema = 'public' AND privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES')
          AND grantee LIKE 'seloste%' AND grantee <> 'seloste_owner'
        """
    ).fetchall()
    assert found == []


def test_functions_that_run_as_their_owner_are_known_and_fixed_in_their_search_path(catalogue: Connection[Any]) -> None:
    found = catalogue.execute(
        """
        SELECT proname, proconfig::text LIKE '%search_path%', has_function_privilege('public', oid, 'EXECUTE')
        FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace
        """
    ).fetchall()
    assert {name for name, _, _ in found} == walls.DEFINER_FUNCTIONS
    assert all(fixed and not public for _, fixed, public in found)


def test_there_are_no_views_no_enums_and_no_sequences(catalogue: Connection[Any]) -> None:
    """Views may run as their owner, an enum's comparison is not leakproof, a sequence counts across tenants."""
    relations = catalogue.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm', 'S')"
    ).fetchall()
    enums = catalogue.execute("SELECT typname FROM pg_type WHERE typtype = 'e'").fetchall()
    assert (relations, enums) == ([], [])


def test_no_role_but_the_backups_passes_the_walls(catalogue: Connection[Any]) -> None:
    found = catalogue.execute(
        "SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname LIKE 'seloste%' AND (rolbypassrls OR rolsuper)"
    ).fetchall()
    assert found == [("seloste_backup", False)]


def test_tables_with_personal_data_are_kept_by_company(catalogue: Connection[Any]) -> None:
    personal = {mapper.class_.__tablename__ for mapper in Base.registry.mappers if _is_of_company(mapper.class_)}
    found = catalogue.execute(
        "SELECT DISTINCT tablename FROM pg_policies WHERE qual LIKE '%company_id%' AND 'seloste_app' = ANY (roles)"
    )
    assert personal - {name for (name,) in found} == set()


def test_what_is_kept_of_persons_opens_to_staff_who_are_let_in_only(catalogue: Connection[Any]) -> None:
    """A new table of this kind asks `may_open` too: `also(..., MAY_OPEN)` in its migration."""
    found = catalogue.execute(
        """
        SELECT p.tablename, p.cmd FROM pg_policies p
        JOIN information_schema.columns c ON c.table_schema = p.schemaname AND c.table_name = p.tablename
        WHERE c.column_name = 'person_id' AND 'seloste_app' = ANY (p.roles) AND p.permissive = 'PERMISSIVE'
          AND NOT EXISTS (
            SELECT FROM pg_policies o
            WHERE o.tablename = p.tablename AND o.cmd = p.cmd AND o.roles = p.roles AND o.permissive = 'RESTRICTIVE'
              AND COALESCE(o.qual, o.with_check) LIKE '%may_open%')
        """
    ).fetchall()
    assert found == []


def _is_of_company(model: type) -> bool:
    return any(base.__name__ == "OfCompany" for base in model.__mro__)


# How SQLAlchemy reads a constraint that is NOT VALID, for which it knows no dialect's name.
@pytest.mark.filterwarnings("ignore:Can't validate argument 'dialect_options'")
def test_the_migrations_make_what_the_models_say(database: Postgres) -> None:
    with engine(DatabaseRole.OWNER).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_the_owner_reads_no_rows_of_tenants(database: Postgres) -> None:
    with engine(DatabaseRole.OWNER).connect() as connection:
        tables = connection.exec_driver_sql(TENANT_TABLES).all()
        counts = {name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar() for _, name in tables}
    assert {name for name, count in counts.items() if count} <= {"directory"}

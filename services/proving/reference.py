"""What the catalogue says of a schema, entry by entry: of the installation's, and of one just built.

The second is built in a schema of its own, in a transaction that is rolled back: no table of the installation is
touched or waited for. So nothing that should be there is written down twice, and a new table needs no line here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import sqlalchemy
from psycopg import Connection

from services.proving.findings import Kind, Result
from tenants.acting import DatabaseRole
from tenants.database import engine
from tenants.migrations import running

Plain = Connection[tuple[Any, ...]]
Entries = dict[tuple[Kind, str], str]

SCHEMA = "seloste_reference"
LIVE = "public"
RUNTIME = tuple(f"seloste_{role}" for role in (*DatabaseRole, "door", "backup"))

_RELATIONS: LiteralString = """
    SELECT 'object', 'table ' || c.relname, concat_ws(' ', c.relkind, c.relpersistence, c.relispartition,
           (SELECT string_agg(o, ',' ORDER BY o) FROM unnest(c.reloptions) o))
    FROM pg_class c WHERE c.relnamespace = %(schema)s::text::regnamespace AND c.relkind NOT IN ('i', 'I', 'c', 't')
    UNION ALL
    SELECT 'no_wall', c.relname, concat_ws(' ', c.relrowsecurity, c.relforcerowsecurity)
    FROM pg_class c WHERE c.relnamespace = %(schema)s::text::regnamespace AND c.relkind IN ('r', 'p')
    UNION ALL
    SELECT 'object', 'column ' || c.relname || '.' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
           a.attnotnull, a.attidentity, a.attgenerated, a.attcollation::regcollation, pg_get_expr(d.adbin, d.adrelid))
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = %(schema)s::text::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    UNION ALL
    SELECT 'object', 'constraint ' || c.relname || '.' || k.conname,
           replace(pg_get_constraintdef(k.oid), ' NOT VALID', '')
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.connamespace = %(schema)s::text::regnamespace AND k.contype <> 'n'
    UNION ALL
    SELECT 'object', 'index ' || i.indexrelid::regclass, concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = %(schema)s::text::regnamespace
    UNION ALL
    SELECT 'object', 'trigger ' || c.relname || '.' || t.tgname, concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE c.relnamespace = %(schema)s::text::regnamespace AND NOT t.tgisinternal
    UNION ALL
    SELECT 'object', 'rule ' || c.relname || '.' || r.rulename, pg_get_ruledef(r.oid)
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    WHERE c.relnamespace = %(schema)s::text::regnamespace AND c.relkind IN ('r', 'p')
    UNION ALL
    SELECT 'ownership', 'table ' || c.relname, pg_get_userbyid(c.relowner)
    FROM pg_class c WHERE c.relnamespace = %(schema)s::text::regnamespace AND c.relkind NOT IN ('i', 'I', 't', 'c')
"""
_POLICIES: LiteralString = """
    SELECT 'policy', p.tablename || ' ' || p.policyname,
           concat_ws(' ', p.permissive, p.cmd, p.roles::text, 'USING', p.qual, 'CHECK', p.with_check)
    FROM pg_policies p WHERE p.schemaname = %(schema)s::text AND p.tablename LIKE %(tables)s::text
"""
_FUNCTIONS: LiteralString = """
    SELECT 'function', p.oid::regprocedure::text, CASE WHEN p.prokind = 'a' THEN 'aggregate'
           ELSE pg_get_functiondef(p.oid) END
    FROM pg_proc p WHERE p.pronamespace = %(schema)s::text::regnamespace
    UNION ALL
    SELECT 'ownership', 'function ' || p.oid::regprocedure::text, pg_get_userbyid(p.proowner)
    FROM pg_proc p WHERE p.pronamespace = %(schema)s::text::regnamespace
"""
_GRANTS: LiteralString = """
    SELECT 'grant', what || ': ' || CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END
           || ' ' || privilege_type, is_grantable::text
    FROM (
        SELECT 'table ' || c.relname AS what, acl.* FROM pg_class c,
               aclexplode(COALESCE(c.relacl, acldefault('r', c.relowner))) acl
        WHERE c.relnamespace = %(schema)s::text::regnamespace AND c.relkind NOT IN ('i', 'I', 't', 'c')
        UNION ALL
        SELECT 'column ' || c.relname || '.' || a.attname, acl.*
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) acl
        WHERE c.relnamespace = %(schema)s::text::regnamespace
        UNION ALL
        SELECT 'function ' || p.oid::regprocedure, acl.* FROM pg_proc p,
               aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) acl
        WHERE p.pronamespace = %(schema)s::text::regnamespace) given
"""
_ALL: LiteralString = f"{_RELATIONS} UNION ALL {_POLICIES} UNION ALL {_FUNCTIONS} UNION ALL {_GRANTS}"


def entries(connection: Plain, schema: str, *, query: LiteralString = _ALL, table: str = "%") -> Entries:
    """With every name written out but the schema's, so that the same things are told in the same words."""
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL search_path = pg_catalog")
        found = connection.execute(query, {"schema": schema, "tables": table}).fetchall()
    return {(Kind(kind), _as_live(place)): _as_live(text or "") for kind, place, text in found}


def policies(connection: Plain, table: str) -> Entries:
    """Those of one table of the installation."""
    return entries(connection, LIVE, query=_POLICIES, table=table)


def _as_live(text: str) -> str:
    """Names of tables stand alone in what is found, as people know them."""
    return text.replace(f"{SCHEMA}.", "").replace(f"{LIVE}.", "")


@contextmanager
def owner() -> Iterator[Plain]:
    """The owner of the tables, who sees the whole catalogue and no row."""
    with engine(DatabaseRole.OWNER).connect() as connection:
        driver: Plain = connection.connection.driver_connection  # type: ignore[assignment]
        yield driver
        connection.rollback()


@contextmanager
def built() -> Iterator[tuple[Plain, Entries]]:
    """What the migrations build, and the connection on which they built it; gone with the end of the block."""
    with building() as connection:
        driver: Plain = connection.connection.driver_connection  # type: ignore[assignment]
        yield driver, entries(driver, SCHEMA)


@contextmanager
def building() -> Iterator[sqlalchemy.Connection]:
    """As the owner of a schema in which the migrations have built; gone with the end of the block."""
    with engine(DatabaseRole.OWNER).connect() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
        # What the installation would grant of itself must not pass for what the migrations grant.
        strangers = ", ".join(name for name in RUNTIME if name not in ("seloste_owner", "seloste_backup"))
        connection.exec_driver_sql(f"ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM PUBLIC, {strangers}")
        connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
        connection.exec_driver_sql(f"GRANT ALL ON SCHEMA {SCHEMA} TO seloste_door")
        connection.exec_driver_sql(f"SET LOCAL search_path = {SCHEMA}")
        # Alembic's own, which it makes before the first migration.
        connection.exec_driver_sql(
            "CREATE TABLE alembic_version (version_num varchar(32) CONSTRAINT alembic_version_pkc PRIMARY KEY)"
        )
        running.build_in(connection)
        yield connection
        connection.rollback()


def compare(result: Result, live: Entries, wanted: Entries) -> None:
    """Every difference is a finding; the text of neither side is shown, for it may be long."""
    for key in sorted({*live, *wanted}):
        kind, place = key
        result.count(kind)
        if key not in live:
            result.find(kind, place, "missing")
        elif key not in wanted:
            result.find(kind, place, "not of the migrations")
        elif live[key] != wanted[key]:
            result.find(kind, place, "differs")

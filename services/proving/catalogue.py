"""The gate: what the catalogue must say, whatever the migrations build, and that it says what they build."""

from collections.abc import Iterator
from typing import LiteralString

from services.proving import reference
from services.proving.findings import Count, Kind, Part, Result, Untried
from services.proving.reference import LIVE, RUNTIME, SCHEMA, Plain
from tenants import walls
from tenants.migrations import running
from tenants.migrations.roles import ATTRIBUTES

# Known to show nobody the rows of another: the language of functions, Citus, and figures about statements.
EXTENSIONS = ("plpgsql", "citus", "citus_columnar", "pg_stat_statements")
# Keys that begin with something else: a group is found by the one before it is known; the relay asks for all groups.
KEYS_WITHOUT_GROUP = frozenset({"pk_directory", "ix_queued_jobs_sent", "ix_queued_jobs_waiting"})
# What a setting of a role or database may not change behind everybody's back.
SETTINGS = ("role", "search_path", "row_security", "session_replication_role")

_Rule = tuple[Kind, LiteralString]
# Each query finds (place, detail) of what must not be.
RULES: tuple[_Rule, ...] = (
    (
        Kind.NO_WALL,
        """
        SELECT c.relname, CASE WHEN c.relrowsecurity THEN 'not forced' ELSE 'not enabled' END FROM pg_class c
        WHERE c.relnamespace = %(schema)s::text::regnamespace AND c.relkind IN ('r', 'p')
          AND c.relname <> ALL (%(bare)s)
          AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
        """,
    ),
    (
        Kind.NO_WALL,
        """
        SELECT c.relname, 'no policy' FROM pg_class c
        WHERE c.relnamespace = %(schema)s::text::regnamespace AND c.relkind IN ('r', 'p')
          AND c.relname <> ALL (%(bare)s)
          AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
        """,
    ),
    (
        Kind.POLICY,
        """
        SELECT tablename || ' ' || policyname, 'for everybody, for every command, or without a condition'
        FROM pg_policies WHERE schemaname = %(schema)s::text AND (
            'public' = ANY (roles) OR (cmd = 'ALL' AND permissive = 'PERMISSIVE')
            OR (cmd <> 'INSERT' AND qual IS NULL) OR (cmd IN ('INSERT', 'UPDATE', 'ALL') AND with_check IS NULL))
        """,
    ),
    (
        Kind.GRANT,
        """
        SELECT 'table ' || c.relname, 'PUBLIC or a runtime role may ' || acl.privilege_type
        FROM pg_class c, aclexplode(c.relacl) acl
        WHERE c.relnamespace = %(schema)s::text::regnamespace AND acl.grantee <> c.relowner
          AND (acl.grantee = 0 OR acl.is_grantable
               OR acl.privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES', 'MAINTAIN'))
        """,
    ),
    (
        Kind.DEFINER,
        """
        SELECT p.oid::regprocedure::text, CASE
            WHEN p.proname <> ALL (%(definers)s) THEN 'not one of those that may'
            WHEN has_function_privilege('public', p.oid, 'EXECUTE') THEN 'PUBLIC may call it'
            ELSE 'search_path is not fixed' END
        FROM pg_proc p WHERE p.prosecdef AND p.pronamespace <> 'pg_catalog'::regnamespace
          AND p.pronamespace::regnamespace::text <> %(other)s::text AND (
            p.proname <> ALL (%(definers)s) OR has_function_privilege('public', p.oid, 'EXECUTE')
            OR NOT EXISTS (SELECT FROM unnest(p.proconfig) set WHERE set LIKE 'search_path=pg_catalog%%'))
        """,
    ),
    (
        Kind.LEAKPROOF,
        "SELECT p.oid::regprocedure::text, '' FROM pg_proc p WHERE p.proleakproof AND p.oid >= 16384",
    ),
    (
        Kind.VIEW,
        """
        SELECT c.oid::regclass::text, CASE c.relkind WHEN 'm' THEN 'materialised' ELSE 'without security_invoker' END
        FROM pg_class c WHERE c.oid >= 16384 AND (c.relkind = 'm' OR (c.relkind = 'v' AND NOT EXISTS (
            SELECT FROM unnest(c.reloptions) o WHERE o IN ('security_invoker=true', 'security_invoker=on'))))
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
        """,
    ),
    (
        Kind.KEY,
        """
        SELECT c.relname || ' ' || i.indexrelid::regclass, 'index' FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = %(schema)s::text::regnamespace
        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE c.relkind IN ('r', 'p') AND c.relname <> ALL (%(bare)s) AND a.attname IS DISTINCT FROM 'group_id'
          AND (SELECT relname FROM pg_class WHERE oid = i.indexrelid) <> ALL (%(keys)s)
        UNION ALL
        SELECT k.conrelid::regclass || ' ' || k.conname, 'foreign key' FROM pg_constraint k
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
        JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
        WHERE k.contype = 'f' AND k.connamespace = %(schema)s::text::regnamespace
          AND (a.attname <> 'group_id' OR b.attname <> 'group_id')
        """,
    ),
    (
        Kind.OBJECT,
        """
        SELECT 'schema ' || n.nspname, 'not of the migrations' FROM pg_namespace n
        WHERE n.oid >= 16384 AND n.nspname NOT LIKE 'pg\\_%%'
          AND n.nspname <> ALL (ARRAY[%(schema)s::text, %(other)s::text])
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = n.oid AND d.deptype = 'e')
        UNION ALL
        SELECT 'publication ' || pubname, 'sends rows past the walls' FROM pg_publication
        UNION ALL
        SELECT 'event trigger ' || evtname, 'not of the migrations' FROM pg_event_trigger
        UNION ALL
        SELECT 'foreign server ' || srvname, 'not of the migrations' FROM pg_foreign_server
        """,
    ),
    (
        Kind.EXTENSION,
        """
        SELECT extname, '' FROM pg_extension WHERE extname <> ALL (%(extensions)s)
        UNION ALL
        SELECT 'language ' || lanname, '' FROM pg_language WHERE lanname NOT IN ('internal', 'c', 'sql', 'plpgsql')
        """,
    ),
    (
        Kind.MEMBERSHIP,
        """
        SELECT member.rolname, 'of ' || held.rolname FROM pg_auth_members m
        JOIN pg_roles member ON member.oid = m.member JOIN pg_roles held ON held.oid = m.roleid
        WHERE NOT member.rolsuper AND (member.rolname = ANY (%(roles)s) OR held.rolname = ANY (%(roles)s))
          AND NOT (member.rolname = 'seloste_owner' AND held.rolname = 'seloste_door'
                   AND NOT m.inherit_option AND NOT m.admin_option)
          AND (m.inherit_option OR m.set_option OR member.rolname = ANY (%(roles)s))
        """,
    ),
    (
        Kind.ROLE,
        """
        SELECT COALESCE(r.rolname, 'every role'), 'a setting of its own: ' || split_part(one, '=', 1)
        FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) one
        WHERE (s.setrole = 0 OR r.rolname = ANY (%(roles)s)) AND s.setdatabase IN (0, (
            SELECT oid FROM pg_database WHERE datname = current_database()))
          AND (split_part(one, '=', 1) = ANY (%(settings)s) OR one LIKE 'seloste.%%')
        UNION ALL
        SELECT pg_get_userbyid(acl.grantee), 'may set ' || p.parname FROM pg_parameter_acl p, aclexplode(p.paracl) acl
        WHERE acl.grantee = 0 OR pg_get_userbyid(acl.grantee) = ANY (%(roles)s)
        """,
    ),
    (
        Kind.DEFAULT_PRIVILEGE,
        """
        SELECT pg_get_userbyid(d.defaclrole), 'gives ' || acl.privilege_type || ' to '
               || CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(acl.grantee) END
        FROM pg_default_acl d, aclexplode(d.defaclacl) acl
        WHERE acl.grantee <> d.defaclrole AND NOT (
            pg_get_userbyid(acl.grantee) = 'seloste_backup' AND acl.privilege_type = 'SELECT' AND d.defaclobjtype = 'r')
        """,
    ),
    (
        Kind.GRANT,
        """
        SELECT 'database', CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(acl.grantee) END
               || ' may ' || acl.privilege_type
        FROM pg_database d, aclexplode(COALESCE(d.datacl, acldefault('d', d.datdba))) acl
        WHERE d.datname = current_database() AND acl.grantee <> d.datdba AND NOT (
            pg_get_userbyid(acl.grantee) = ANY (%(roles)s) AND (acl.privilege_type = 'CONNECT'
            OR (acl.privilege_type = 'TEMPORARY' AND pg_get_userbyid(acl.grantee) = 'seloste_app')))
        UNION ALL
        SELECT 'schema public', CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(acl.grantee) END
               || ' may ' || acl.privilege_type
        FROM pg_namespace n, aclexplode(COALESCE(n.nspacl, acldefault('n', n.nspowner))) acl
        WHERE n.oid = %(schema)s::text::regnamespace AND acl.grantee <> n.nspowner AND NOT (
            pg_get_userbyid(acl.grantee) = ANY (%(roles)s) AND acl.privilege_type = 'USAGE')
        """,
    ),
    (
        Kind.OWNERSHIP,
        """
        SELECT 'database', pg_get_userbyid(datdba) FROM pg_database
        WHERE datname = current_database() AND pg_get_userbyid(datdba) = ANY (%(runtime)s)
        UNION ALL
        SELECT 'schema ' || nspname, pg_get_userbyid(nspowner) FROM pg_namespace
        WHERE pg_get_userbyid(nspowner) = ANY (%(runtime)s) AND nspname NOT LIKE 'pg\\_%%'
        """,
    ),
)

_ATTRIBUTE_COLUMNS: LiteralString = """
    SELECT rolname, concat_ws(' ',
        CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
        CASE WHEN rolsuper THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END,
        CASE WHEN rolbypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END,
        CASE WHEN rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
        CASE WHEN rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
        CASE WHEN rolreplication THEN 'REPLICATION' ELSE 'NOREPLICATION' END)
    FROM pg_roles WHERE rolname LIKE 'seloste%'
"""


def check() -> Result:
    """As the owner of the tables, who sees the whole catalogue and no row."""
    result = Result(part=Part.CATALOGUE)
    with reference.owner() as connection:
        check_rules(result, connection)
        same = _revision_is_ours(result, connection)
    if same:
        with reference.built() as (connection, wanted):
            reference.compare(result, reference.entries(connection, LIVE), wanted)
    else:
        result.untried.append(Untried("migrations", "another revision"))
    return result


def check_rules(result: Result, connection: Plain) -> None:
    _check_server(result, connection)
    _check_roles(result, connection)
    given = {
        "schema": LIVE,
        "other": SCHEMA,
        "bare": list(walls.WITHOUT_WALLS),
        "definers": list(walls.DEFINER_FUNCTIONS),
        "keys": list(KEYS_WITHOUT_GROUP),
        "extensions": list(EXTENSIONS),
        "settings": list(SETTINGS),
        "roles": list(RUNTIME),
        "runtime": [name for name in RUNTIME if name != "seloste_owner"],
    }
    for kind, query in RULES:
        result.count(Count.RULES)
        for place, detail in connection.execute(query, given).fetchall():
            result.find(kind, place.removeprefix(f"{LIVE}."), detail)


def _check_server(result: Result, connection: Plain) -> None:
    version = connection.info.server_version
    result.count(Count.RULES)
    if version < walls.OLDEST_SERVER:
        result.find(Kind.SERVER, f"PostgreSQL {version}", f"< {walls.OLDEST_SERVER}")


def _check_roles(result: Result, connection: Plain) -> None:
    found: dict[str, str] = dict(connection.execute(_ATTRIBUTE_COLUMNS).fetchall())
    for name, wanted in _wanted_roles():
        result.count(Count.ROLES)
        for attribute in wanted.split():
            if attribute not in found.get(name, "").split():
                result.find(Kind.ROLE, name, f"not {attribute}" if name in found else "missing")
    for name in sorted(set(found) - set(RUNTIME)):
        result.find(Kind.ROLE, name, "not one of Seloste's")


def _wanted_roles() -> Iterator[tuple[str, str]]:
    for role, attributes in ATTRIBUTES.items():
        yield f"seloste_{role}", attributes


def _revision_is_ours(result: Result, connection: Plain) -> bool:
    """`alembic_version` is the owner's own and has no walls."""
    found = [name for (name,) in connection.execute("SELECT version_num FROM public.alembic_version").fetchall()]
    ours = running.newest()
    if found != [ours]:
        result.find(Kind.REVISION, ", ".join(found) or "none", f"this program: {ours}")
    return found == [ours]

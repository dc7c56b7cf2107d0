"""Creates the database and its roles, as an administrator. Run once; running it again changes passwords only."""

from typing import LiteralString

import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tenants.acting import DatabaseRole
from tenants.settings import Settings

# No role but the backup's may pass the walls, and that one cannot log in until somebody lets it.
ATTRIBUTES: dict[str, LiteralString] = {
    **{str(role): "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION" for role in DatabaseRole},
    "door": "NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION",
    "backup": "NOLOGIN NOSUPERUSER BYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION",
}


def create_database(settings: Settings) -> None:
    """Names and passwords come from the settings' database addresses. Idempotent."""
    database = str(conninfo_to_dict(settings.database_owner)["dbname"])
    with psycopg.connect(settings.database_admin, autocommit=True) as admin:
        for role, attributes in ATTRIBUTES.items():
            _create_role(admin, f"seloste_{role}", attributes)
        for role in DatabaseRole:
            if address := getattr(settings, f"database_{role}"):  # a role that nobody here uses gets no password
                _set_password(admin, address)
        # So that migrations can hand the door's functions over to it. What the door sees, the owner does not inherit.
        admin.execute("GRANT seloste_door TO seloste_owner WITH INHERIT FALSE, SET TRUE")
        _create_database(admin, database)
    with psycopg.connect(make_conninfo(settings.database_admin, dbname=database), autocommit=True) as inside:
        _close_the_schema(inside, database)


def _create_role(admin: Connection, name: str, attributes: LiteralString) -> None:
    found = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb: LiteralString = "ALTER" if found else "CREATE"
    admin.execute(sql.SQL("{} ROLE {} {}").format(sql.SQL(verb), sql.Identifier(name), sql.SQL(attributes)))


def _set_password(admin: Connection, address: str) -> None:
    parts = conninfo_to_dict(address)
    admin.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(
            sql.Identifier(str(parts["user"])), sql.Literal(str(parts["password"]))
        )
    )


def _create_database(admin: Connection, name: str) -> None:
    if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER seloste_owner").format(sql.Identifier(name)))


def _close_the_schema(inside: Connection, database: str) -> None:
    inside.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
    inside.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    inside.execute("ALTER SCHEMA public OWNER TO seloste_owner")
    for role in (*DatabaseRole, "door", "backup"):
        name = sql.Identifier(f"seloste_{role}")
        inside.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(database), name))
        inside.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
    # Bulk import copies into a temporary table: COPY FROM is refused on tables with row-level security.
    inside.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {} TO seloste_app").format(sql.Identifier(database)))
    inside.execute("ALTER DEFAULT PRIVILEGES FOR ROLE seloste_owner GRANT SELECT ON TABLES TO seloste_backup")

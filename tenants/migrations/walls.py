"""The vocabulary of the walls: which role may do what to which rows of a table.

`wall(table)` enables and forces row-level security: from then on nobody sees a row. `let(...)` grants commands to one
role together with a policy for each, with USING and WITH CHECK spelled out; `also(...)` says what must hold on top.
What leaks in spite of it, and why the expressions look as they do, was measured: NULLIF, because after a transaction
the setting is '' and not NULL. A setting is asked once a statement, as a subquery: asked for each row it took as long
as the rest of a scan. `IS NOT NULL`, because a bare boolean is taken by the planner to hold for every second row.
"""

import re

from alembic import op

from tenants.acting import SEES_RESTRICTED


def setting(name: str, kind: str = "uuid") -> str:
    return f"NULLIF(current_setting('seloste.{name}', true), '')::{kind}"


# A setting within a condition, but one that only a restricted row is asked for.
_SETTING = re.compile(r"(?<!NOT restricted OR )NULLIF\(current_setting\('seloste\.\w+', true\), ''\)::\w+")


def once(where: str) -> str:
    """Every setting in it as a subquery."""
    return _SETTING.sub(r"(SELECT \g<0>)", where)


GROUP = f"group_id = {setting('group_id')}"
COMPANY = f"{GROUP} AND company_id = {setting('company_id')}"
OWN_REQUEST = f"{GROUP} AND request_id = {setting('request_id')}"
# The acting company's rows, or the group's own ones for whoever acts for no company.
COMPANY_OR_GROUP = (
    f"{GROUP} AND (company_id = {setting('company_id')} OR (company_id IS NULL AND {setting('company_id')} IS NULL))"
)
HAS_PURPOSE = f"{setting('purpose', 'text')} IS NOT NULL"
# Art. 18(2): a restricted row is only stored, or used for consent, claims and others' rights.
NOT_RESTRICTED = "(NOT restricted OR {} IN ({}))".format(
    setting("purpose", "text"), ", ".join(f"'{kind}'" for kind in sorted(SEES_RESTRICTED))
)
PERSONAL = f"{COMPANY} AND {HAS_PURPOSE} AND {NOT_RESTRICTED}"
# On top of whatever else lets somebody see what is kept of persons: `also`.
MAY_OPEN = "(SELECT may_open()) IS NOT NULL"


def actor_is(*actors: str) -> str:
    return "{} IN ({})".format(setting("actor", "text"), ", ".join(f"'{actor}'" for actor in actors))


def wall(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def let(role: str, commands: str, table: str, where: str, *, columns: str = "") -> None:
    """`commands` like "SELECT, INSERT"; `columns` narrows UPDATE to some of them."""
    for command in commands.split(", "):
        narrowed = f" ({columns})" if columns and command == "UPDATE" else ""
        op.execute(f"GRANT {command}{narrowed} ON {table} TO seloste_{role}")
        op.execute(
            f"CREATE POLICY {table}_{role}_{command.lower()} ON {table} AS PERMISSIVE FOR {command}"
            f" TO seloste_{role} {_clauses(role, command, where)}"
        )


def let_see(role: str, table: str, where: str, *, columns: str) -> None:
    """To read these columns and no others."""
    op.execute(f"GRANT SELECT ({columns}) ON {table} TO seloste_{role}")
    op.execute(
        f"CREATE POLICY {table}_{role}_select ON {table} AS PERMISSIVE FOR SELECT TO seloste_{role}"
        f" {_clauses(role, 'SELECT', where)}"
    )


def also(role: str, commands: str, table: str, where: str, *, name: str = "also") -> None:
    """What `let` has let is let only where this holds too. It grants nothing."""
    for command in commands.split(", "):
        op.execute(
            f"CREATE POLICY {table}_{role}_{command.lower()}_{name} ON {table} AS RESTRICTIVE FOR {command}"
            f" TO seloste_{role} {_clauses(role, command, where)}"
        )


def _clauses(role: str, command: str, where: str) -> str:
    # The door reads by keys, and for a key a setting is asked once as it stands.
    using = f"USING ({where if role == 'door' else once(where)})"
    # What lets a row in is asked of few, mostly of one.
    check = f"WITH CHECK ({where})"
    return {"INSERT": check, "UPDATE": f"{using} {check}"}.get(command, using)

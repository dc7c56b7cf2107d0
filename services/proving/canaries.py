"""Groups that exist within one transaction only: two, with sister companies, and rows of theirs in every table.

Rows are made from the catalogue: what a table needs, its keys and what they point at. Every text of theirs is marked,
so that an answer that shows any of it is known. The transaction is rolled back whatever happens; if this process is
killed, the server does it.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, cast
from uuid import UUID, uuid4

import psycopg
from msgspec import Struct, field
from psycopg import Connection, Cursor, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from services.proving import samples
from services.proving.findings import Untried
from services.proving.pace import Pace
from services.proving.shapes import Column, Reference, Shape, insertion, plain, shapes
from tenants import settings
from tenants.acting import Acting, Actor, DatabaseRole, PurposeKind, member, system, visitor
from tenants.base import Base, Typed
from tenants.companies.model import Role
from tenants.database import context_of

APPLICATION = "seloste prove-walls"
AT_A_COMPANY = tuple(role for role in Role if role is not Role.GROUP_ADMIN)
# How often a row is made anew to satisfy a check that says more than which words a column takes.
PATIENCE = 12
# So that what reads a canary's row finds a language in it and not a mark.
BY_NAME: Mapping[str, Any] = {
    "actor": "system",
    "language": "fi",
    "minutes": 60,
    "hour": 6,
    "weekday": 1,
    "default_language": "fi",
    "languages": ["fi", "sv", "en"],
}


class Limits(Struct, frozen=True):
    """Of every statement and every wait for a lock, in milliseconds; and of all of it, in seconds."""

    statement: int = 5_000
    lock: int = 500
    whole: int = 1_800

    def options(self) -> str:
        return (
            f"-c statement_timeout={self.statement} -c lock_timeout={self.lock}"
            f" -c idle_in_transaction_session_timeout=120s -c transaction_timeout={self.whole}s"
        )


class Owner(Struct, frozen=True):
    group_id: UUID
    company_id: UUID | None = None


class Planted(Struct, frozen=True):
    """A row of a canary's, by all the values that it was given."""

    owner: Owner
    values: Mapping[str, Any]

    @property
    def restricted(self) -> bool:
        return bool(self.values.get("restricted"))


class Outcome(Struct, frozen=True):
    """What a statement came to: the rows it reached, or the state of the error that it met."""

    rows: int = 0
    error: str = ""

    @property
    def refused(self) -> bool:
        return self.error == psycopg.errors.InsufficientPrivilege.sqlstate

    @property
    def unreadable(self) -> bool:
        """A forged context that is not even an id."""
        return self.error == psycopg.errors.InvalidTextRepresentation.sqlstate

    @property
    def timed_out(self) -> bool:
        late = (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)
        return self.error in {one.sqlstate for one in late}


class Canaries(Struct):
    """`ours` is attacked; `theirs` attacks it. `third` and `fourth` are companies for which nobody acts."""

    connection: Connection[tuple[Any, ...]]
    pace: Pace
    # Whether the connection may take on every role, and whether it passes the walls itself.
    takes_roles: bool
    passes: bool
    shapes: dict[str, Shape]
    ours: UUID = field(default_factory=uuid4)
    theirs: UUID = field(default_factory=uuid4)
    alfa: UUID = field(default_factory=uuid4)
    beta: UUID = field(default_factory=uuid4)
    # Has no rows but its own, so that nothing of its own is ever in its way.
    empty: UUID = field(default_factory=uuid4)
    third: UUID = field(default_factory=uuid4)
    foreign: UUID = field(default_factory=uuid4)
    fourth: UUID = field(default_factory=uuid4)
    rows: dict[str, list[Planted]] = {}
    untried: list[Untried] = []
    insiders: dict[Owner, UUID] = {}
    known_rights: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {}

    def insider(self, at: Owner, purpose: PurposeKind | None) -> Acting:
        """Staff of a canary's company with every role there: whom nothing stops but the walls between companies."""
        return member(at.group_id, self.insiders[at], company_id=at.company_id, purpose=purpose)

    def plays(self, role: str) -> bool:
        return self.takes_roles or role == DatabaseRole.APP

    @contextmanager
    def behind(self, acting: Acting) -> Iterator[None]:
        """As this context and its role until the end of the block; nothing that is done in it stays."""
        with self._taken_back(entrance(acting, take_role=self.takes_roles)):
            yield

    @contextmanager
    def in_context(self, acting: Acting) -> Iterator[None]:
        """The context without the role: what a policy would be asked, answered past the walls."""
        with self._taken_back(entrance(acting, take_role=False)):
            yield

    @contextmanager
    def _taken_back(self, first: sql.Composable) -> Iterator[None]:
        """Few messages: over a network each of them costs as much as the statement itself."""
        self.connection.execute(sql.SQL("SAVEPOINT behind; ") + first)
        try:
            yield
        finally:
            self.connection.execute("ROLLBACK TO SAVEPOINT behind; RELEASE SAVEPOINT behind")

    def attempt(self, statement: sql.Composable) -> Outcome:
        """How many rows it reached. Nothing stays of it."""
        return self._tried(statement, lambda cursor: max(cursor.rowcount, 0))

    def counted(self, statement: sql.Composable) -> Outcome:
        """Of a statement that gives one number."""
        return self._tried(statement, lambda cursor: int((cursor.fetchone() or (0,))[0]))

    def copied(self, statement: sql.Composed) -> Outcome:
        """How many rows COPY gives."""
        self.pace.step()
        try:
            with (
                self.connection.transaction(force_rollback=True),
                self.connection.cursor() as cursor,
                cursor.copy(statement) as copy,
            ):
                return Outcome(len(list(copy.rows())))
        except psycopg.Error as error:
            return self._failed(error)

    def _tried(self, statement: sql.Composable, read: Callable[[Cursor[tuple[Any, ...]]], int]) -> Outcome:
        self.pace.step()
        back = sql.SQL("ROLLBACK TO SAVEPOINT tried; RELEASE SAVEPOINT tried")
        try:
            cursor = self.connection.execute(sql.SQL("SAVEPOINT tried; {}; {}").format(statement, back))
            cursor.nextset()
            return Outcome(read(cursor))
        except psycopg.Error as error:
            outcome = self._failed(error)
            self.connection.execute(back)
            return outcome

    def _failed(self, error: psycopg.Error) -> Outcome:
        if self.connection.broken:
            raise error
        return Outcome(error=error.sqlstate or type(error).__name__)

    def rights(self, role: str, table: str) -> dict[str, tuple[str, ...]]:
        """The commands that are granted to a role, each with its columns."""
        if (role, table) not in self.known_rights:
            self.known_rights[role, table] = self._rights(role, table)
        return self.known_rights[role, table]

    def _rights(self, role: str, table: str) -> dict[str, tuple[str, ...]]:
        found = self.connection.execute(
            """
            SELECT p.command, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a,
                   unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) p (command)
            WHERE a.attrelid = %(table)s::text::regclass AND a.attnum > 0 AND NOT a.attisdropped
              AND has_column_privilege(%(role)s::text, a.attrelid, a.attnum, p.command) GROUP BY 1
            UNION ALL
            SELECT 'DELETE', '{}' WHERE has_table_privilege(%(role)s::text, %(table)s::text, 'DELETE')
            """,
            {"role": f"seloste_{role}", "table": f'public."{table}"'},
        )
        return {command: tuple(columns) for command, columns in found.fetchall()}


def nobody(role: DatabaseRole) -> Acting:
    """A context in which nothing is set."""
    return Acting(actor=cast(Actor, None), role=role, group_id=cast(UUID, None))


def entrance(acting: Acting, *, take_role: bool = True) -> sql.Composed:
    """What puts a session behind the walls like anybody else, until the transaction or its savepoint ends."""
    role = sql.SQL("SET LOCAL ROLE {}; ").format(sql.Identifier(f"seloste_{acting.role}"))
    context = sql.Composed([sql.SQL(context_of(acting).decode())])
    return role + context if take_role else context


@contextmanager
def planted(pace: Pace, limits: Limits) -> Iterator[Canaries]:
    """As the administrator where one is given, else as the application."""
    with psycopg.connect(address(), application_name=APPLICATION, options=limits.options()) as connection:
        # Two of these connections may have to share one session, so neither names statements by itself.
        connection.prepare_threshold = None
        try:
            connection.execute("SELECT")  # begins the one transaction
            made = Canaries(connection, pace, *_powers(connection), shapes(connection))
            _plant(made)
            yield made
        finally:
            with contextlib.suppress(psycopg.Error):
                connection.rollback()


def address() -> str:
    configured = settings.current()
    if not configured.database_app:
        raise settings.SettingsError(f"{settings.PREFIX}DATABASE_APP is not set")
    if not configured.database_admin:
        return configured.database_app.replace("postgresql+psycopg://", "postgresql://")
    database = str(conninfo_to_dict(configured.database_app)["dbname"])
    return make_conninfo(configured.database_admin, dbname=database)


def _powers(connection: Connection[tuple[Any, ...]]) -> tuple[bool, bool]:
    row = connection.execute(
        """
        SELECT (SELECT bool_and(pg_has_role(rolname, 'SET')) FROM pg_roles WHERE rolname LIKE 'seloste%'),
               (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
        """
    ).fetchone()
    return (bool(row[0]), bool(row[1])) if row else (False, False)


def _plant(made: Canaries) -> None:
    for shape in made.shapes.values():
        made.rows[shape.table] = []
        for owner in _owners(made, shape):
            for restricted in (False, True) if "restricted" in shape.columns else (False,):
                _plant_row(made, shape, owner, restricted=restricted)
    for owner in (Owner(made.ours, made.alfa), Owner(made.ours, made.beta), Owner(made.theirs, made.foreign)):
        made.insiders[owner] = enlist(made, owner, AT_A_COMPANY)
    for row in made.rows["groups"]:  # so that the portal finds them
        digest = hashlib.sha256(row.values["slug"].encode()).digest()
        insert(made, "directory", row.owner, kind="slug", key_digest=digest)


def enlist(made: Canaries, at: Owner, roles: tuple[Role, ...]) -> UUID:
    """A member of staff with these roles, who has signed what there is to sign."""
    member_id = uuid4()
    insert(made, "members", at, member_id=member_id)
    for role in roles:
        insert(made, "assignments", at, member_id=member_id, role=role.value)
    for signed in made.rows.get("commitments", []):
        if signed.owner.group_id == at.group_id:
            insert(made, "commitment_signatures", at, member_id=member_id, version=signed.values["version"])
    return member_id


def insert(made: Canaries, table: str, owner: Owner, **given: object) -> None:
    """Beside the rows that are attacked: what makes somebody who they are."""
    shape = made.shapes[table]
    values = {**values_for(made, shape, owner), **given}
    if owner.company_id is None:
        values.pop("company_id", None)
    elif "company_id" in shape.columns:
        values["company_id"] = owner.company_id
    with made.connection.transaction():
        if not made.passes:
            signs = table == "commitment_signatures"
            acting = member(owner.group_id, UUID(str(given["member_id"]))) if signs else system(owner.group_id)
            made.connection.execute(entrance(acting, take_role=made.takes_roles))
        made.connection.execute(insertion(shape, values))


def _owners(made: Canaries, shape: Shape) -> list[Owner]:
    companies = [Owner(made.ours, made.alfa), Owner(made.ours, made.beta), Owner(made.theirs, made.foreign)]
    if shape.table == "companies":
        return [*companies, Owner(made.ours, made.third), Owner(made.theirs, made.fourth)]
    if shape.table == "groups":
        return [Owner(made.ours), Owner(made.theirs), Owner(made.empty)]
    if shape.table == "members":  # two of them, where one checks the other
        return [Owner(made.ours), Owner(made.theirs)] * 2
    if "company_id" not in shape.columns:
        return [Owner(made.ours), Owner(made.theirs)]
    if not shape.columns["company_id"].required:
        companies += [Owner(made.ours), Owner(made.theirs)]
    return companies


def _plant_row(made: Canaries, shape: Shape, owner: Owner, *, restricted: bool) -> None:
    values = values_for(made, shape, owner, restricted=restricted)
    for attempt in range(PATIENCE):
        refusal = _sow(made, shape, values, owner)
        if refusal is None:
            made.rows[shape.table].append(Planted(owner, values))
            return
        if not isinstance(refusal, psycopg.errors.CheckViolation):
            break
        _satisfy(made, shape, values, _checked(made, shape, refusal), attempt)
    untried = Untried(shape.table, type(refusal).__name__)
    if untried not in made.untried:
        made.untried.append(untried)


def values_for(made: Canaries, shape: Shape, owner: Owner, *, restricted: bool = False) -> dict[str, Any]:
    """A row that the table takes: what it needs, whose it is, and the keys of what it points at."""
    values = {name: _value(shape, column) for name, column in shape.columns.items() if column.required}
    values |= {name: value for name, value in BY_NAME.items() if name in shape.columns}
    given = {"group_id": owner.group_id, "company_id": owner.company_id, "restricted": restricted}
    values |= {name: value for name, value in given.items() if name in shape.columns}
    for reference in shape.references:
        if any(shape.columns[name].required and name not in given for name in reference.columns):
            values |= pointing(made, reference, owner)
    return values


def _value(shape: Shape, column: Column) -> Any:
    kind = _kinds().get((shape.table, column.name))
    return samples.of_type(kind) if kind is not None else plain(column)


@cache
def _kinds() -> Mapping[tuple[str, str], Any]:
    """What the models keep as JSON."""
    return {
        (table.name, column.name): column.type.kind
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Typed)
    }


def pointing(made: Canaries, reference: Reference, owner: Owner, *, other: int = 0) -> dict[str, Any]:
    """The values with which a row of this owner points at a row of the same one: the first, or another."""
    if reference.parent == "companies" and "company_id" not in reference.columns:
        nobodys = made.third if owner.group_id == made.ours else made.fourth
        return {name: nobodys for name in reference.columns if name != "group_id"}
    keys = dict(zip(reference.columns, reference.keys, strict=True))
    rows = [row for row in made.rows.get(reference.parent, []) if row.owner.group_id == owner.group_id]
    # What has no company of its own may point at what has.
    of_owner = [row for row in rows if row.owner.company_id in (None, owner.company_id)] or rows
    for row in of_owner[other : other + 1]:
        return {name: row.values[key] for name, key in keys.items() if key in row.values}
    return {}


def _sow(made: Canaries, shape: Shape, values: Mapping[str, Any], owner: Owner) -> psycopg.Error | None:
    statement = insertion(shape, values)
    refusal: psycopg.Error | None = None
    for acting in (None,) if made.passes else _planters(made, owner):
        made.pace.step()
        try:
            with made.connection.transaction():
                if acting is not None:
                    made.connection.execute(entrance(acting, take_role=made.takes_roles))
                made.connection.execute(statement)
                return None
        except psycopg.Error as error:
            refusal = error
    return refusal


def _planters(made: Canaries, owner: Owner) -> Iterator[Acting]:
    """Who might be let write a row of this owner, where the connection does not pass the walls."""
    yield system(owner.group_id, company_id=owner.company_id, purpose=PurposeKind.STORAGE if owner.company_id else None)
    yield system(owner.group_id)
    if made.takes_roles:
        yield visitor(owner.group_id)


def _checked(made: Canaries, shape: Shape, refusal: psycopg.errors.CheckViolation) -> list[str]:
    """The columns that a check looks at, without those that say whose the row is."""
    found = made.connection.execute(
        """
        SELECT a.attname FROM pg_constraint k
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
        WHERE k.conname = %s AND k.conrelid = %s::text::regclass ORDER BY a.attnum
        """,
        [refusal.diag.constraint_name or "", f'public."{shape.table}"'],
    ).fetchall()
    return [name for (name,) in found if name not in ("group_id", "company_id", "restricted")]


def _satisfy(made: Canaries, shape: Shape, values: dict[str, Any], checked: list[str], attempt: int) -> None:
    """Each of the columns in turn points at another row, or is given another word, another value, or none."""
    bound = {name for one in shape.references if len(one.columns) > 2 for name in one.columns}
    free = [name for name in checked if name not in bound] or checked
    if not free:
        return
    name = free[attempt % len(free)]
    column = shape.columns[name]
    pointed = [one for one in shape.references if one.columns[1:] == (name,)]
    if pointed:
        owner = Owner(values["group_id"], values.get("company_id"))
        values |= pointing(made, pointed[0], owner, other=1)
    elif column.words:
        place = column.words.index(values[name]) + 1 if values.get(name) in column.words else 0
        values[name] = column.words[place % len(column.words)]
    elif column.type == "boolean":
        values[name] = not values.get(name, False)
    elif name in values and not column.required:
        del values[name]
    else:
        values[name] = plain(column)

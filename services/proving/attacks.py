"""Attacks on tables: reading, writing, moving and guessing at what belongs to somebody else, as every role."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import LiteralString
from uuid import uuid4

from msgspec import Struct
from psycopg import sql

from services.proving.canaries import Canaries, Outcome, Owner, Planted, pointing, values_for
from services.proving.findings import Count, Kind, Part, Result, Untried
from services.proving.positions import SEES_ALL_GROUPS, STORAGE, Position, all_positions
from services.proving.shapes import Reference, Shape, insertion, literal
from tenants.acting import Acting, DatabaseRole, PurposeKind, sealer, subject, system

COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")
# A bare question to a table reads no more than so many rows: a wall that fell shows itself in the first of them.
FEW = 200
# A slug belongs to one group, so whoever wants one learns that it is taken: and no more than by opening its page.
# A group's own row has no key but the group.
TELLING = frozenset({"directory", "groups"})
# Of the directory nobody reads a row; the owner's own policy is for the two functions that read one by its exact key.
OWN_READER = frozenset({("directory", "owner")})
NOBODYS = "00000000-0000-0000-0000-000000000000"


class Aim(Struct, frozen=True):
    """What one position aims at in one table: rows that are out of its reach."""

    result: Result
    made: Canaries
    shape: Shape
    position: Position
    victims: list[Planted]

    @property
    def table(self) -> sql.Identifier:
        return sql.Identifier(self.shape.table)

    @property
    def these(self) -> sql.Composable:
        return these(self.shape, self.victims)

    def judge(self, kind: Kind, command: str, outcome: Outcome) -> None:
        self.result.count(Count.ATTEMPTS)
        if outcome.timed_out:
            self.result.untried.append(Untried(self.place(command), "timeout"))
        elif outcome.rows:
            self.find(kind, command)

    def find(self, kind: Kind, command: str) -> None:
        self.result.find(kind, self.place(command), self.position.name)

    def place(self, command: str) -> str:
        return place(self.shape, self.position.acting.role, command)


def attack(made: Canaries, tables: Collection[str] | None = None) -> Result:
    """On all tables, or on these."""
    result = Result(part=Part.TABLES, untried=list(made.untried))
    positions = all_positions(made)
    for shape in [one for table, one in made.shapes.items() if tables is None or table in tables]:
        attack_table(result, made, shape, positions)
        _attack_keys(result, made, shape)
        _attack_prepared(result, made, shape, positions)
    return result


def attack_table(
    result: Result,
    made: Canaries,
    shape: Shape,
    positions: Iterable[Position],
    *,
    commands: Collection[str] = COMMANDS,
) -> None:
    """Everything that each position might try with the rows that are out of its reach."""
    result.count(Count.TABLES)
    for position in positions:
        role = position.acting.role
        if (shape.table, role) in SEES_ALL_GROUPS | OWN_READER:
            continue
        rights = made.rights(role, shape.table)
        granted = {command: rights[command] for command in commands if command in rights}
        victims = [row for row in made.rows[shape.table] if position.is_out_of_reach(shape, row)]
        if victims and granted:
            _attack_from(Aim(result, made, shape, position, victims), granted)
    if "UPDATE" in commands:
        _move(result, made, shape)


def _attack_from(aim: Aim, granted: Mapping[str, tuple[str, ...]]) -> None:
    with aim.made.behind(aim.position.acting):
        if "SELECT" in granted:
            _read(aim, granted["SELECT"])
        if "INSERT" in granted:
            _write(aim, granted["INSERT"])
        for command in ("UPDATE", "DELETE"):
            if command in granted:
                _change(aim, command, granted[command])
    for command in ("UPDATE", "DELETE"):
        if command in granted and aim.made.passes:
            _ask_policy(aim, command)


def _read(aim: Aim, columns: tuple[str, ...]) -> None:
    wanted = aim.these if set(aim.shape.key) <= set(columns) else _of_owners(aim, columns)
    seen = aim.made.counted(sql.SQL("SELECT count(*) FROM {} WHERE {}").format(aim.table, wanted))
    aim.judge(Kind.SEEN, "SELECT", seen)
    if "group_id" not in columns or seen.refused or seen.unreadable:
        return
    # Of the real groups too, without touching more than a few of their rows.
    own = aim.position.acting.group_id or NOBODYS
    of_others = sql.SQL("SELECT count(*) FROM (SELECT group_id FROM {} LIMIT {}) few WHERE group_id <> {}").format(
        aim.table, FEW, sql.Literal(str(own))
    )
    aim.judge(Kind.SEEN, "SELECT", aim.made.counted(of_others))
    # COPY has a way of its own through row-level security.
    copying = sql.SQL("COPY (SELECT 1 FROM {} WHERE {}) TO STDOUT").format(aim.table, wanted)
    aim.judge(Kind.SEEN, "COPY", aim.made.copied(copying))


def _of_owners(aim: Aim, columns: tuple[str, ...]) -> sql.Composable:
    """Where a role may not read the key, but whose a row is."""
    owners = {(row.owner.group_id, row.owner.company_id) for row in aim.victims}
    return sql.SQL(" OR ").join(
        sql.SQL("(group_id = {}{})").format(
            sql.Literal(group_id),
            sql.SQL(" AND company_id = {}").format(sql.Literal(company_id))
            if company_id and "company_id" in columns
            else sql.SQL(""),
        )
        for group_id, company_id in owners
    )


def _write(aim: Aim, columns: tuple[str, ...]) -> None:
    """The policies are asked before any key or check: whatever stops it later, they had let it in."""
    for row in aim.victims[:2]:
        values = {name: value for name, value in row.values.items() if name in columns}
        outcome = aim.made.attempt(insertion(aim.shape, values))
        aim.result.count(Count.ATTEMPTS)
        if not (outcome.refused or outcome.unreadable or outcome.timed_out):
            aim.find(Kind.LET_IN, "INSERT")


def _change(aim: Aim, command: str, columns: tuple[str, ...]) -> None:
    """With RETURNING, so that a changed row would be shown as well."""
    if command == "DELETE":
        statement = sql.SQL("DELETE FROM {} WHERE {} RETURNING 1").format(aim.table, aim.these)
    else:
        name = _harmless(aim.shape, columns)
        value = literal(aim.shape.columns[name], aim.victims[0].values.get(name))
        statement = sql.SQL("UPDATE {} SET {} = {} WHERE {} RETURNING 1").format(
            aim.table, sql.Identifier(name), value, aim.these
        )
    aim.judge(Kind.CHANGED, command, aim.made.attempt(statement))


def _harmless(shape: Shape, columns: tuple[str, ...]) -> str:
    """A column that no wall looks at, if there is one."""
    walled = {"group_id", "company_id", "restricted", "request_id", *shape.key}
    return next((name for name in columns if name not in walled), columns[0])


def _ask_policy(aim: Aim, command: str) -> None:
    """A statement without WHERE is let through by its own policies alone. Sent, it could lock what is not a canary's.

    So the policies' own words are asked of the canaries' rows.
    """
    for kind, clause in (Kind.CHANGED, "qual"), (Kind.MOVED, "COALESCE(with_check, qual)"):
        letting, keeping = _policies_of(aim, command, clause)
        if "FROM" in letting or (kind is Kind.MOVED and command == "DELETE"):
            continue  # what a policy reads itself has walls, and here they would be passed
        statement = sql.SQL("SELECT count(*) FROM {} WHERE ({}) AND ({})").format(
            aim.table, aim.these, sql.SQL(f"({letting}){keeping}")
        )
        with aim.made.in_context(aim.position.acting):
            aim.judge(kind, command, aim.made.counted(statement))


def _policies_of(aim: Aim, command: str, clause: LiteralString) -> tuple[str, str]:
    """As PostgreSQL puts them together: one that lets is enough, each that keeps must hold."""
    role = f"seloste_{aim.position.acting.role}"
    found = aim.made.connection.execute(
        sql.SQL("SELECT permissive, {} FROM").format(sql.SQL(clause))
        + sql.SQL(
            """ pg_policies WHERE schemaname = 'public' AND tablename = %s
          AND cmd IN (%s, 'ALL') AND roles && ARRAY[%s::name, 'public']
        """
        ),
        [aim.shape.table, command, role],
    ).fetchall()
    letting = " OR ".join(f"({qual or 'true'})" for permissive, qual in found if permissive == "PERMISSIVE")
    keeping = "".join(f" AND ({qual or 'true'})" for permissive, qual in found if permissive == "RESTRICTIVE")
    return letting or "false", keeping


def _move(result: Result, made: Canaries, shape: Shape) -> None:
    """From whoever owns a row, to another group and to a sister company."""
    own = [row for row in made.rows[shape.table] if row.owner.group_id == made.ours][:1]
    for acting in _owners_of_rows(made) if own else ():
        if not made.plays(acting.role) or (shape.table, acting.role) in SEES_ALL_GROUPS:
            continue
        columns = made.rights(acting.role, shape.table).get("UPDATE", ())
        for name, to in (("group_id", made.theirs), ("company_id", made.beta)):
            if name not in columns or (name == "company_id" and not shape.is_personal):
                continue
            statement = sql.SQL("UPDATE {} SET {} = {} WHERE {}").format(
                sql.Identifier(shape.table), sql.Identifier(name), sql.Literal(to), these(shape, own)
            )
            result.count(Count.ATTEMPTS)
            with made.behind(acting):
                outcome = made.attempt(statement)
            # Whatever else stopped it, the policies had let it through.
            if outcome.rows or (outcome.error and not outcome.refused and not outcome.timed_out):
                result.find(Kind.MOVED, place(shape, acting.role, "UPDATE"), name)


def _owners_of_rows(made: Canaries) -> Iterator[Acting]:
    yield system(made.ours)
    yield system(made.ours, company_id=made.alfa, purpose=STORAGE)
    yield made.insider(Owner(made.ours, made.alfa), PurposeKind.RIGHTS_REQUEST)
    yield sealer(made.ours)
    for row in made.rows["requests"][:1]:
        yield subject(made.ours, row.values["request_id"])


def _attack_keys(result: Result, made: Canaries, shape: Shape) -> None:
    """Keys are checked past the walls: whether they collide with, or point at, what somebody else has."""
    if shape.table in TELLING or "INSERT" not in made.rights(DatabaseRole.APP, shape.table):
        return
    rows = [row for row in made.rows[shape.table] if row.owner in (Owner(made.ours), Owner(made.ours, made.alfa))]
    for row in rows[:1]:
        _collide(result, made, shape, row, Owner(made.empty, uuid4()))
        if shape.is_personal:
            _collide(result, made, shape, row, Owner(made.ours, uuid4()))
    for reference in shape.references:
        _point(result, made, shape, reference)


def _collide(result: Result, made: Canaries, shape: Shape, row: Planted, owner: Owner) -> None:
    """The same row for somebody who has none: only another's row can be in its way."""
    moved = {"group_id": owner.group_id, "company_id": owner.company_id}
    values = {**row.values, **{name: value for name, value in moved.items() if row.values.get(name)}}
    acting = system(owner.group_id, company_id=owner.company_id if row.owner.company_id else None, purpose=STORAGE)
    result.count(Count.PROBES)
    with made.behind(acting):
        outcome = made.attempt(insertion(shape, values, " ON CONFLICT DO NOTHING"))
    if not outcome.error and not outcome.rows:
        whose = "a sister company" if owner.group_id == made.ours else "another group"
        result.find(Kind.ORACLE, place(shape, "app", "ON CONFLICT"), whose)


def _point(result: Result, made: Canaries, shape: Shape, reference: Reference) -> None:
    """A row of another's that points at a row of ours."""
    attackers = [(Owner(made.theirs, made.foreign), "another group")]
    if made.shapes[reference.parent].is_personal:
        attackers.append((Owner(made.ours, made.beta), "a sister company"))
    target = pointing(made, reference, Owner(made.ours, made.alfa))
    free = {name: value for name, value in target.items() if name not in ("group_id", "company_id")}
    for owner, whose in attackers if free and reference.parent != "companies" else ():
        values = {**values_for(made, shape, owner), **free}
        result.count(Count.PROBES)
        with made.behind(system(owner.group_id, company_id=owner.company_id, purpose=STORAGE)):
            if made.attempt(insertion(shape, values)).rows:
                result.find(Kind.ORACLE, f"{shape.table} · {reference.name}", whose)


def _attack_prepared(result: Result, made: Canaries, shape: Shape, positions: Iterable[Position]) -> None:
    """A plan made for one is run by another; a context that a savepoint took back is gone."""
    if "SELECT" not in made.rights(DatabaseRole.APP, shape.table):
        return
    for position in positions:
        if position.name not in ("another group", "a sister company") or position.acting.role != DatabaseRole.APP:
            continue
        victims = [row for row in made.rows[shape.table] if position.is_out_of_reach(shape, row)]
        if victims:
            _run_plan_of_another(Aim(result, made, shape, position, victims))


def _run_plan_of_another(aim: Aim) -> None:
    made, execute = aim.made, sql.SQL("EXECUTE canary")
    own = system(made.ours, company_id=made.alfa, purpose=STORAGE)
    with made.behind(own):
        made.connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        made.connection.execute(
            sql.SQL("PREPARE canary AS SELECT count(*) FROM {} WHERE {}").format(aim.table, aim.these)
        )
        try:
            made.counted(execute)
            with made.behind(aim.position.acting):
                aim.judge(Kind.SEEN, "EXECUTE", made.counted(execute))
                with made.behind(own):
                    pass  # taken back with its savepoint
                aim.judge(Kind.SEEN, "SAVEPOINT", made.counted(execute))
        finally:
            made.connection.execute("DEALLOCATE canary")


def place(shape: Shape, role: str, command: str) -> str:
    return f"{shape.table} · seloste_{role} · {command}"


def these(shape: Shape, rows: Iterable[Planted]) -> sql.Composable:
    """Only the canaries' own rows, whatever the walls let through."""
    return sql.SQL(" OR ").join(
        sql.SQL("({})").format(
            sql.SQL(" AND ").join(
                sql.SQL("{} = {}").format(sql.Identifier(name), literal(shape.columns[name], row.values[name]))
                for name in shape.key
                if name in row.values
            )
        )
        for row in rows
    )

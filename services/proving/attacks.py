"""Attacks on tables: reading, writing, moving and guessing at what belongs to somebody else, as every role."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, LiteralString
from uuid import uuid4

from psycopg import sql

from services.proving.canaries import Canaries, Outcome, Owner, Planted, pointing, values_for
from services.proving.findings import Kind, Part, Result, Untried
from services.proving.positions import SEES_ALL_GROUPS, STORAGE, Position, all_positions
from services.proving.shapes import Reference, Shape, insertion, literal
from tenants.acting import Acting, DatabaseRole, PurposeKind, member, sealer, subject, system

COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")
# A bare question to a table reads no more than so many rows: a wall that fell shows itself in the first of them.
FEW = 200
# A slug belongs to one group, so whoever wants one learns that it is taken: and no more than by opening its page.
TELLING = frozenset({"directory"})
# Of the directory nobody reads a row; the owner's own policy is for the two functions that read one by its exact key.
OWN_READER = frozenset({("directory", "owner")})


def attack(made: Canaries) -> Result:
    result = Result(part=Part.TABLES, untried=list(made.untried))
    positions = all_positions(made)
    for shape in made.shapes.values():
        attack_table(result, made, shape, positions)
        attack_keys(result, made, shape)
        attack_prepared(result, made, shape, positions)
    return result


def attack_table(
    result: Result,
    made: Canaries,
    shape: Shape,
    positions: Iterable[Position],
    commands: Collection[str] = COMMANDS,
) -> None:
    """Everything that each position might try with the rows that are out of its reach."""
    result.count("tables")
    for position in positions:
        role = position.acting.role
        if (shape.table, role) in SEES_ALL_GROUPS | OWN_READER:
            continue
        rights = made.rights(role, shape.table)
        granted = {command: rights[command] for command in commands if command in rights}
        victims = [row for row in made.rows[shape.table] if position.is_out_of_reach(shape, row)]
        if victims and granted:
            _attack_from(result, made, shape, position, victims, granted)
    if "UPDATE" in commands:
        _move(result, made, shape)


def _attack_from(
    result: Result,
    made: Canaries,
    shape: Shape,
    position: Position,
    victims: list[Planted],
    granted: Mapping[str, tuple[str, ...]],
) -> None:
    with made.behind(position.acting):
        if "SELECT" in granted:
            _read(result, made, shape, position, victims, granted["SELECT"])
        if "INSERT" in granted:
            _write(result, made, shape, position, victims, granted["INSERT"])
        for command in ("UPDATE", "DELETE"):
            if command in granted:
                _change(result, made, shape, position, victims, command, granted)
    for command in ("UPDATE", "DELETE"):
        if command in granted and made.passes:
            _ask_policy(result, made, shape, position, victims, command)


def _read(
    result: Result,
    made: Canaries,
    shape: Shape,
    position: Position,
    victims: list[Planted],
    columns: tuple[str, ...],
) -> None:
    of_victims = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(sql.Identifier(shape.table), _these(shape, victims))
    seen = made.counted(of_victims)
    _judge(result, Kind.SEEN, shape, position, "SELECT", seen)
    if "group_id" not in columns or seen.refused:
        return
    # Of the real groups too, without touching more than a few of their rows.
    of_others = sql.SQL("SELECT count(*) FROM (SELECT group_id FROM {} LIMIT {}) few WHERE group_id <> {}").format(
        sql.Identifier(shape.table), FEW, sql.Literal(_text(position.acting.group_id))
    )
    _judge(result, Kind.SEEN, shape, position, "SELECT", made.counted(of_others))
    _judge(result, Kind.SEEN, shape, position, "COPY", _copied(made, shape, victims))


def _copied(made: Canaries, shape: Shape, victims: list[Planted]) -> Outcome:
    """COPY has a way of its own through row-level security."""
    made.pace.step()
    statement = sql.SQL("COPY (SELECT 1 FROM {} WHERE {}) TO STDOUT").format(
        sql.Identifier(shape.table), _these(shape, victims)
    )
    return made.copied(statement)


def _write(
    result: Result,
    made: Canaries,
    shape: Shape,
    position: Position,
    victims: list[Planted],
    columns: tuple[str, ...],
) -> None:
    """The policies are asked before any key or check: whatever stops it later, they had let it in."""
    for row in victims[:2]:
        values = {name: value for name, value in row.values.items() if name in columns}
        outcome = made.attempt(insertion(shape, values))
        result.count("attempts")
        if not (outcome.refused or outcome.unreadable or outcome.timed_out):
            result.find(Kind.LET_IN, _place(shape, position.acting.role, "INSERT"), position.name)


def _change(
    result: Result,
    made: Canaries,
    shape: Shape,
    position: Position,
    victims: list[Planted],
    command: str,
    granted: Mapping[str, tuple[str, ...]],
) -> None:
    """With RETURNING, so that a changed row would be shown as well."""
    table, these = sql.Identifier(shape.table), _these(shape, victims)
    if command == "DELETE":
        statement = sql.SQL("DELETE FROM {} WHERE {} RETURNING 1").format(table, these)
    else:
        harmless = _harmless(shape, granted["UPDATE"])
        value = literal(shape.columns[harmless], victims[0].values.get(harmless))
        statement = sql.SQL("UPDATE {} SET {} = {} WHERE {} RETURNING 1").format(
            table, sql.Identifier(harmless), value, these
        )
    _judge(result, Kind.CHANGED, shape, position, command, made.attempt(statement))


def _harmless(shape: Shape, columns: tuple[str, ...]) -> str:
    walled = {"group_id", "company_id", "restricted", "request_id", *shape.key}
    return next((name for name in columns if name not in walled), columns[0] if columns else "")


def _ask_policy(
    result: Result, made: Canaries, shape: Shape, position: Position, victims: list[Planted], command: str
) -> None:
    """A statement without WHERE is let through by its own policies alone. Sent, it could lock what is not a canary's.

    So the policies' own words are asked of the canaries' rows.
    """
    words = _policies_of(made, shape.table, position.acting.role, command)
    if "SELECT" in words:
        return  # what it reads itself has walls, and here they would be passed
    statement = sql.SQL("SELECT count(*) FROM {} WHERE ({}) AND ({})").format(
        sql.Identifier(shape.table), _these(shape, victims), sql.SQL(_trusted(words))
    )
    with made.in_context(position.acting):
        _judge(result, Kind.CHANGED, shape, position, command, made.counted(statement))


def _policies_of(made: Canaries, table: str, role: str, command: str) -> str:
    found = made.connection.execute(
        """
        SELECT permissive, qual FROM pg_policies WHERE schemaname = 'public' AND tablename = %s
          AND cmd IN (%s, 'ALL') AND roles && ARRAY[%s::name, 'public']
        """,
        [table, command, f"seloste_{role}"],
    ).fetchall()
    letting = " OR ".join(f"({qual or 'true'})" for permissive, qual in found if permissive == "PERMISSIVE")
    keeping = "".join(f" AND ({qual or 'true'})" for permissive, qual in found if permissive == "RESTRICTIVE")
    return f"({letting or 'false'}){keeping}"


def _move(result: Result, made: Canaries, shape: Shape) -> None:
    """From whoever owns a row, to another group and to a sister company."""
    for acting in _owners_of_rows(made):
        role = acting.role
        if not made.plays(role) or (shape.table, role) in SEES_ALL_GROUPS:
            continue
        columns = made.rights(role, shape.table).get("UPDATE", ())
        own = [row for row in made.rows[shape.table] if row.owner.group_id == made.ours][:1]
        for name, to in (("group_id", made.theirs), ("company_id", made.beta)):
            if name not in columns or not own or (name == "company_id" and not shape.is_personal):
                continue
            statement = sql.SQL("UPDATE {} SET {} = {} WHERE {}").format(
                sql.Identifier(shape.table), sql.Identifier(name), sql.Literal(to), _these(shape, own)
            )
            result.count("attempts")
            with made.behind(acting):
                outcome = made.attempt(statement)
            # Whatever else stopped it, the policies had let it through.
            if outcome.rows or (outcome.error and not outcome.refused and not outcome.timed_out):
                result.find(Kind.MOVED, _place(shape, role, "UPDATE"), name)


def _owners_of_rows(made: Canaries) -> Iterator[Acting]:
    yield system(made.ours)
    yield system(made.ours, company_id=made.alfa, purpose=STORAGE)
    yield member(made.ours, made.member, company_id=made.alfa, purpose=PurposeKind.RIGHTS_REQUEST)
    yield sealer(made.ours)
    for row in made.rows["requests"][:1]:
        yield subject(made.ours, row.values["request_id"])


def attack_keys(result: Result, made: Canaries, shape: Shape) -> None:
    """Keys are checked past the walls: whether they collide with, or point at, what somebody else has."""
    if shape.table in TELLING or "INSERT" not in made.rights(DatabaseRole.APP, shape.table):
        return
    rows = [row for row in made.rows[shape.table] if row.owner in (Owner(made.ours), Owner(made.ours, made.alfa))]
    for row in rows[:1]:
        _collide(result, made, shape, row, Owner(uuid4(), uuid4()), "another group")
        if shape.is_personal:
            _collide(result, made, shape, row, Owner(made.ours, uuid4()), "a sister company")
    for reference in shape.references:
        _point(result, made, shape, reference)


def _collide(result: Result, made: Canaries, shape: Shape, row: Planted, owner: Owner, whose: str) -> None:
    """The same row for somebody who has none: only another's row can be in its way."""
    moved = {"group_id": owner.group_id, "company_id": owner.company_id}
    values = {**row.values, **{name: value for name, value in moved.items() if row.values.get(name)}}
    acting = system(owner.group_id, company_id=owner.company_id if row.owner.company_id else None, purpose=STORAGE)
    result.count("probes of keys")
    with made.behind(acting):
        outcome = made.attempt(insertion(shape, values, " ON CONFLICT DO NOTHING"))
    if not outcome.error and not outcome.rows:
        result.find(Kind.ORACLE, _place(shape, "app", "ON CONFLICT"), whose)


def _point(result: Result, made: Canaries, shape: Shape, reference: Reference) -> None:
    """A row of another's that points at a row of ours."""
    attackers = [(Owner(made.theirs, made.foreign), "another group")]
    if made.shapes[reference.parent].is_personal:
        attackers.append((Owner(made.ours, made.beta), "a sister company"))
    for owner, whose in attackers:
        target = pointing(made, reference, Owner(made.ours, made.alfa))
        free = {name: value for name, value in target.items() if name not in ("group_id", "company_id")}
        if not free or reference.parent == "companies":
            continue
        values = {**values_for(made, shape, owner), **free}
        acting = system(owner.group_id, company_id=owner.company_id, purpose=STORAGE)
        result.count("probes of keys")
        with made.behind(acting):
            if made.attempt(insertion(shape, values)).rows:
                result.find(Kind.ORACLE, f"{shape.table} · {reference.name}", whose)


def attack_prepared(result: Result, made: Canaries, shape: Shape, positions: Iterable[Position]) -> None:
    """A plan made for one is run by another; a context that a savepoint took back is gone."""
    own = system(made.ours, company_id=made.alfa, purpose=STORAGE)
    for position in positions:
        if position.name not in ("another group", "a sister company") or position.acting.role != DatabaseRole.APP:
            continue
        victims = [row for row in made.rows[shape.table] if position.is_out_of_reach(shape, row)]
        if not victims or "SELECT" not in made.rights(DatabaseRole.APP, shape.table):
            continue
        with made.behind(own):
            made.connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
            made.connection.execute(
                sql.SQL("PREPARE canary AS SELECT count(*) FROM {} WHERE {}").format(
                    sql.Identifier(shape.table), _these(shape, victims)
                )
            )
            try:
                made.counted(sql.SQL("EXECUTE canary"))
                with made.behind(position.acting):
                    _judge(result, Kind.SEEN, shape, position, "EXECUTE", made.counted(sql.SQL("EXECUTE canary")))
                    with made.behind(own):
                        pass  # taken back with its savepoint
                    _judge(result, Kind.SEEN, shape, position, "SAVEPOINT", made.counted(sql.SQL("EXECUTE canary")))
            finally:
                made.connection.execute("DEALLOCATE canary")
        return


def _judge(
    result: Result, kind: Kind, shape: Shape, position: Position, command: str, outcome: Outcome
) -> None:
    result.count("attempts")
    if outcome.timed_out:
        result.untried.append(Untried(_place(shape, position.acting.role, command), "timeout"))
    elif outcome.rows:
        result.find(kind, _place(shape, position.acting.role, command), position.name)


def _place(shape: Shape, role: str, command: str) -> str:
    return f"{shape.table} · seloste_{role} · {command}"


def _these(shape: Shape, rows: Iterable[Planted]) -> sql.Composable:
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


def _text(value: object) -> str:
    return str(value) if value is not None and not isinstance(value, str) else "00000000-0000-0000-0000-000000000000"


def _trusted(words: str) -> LiteralString:
    """What PostgreSQL itself printed of a policy."""
    made: Any = words
    return made  # type: ignore[no-any-return]

"""The walls are looked up in an index: else every question of one group reads the rows of all."""

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from msgspec import structs
from psycopg import sql

from services.proving.canaries import Canaries, Owner
from services.proving.findings import Count, Kind, Part, Result, Untried
from services.proving.positions import CARE, RIGHTS, SEES_ALL_GROUPS, THE_DOOR
from services.proving.shapes import Shape
from tenants.acting import Acting, auditor, sealer, subject

# A table of fewer rows is read whole whatever its indexes.
LARGE = 10_000
# And one that belongs to one group for the most part is read whole with reason.
FEW = 0.01
Node = Mapping[str, Any]


def check(made: Canaries) -> Result:
    result = Result(part=Part.PLANS)
    large = _large_tables(made)
    for shape in made.shapes.values():
        for acting in _readers(made):
            role = acting.role
            if (shape.table, role) in SEES_ALL_GROUPS or not made.plays(role):
                continue
            if "SELECT" in made.rights(role, shape.table):
                _check_plan(result, made, shape, acting)
                if shape.table in large:
                    _check_plan(result, made, shape, acting, rows=large[shape.table])
    return result


def _readers(made: Canaries) -> Iterator[Acting]:
    own = made.insider(Owner(made.ours, made.alfa), RIGHTS)
    yield own
    yield subject(made.ours, made.alfa)
    yield sealer(made.ours)
    yield auditor(made.ours, company_id=made.alfa)
    yield structs.replace(own, purpose=CARE, role=THE_DOOR)


def _large_tables(made: Canaries) -> dict[str, float]:
    """With how many rows each has."""
    found = made.connection.execute(
        "SELECT relname, reltuples FROM pg_class WHERE relnamespace = 'public'::regnamespace AND reltuples > %s",
        [LARGE],
    )
    return dict(found.fetchall())


def _check_plan(result: Result, made: Canaries, shape: Shape, acting: Acting, *, rows: float | None = None) -> None:
    """As the planner would have it for a large table; with `rows`: as it has it for this one, which has so many."""
    made.pace.step()
    place = f"{shape.table} · seloste_{acting.role}"
    try:
        with made.behind(acting):
            if rows is None:
                made.connection.execute("SET LOCAL enable_seqscan = off")
            explained = made.connection.execute(
                sql.SQL("EXPLAIN (FORMAT JSON) SELECT 1 FROM {}").format(sql.Identifier(shape.table))
            ).fetchone()
    except psycopg.errors.QueryCanceled:
        result.untried.append(Untried(place, "timeout"))
        return
    result.count(Count.PLANS)
    for node in unserved(explained[0][0]["Plan"] if explained else {}, shape.table, rows=rows):
        result.find(Kind.PLAN, place, node["Node Type"])


def unserved(plan: Node, table: str, *, rows: float | None = None) -> Iterator[Node]:
    """What reads the table without looking the group up; of `rows`, if it expects but a few of them."""
    for node in _nodes(plan):
        if node.get("Relation Name") == table and node["Node Type"] != "Bitmap Index Scan":
            looked_up = f"{node.get('Index Cond', '')} {node.get('Recheck Cond', '')}"
            expected_few = rows is None or node["Plan Rows"] < rows * FEW
            if expected_few and "group_id" not in looked_up:
                yield node


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for part in node.get("Plans", ()):
        yield from _nodes(part)

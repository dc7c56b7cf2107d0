"""What walls and neighbours cost: a statement inside the walls and without, a page beside ten groups and thousands."""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast
from uuid import UUID

import psycopg
from litestar.testing import TestClient
from psycopg import Connection, sql

from services.api.app import create_app
from tenants import settings
from tenants.database import walled_session
from tests.benchmarks.figures import Figure
from tests.benchmarks.stack import Stack
from tests.services import stage
from tests.services.browsing import Browser
from tests.services.stage import RIGHTS
from tests.services.stage import Stage as Scene

GROUPS, FEW, FEWEST = 5_000, 10, 50
ROUNDS, RECORDS = 300, 10_000
PAGES = {"the list of cases": "/office/cases", "a person": "/office/persons/{person_id}"}
# Code never names the group or the company: inside, the walls do. Without walls the statement must do it itself.
WITHOUT = "group_id = %(group)s AND company_id = %(company)s AND "
STATEMENTS = {
    "a record by its key": "SELECT data FROM records WHERE {}record_id = %(record)s",
    "fifty records of a person": (
        "SELECT record_id, data FROM records WHERE {}person_id = %(person)s AND register_id = %(register)s"
        " ORDER BY record_id LIMIT 50"
    ),
    "the size of 10,000 records": (
        "SELECT sum(octet_length(data::text)) FROM records WHERE {}register_id = %(register)s"
    ),
}


def measure(stack: Stack, scale: float) -> Iterator[Figure]:
    many = max(FEWEST, round(GROUPS * scale))
    with (
        TestClient(create_app(), base_url=settings.current().base_url) as client,
        psycopg.connect(stack.admin_url, dbname="seloste", autocommit=True) as admin,
    ):
        scene = stage.furnished()
        browser = Browser(client)
        browser.sit_down(scene.admin, scene.alfa, RIGHTS)
        _add_groups(admin, scene, FEW)
        before = _pages(browser, scene)
        _add_groups(admin, scene, many - FEW)
        for name, spent in _pages(browser, scene).items():
            yield Figure(
                name=f"{name}, beside {many:,} groups",
                value=spent,
                unit="ms",
                floor=before[name],
                floor_is=f"ms: beside {FEW}",
                aim="at most 1.2",
            )
        _add_records(admin, scene)
        yield from _statements(admin, scene, many)


def _statements(admin: Connection, scene: Scene, groups: int) -> Iterator[Figure]:
    """As the role of the api in its context, and as the administrator, whom no wall concerns."""
    given = {
        "group": scene.group.group_id,
        "company": scene.alfa.company_id,
        "record": scene.ids["record_id"],
        "person": scene.ids["person_id"],
        "register": scene.register.register_id,
    }
    with walled_session(scene.admin.acting(scene.alfa, RIGHTS)) as session, admin.transaction():
        inside_walls = cast(Connection, session.connection().connection.driver_connection)
        for name, statement in STATEMENTS.items():
            inside, without = _in_turn(
                partial(_fetch, inside_walls, statement.format(""), given),
                partial(_fetch, admin, statement.format(WITHOUT), given),
            )
            yield Figure(
                name=f"{name} inside the walls, beside {groups:,} groups",
                value=inside,
                unit="ms",
                floor=without,
                floor_is="ms: without walls",
                aim="at most 1.1",
            )


def _pages(browser: Browser, scene: Scene) -> dict[str, float]:
    spent = {}
    for name, path in PAGES.items():
        url = path.format(**scene.ids)
        assert browser.get(url).status_code == 200
        spent[name] = _median(lambda url=url: browser.get(url), ROUNDS // 3)  # type: ignore[misc]
    return spent


def _add_groups(admin: Connection, scene: Scene, number: int) -> None:
    """Copies of everything that the group of the scene has. Only the group's id differs: every key begins with it."""
    source = scene.group.group_id
    with admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        admin.execute(
            "CREATE TEMPORARY TABLE others ON COMMIT DROP AS SELECT uuidv7() AS group_id FROM generate_series(1, %s)",
            [number],
        )
        for table, columns in _tables(admin):
            _copy(admin, table, columns, source)
    admin.execute("VACUUM ANALYZE")


def _add_records(admin: Connection, scene: Scene) -> None:
    """To the register of the scene, as the one that its person has; for the statements only."""
    admin.execute(
        "INSERT INTO records (group_id, company_id, record_id, register_id, person_id, data, provenance)"
        " SELECT group_id, company_id, uuidv7(), register_id, person_id, data, provenance"
        " FROM records, generate_series(1, %s) WHERE group_id = %s AND record_id = %s",
        [RECORDS, scene.group.group_id, scene.ids["record_id"]],
    )
    admin.execute("VACUUM ANALYZE records")


def _tables(admin: Connection) -> list[tuple[str, list[str]]]:
    """The tables of groups, without what is unique among all of them, and their columns beside the group."""
    return admin.execute(
        "SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns AS c"
        " WHERE table_schema = 'public' AND is_generated = 'NEVER' AND is_identity = 'NO' AND column_name <> 'group_id'"
        " AND EXISTS (SELECT FROM information_schema.columns AS o WHERE o.table_schema = 'public'"
        " AND o.table_name = c.table_name AND o.column_name = 'group_id')"
        " AND table_name NOT IN ('group_directory', 'directory') GROUP BY table_name"
    ).fetchall()


def _copy(admin: Connection, table: str, columns: list[str], source: UUID) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    values = sql.SQL(", ").join(
        sql.SQL("others.group_id::text") if column == "slug" else sql.SQL("one.{}").format(sql.Identifier(column))
        for column in columns
    )
    statement = "INSERT INTO {table} (group_id, {names}) SELECT others.group_id, {values} FROM {table} AS one, others"
    admin.execute(
        sql.SQL(statement + " WHERE one.group_id = %s").format(table=sql.Identifier(table), names=names, values=values),
        [source],
    )


def _fetch(connection: Connection, statement: str, given: dict[str, UUID]) -> list[Any]:
    return connection.execute(statement.encode(), given).fetchall()


def _in_turn(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """Medians, the two measured alternately, so that both meet the same machine."""
    spent: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for what, into in zip((one, other), spent, strict=True):
            began = time.perf_counter()
            what()
            into.append(time.perf_counter() - began)
    return statistics.median(spent[0]) * 1000, statistics.median(spent[1]) * 1000


def _median(what: Callable[[], object], rounds: int) -> float:
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        what()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent) * 1000

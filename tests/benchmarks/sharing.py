"""One person through the door, among a million shared records, beside a bare read of the same row by its key."""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

import psycopg
from psycopg import Connection, sql
from sqlalchemy.orm import Session

from tenants.acting import PurposeKind
from tenants.database import context_of, run, walled_session
from tenants.sharing import door, policies
from tests.benchmarks.figures import Figure
from tests.benchmarks.stack import Stack
from tests.tenants.sharing.scene import Scene, scene

RECORDS = 1_000_000
FEWEST = 10_000
READS = 400
CARE = PurposeKind.CUSTOMER_CARE
Both = tuple[UUID, UUID]
"""A person and their record."""
Read = Callable[[UUID], object]


def measure(stack: Stack, scale: float) -> Iterator[Figure]:
    records = max(FEWEST, round(RECORDS * scale))
    house = scene()
    with psycopg.connect(stack.admin_url, dbname="seloste") as admin:
        _fill(admin, house, records)
        granting = _granting(house)
        people = _some(admin, house)
        bare = _bare(admin, house)
        with psycopg.connect(stack.admin_url, dbname="seloste") as door_itself:
            query = _query(door_itself, house)
            yield _figure(f"one of {records:,} shared records: what the door asks", people, bare, query, "at most 2")
        with walled_session(house.beta.system(CARE)) as session:
            through = partial(_through, session, house)
            new = _figure("... through the door, new to the ledger", people, bare, through, turns=1)
            yield _figure("... through the door, known to the ledger", people, bare, through)
            yield new
            audited = partial(door.of_person, session, house.alfa.company_id)
            yield _figure("... with its audit, as a page does it", people, bare, audited)
    yield Figure(name="... granting and accepting the policy", value=granting, unit="ms", aim="below 1000")


def _figure(name: str, people: list[Both], bare: Read, read: Read, aim: str = "", *, turns: int = 2) -> Figure:
    """The last of the turns counts."""
    for _ in range(turns):
        floor, value = _in_turn(people, bare, read)
    return Figure(name=name, value=value, unit="ms", floor=floor, floor_is="ms: the row by its key, no walls", aim=aim)


def _fill(admin: Connection, house: Scene, records: int) -> None:
    """Customers of Alfa with a name and a segment, written past the domain: how they came is not measured."""
    ids = {"group": house.group.group_id, "company": house.alfa.company_id}
    admin.execute(
        "INSERT INTO persons (group_id, company_id, person_id)"
        " SELECT %(group)s, %(company)s, uuidv7() FROM generate_series(1, %(records)s)",
        ids | {"records": records},
    )
    admin.execute(
        "INSERT INTO records (group_id, company_id, record_id, register_id, person_id, data, provenance)"
        " SELECT group_id, company_id, uuidv7(), %(register)s, person_id,"
        " jsonb_build_object(%(name)s::text, 'Nimi Sukunimi', %(segment)s::text, 'A'), '{}' FROM persons"
        " WHERE group_id = %(group)s AND company_id = %(company)s",
        ids
        | {
            "register": house.customers.register_id,
            "name": str(house.customers.fields["name"]),
            "segment": str(house.customers.fields["segment"]),
        },
    )
    admin.commit()
    admin.autocommit = True
    admin.execute("VACUUM ANALYZE persons, records")
    admin.autocommit = False


def _granting(house: Scene) -> float:
    policy_id = house.draft()
    began = time.perf_counter()
    with walled_session(house.granter.acting(house.alfa)) as session:
        policies.grant(session, policy_id)
    with walled_session(house.accepter.acting(house.beta)) as session:
        policies.accept(session, policy_id)
    return (time.perf_counter() - began) * 1000


def _some(admin: Connection, house: Scene) -> list[Both]:
    """Persons and their records, all over the table."""
    return admin.execute(
        "SELECT person_id, record_id FROM records WHERE group_id = %s ORDER BY md5(record_id::text) LIMIT %s",
        [house.group.group_id, READS],
    ).fetchall()


def _bare(admin: Connection, house: Scene) -> Read:
    """As the administrator, whom no wall concerns."""
    statement = "SELECT data FROM records WHERE group_id = %s AND company_id = %s AND record_id = %s"
    return lambda record: admin.execute(
        statement, [house.group.group_id, house.alfa.company_id, record], prepare=True
    ).fetchall()


def _query(admin: Connection, house: Scene) -> Read:
    """The query within the door's function, as the role and in the context in which it runs there."""
    admin.execute("SET LOCAL ROLE seloste_door")
    admin.execute(sql.SQL(context_of(house.beta.system(CARE)).decode()))
    admin.execute("SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan")
    statement = "SELECT * FROM found_of_person(%s, %s, %s, %s, %s)"
    given = [house.group.group_id, house.beta.company_id, str(CARE), house.alfa.company_id]
    return lambda person: admin.execute(statement, [*given, person], prepare=True).fetchall()


def _through(session: Session, house: Scene, person: UUID) -> None:
    statement = "SELECT * FROM shared_person(%(company)s, %(person)s)"
    assert run(session, statement, {"company": house.alfa.company_id, "person": person}).fetchall()


def _in_turn(people: list[Both], bare: Read, read: Read) -> tuple[float, float]:
    """Medians in milliseconds, the two measured alternately, so that both meet the same machine."""
    spent: tuple[list[float], list[float]] = ([], [])
    for person, record in people:
        for into, what, one in zip(spent, (bare, read), (record, person), strict=True):
            began = time.perf_counter()
            what(one)
            into.append(time.perf_counter() - began)
    return statistics.median(spent[0]) * 1000, statistics.median(spent[1]) * 1000

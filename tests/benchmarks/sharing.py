"""One person through the door, among a million shared records, beside a bare read of the same row by its key."""

import statistics
import time
from collections.abc import Callable, Iterator
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


def measure(stack: Stack, scale: float) -> Iterator[Figure]:
    records = max(FEWEST, round(RECORDS * scale))
    house = scene()
    with psycopg.connect(stack.admin_url, dbname="seloste") as admin:
        _fill(admin, house, records)
        granting = _granting(house)
        people = _some(admin, house)
        bare = _bare(admin, house, people)
        query = _query(admin, house, people)
    persons = [person for person, _ in people]
    with walled_session(house.beta.system(CARE)) as session:
        first = _milliseconds(persons, lambda person: _through(session, house, person))
        again = _milliseconds(persons, lambda person: _through(session, house, person))
        audited = _milliseconds(persons, lambda person: door.of_person(session, house.alfa.company_id, person))
    floor_is = "ms: the row by its key, without walls"
    yield Figure(
        name=f"one of {records:,} shared records: what the door asks",
        value=query,
        unit="ms",
        floor=bare,
        floor_is=floor_is,
        aim="at most 2",
    )
    yield Figure(
        name="... through the door, known to the ledger", value=again, unit="ms", floor=bare, floor_is=floor_is
    )
    yield Figure(name="... through the door, new to the ledger", value=first, unit="ms", floor=bare, floor_is=floor_is)
    yield Figure(name="... with its audit, as a page does it", value=audited, unit="ms", floor=bare, floor_is=floor_is)
    yield Figure(name="... granting and accepting the policy", value=granting, unit="ms", aim="below 1000")


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


def _some(admin: Connection, house: Scene) -> list[tuple[UUID, UUID]]:
    """Persons and their records, all over the table."""
    return admin.execute(
        "SELECT person_id, record_id FROM records WHERE group_id = %s ORDER BY md5(record_id::text) LIMIT %s",
        [house.group.group_id, READS],
    ).fetchall()


def _bare(admin: Connection, house: Scene, people: list[tuple[UUID, UUID]]) -> float:
    """As the administrator, whom no wall concerns."""
    statement = "SELECT data FROM records WHERE group_id = %s AND company_id = %s AND record_id = %s"
    key = [house.group.group_id, house.alfa.company_id]
    records = [record for _, record in people]
    _milliseconds(records, lambda record: admin.execute(statement, [*key, record]).fetchall())
    return _milliseconds(records, lambda record: admin.execute(statement, [*key, record]).fetchall())


def _query(admin: Connection, house: Scene, people: list[tuple[UUID, UUID]]) -> float:
    """The query within the door's function, as the role and in the context in which it runs there."""
    with admin.transaction(force_rollback=True):
        admin.execute("SET LOCAL ROLE seloste_door")
        admin.execute(sql.SQL(context_of(house.beta.system(CARE)).decode()))
        admin.execute("SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan")
        statement = "SELECT * FROM found_of_person(%s, %s, %s, %s, %s)"
        given = [house.group.group_id, house.beta.company_id, str(CARE), house.alfa.company_id]
        persons = [person for person, _ in people]
        _milliseconds(persons, lambda person: admin.execute(statement, [*given, person]).fetchall())
        return _milliseconds(persons, lambda person: admin.execute(statement, [*given, person]).fetchall())


def _through(session: Session, house: Scene, person: UUID) -> None:
    statement = "SELECT * FROM shared_person(%(company)s, %(person)s)"
    assert run(session, statement, {"company": house.alfa.company_id, "person": person}).fetchall()


def _milliseconds(given: list[UUID], read: Callable[[UUID], object]) -> float:
    """The median of all."""
    spent = []
    for one in given:
        began = time.perf_counter()
        read(one)
        spent.append(time.perf_counter() - began)
    return statistics.median(spent) * 1000

"""Who changed is found by the index, and so is the wall that says of which registers it may be.

How much pages of a feed read as they really run is counted in `test_pages_of_feeds`.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from infra.embedded.postgres import Postgres
from tenants.acting import client
from tests.tenants.feeds.scene import Scene, scene
from tests.walls.test_plans_of_the_door import NOBODY, plan

PEOPLE = 5_000


@pytest.fixture(scope="module")
def feeds(database: Postgres) -> Scene:
    made = scene()
    made.approved()
    with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste")) as admin:
        house = made.house
        ids = {"group": house.group.group_id, "company": house.alfa.company_id, "people": PEOPLE}
        admin.execute(
            "INSERT INTO persons (group_id, company_id, person_id)"
            " SELECT %(group)s, %(company)s, gen_random_uuid() FROM generate_series(1, %(people)s)",
            ids,
        )
        for register in (house.customers, made.orders):
            admin.execute(
                "INSERT INTO records (group_id, company_id, record_id, register_id, person_id, data, provenance)"
                " SELECT group_id, company_id, gen_random_uuid(), %(register)s, person_id, '{}', '{}' FROM persons"
                " WHERE group_id = %(group)s AND company_id = %(company)s",
                ids | {"register": register.register_id},
            )
        admin.commit()
        admin.execute("ANALYZE persons, records")
    return made


@pytest.fixture
def admin(database: Postgres) -> Iterator[Connection[Any]]:
    with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste")) as connection:
        yield connection
        connection.rollback()


def in_scope(feeds: Scene) -> str:
    house = feeds.house
    whose = f"'{house.group.group_id}', '{house.alfa.company_id}', '{house.customers.register_id}', 'customer_care'"
    return f"SELECT r.person_id, r.record_id FROM fit_to_share({whose}, NULL) r"


def test_of_those_who_changed_nobody_else_is_read(feeds: Scene, admin: Connection[Any]) -> None:
    query = f"{in_scope(feeds)} WHERE r.person_id = ANY (ARRAY[{NOBODY}]::uuid[])"
    found = plan(admin, client(feeds.house.group.group_id, feeds.agreement), query)
    [of_records] = [node for node in found if node.get("Relation Name") == "records"]
    assert "person_id = ANY" in of_records["Index Cond"]
    assert "register_id = ANY ((InitPlan" in of_records["Index Cond"]

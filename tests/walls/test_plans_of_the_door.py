"""Through the door a plan is a mere function scan, so the queries behind it are explained, as the door's own role."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from infra.embedded.postgres import Postgres
from tenants.acting import Acting
from tenants.database import context_of
from tests.tenants.sharing.scene import CARE, Scene, scene

PEOPLE = 20_000


@pytest.fixture(scope="module")
def house(database: Postgres) -> Scene:
    """Alfa with so many customers that reading them all would show; Beta may see those of one register."""
    made = scene()
    made.active()
    with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste")) as admin:
        ids = {"group": made.group.group_id, "company": made.alfa.company_id}
        admin.execute(
            "INSERT INTO persons (group_id, company_id, person_id)"
            " SELECT %(group)s, %(company)s, gen_random_uuid() FROM generate_series(1, %(people)s)",
            ids | {"people": PEOPLE},
        )
        for register in (made.customers, made.orders):
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


def plan(admin: Connection[Any], acting: Acting, query: str) -> list[dict[str, Any]]:
    """The nodes of the plan that the door's role gets."""
    # A table of a few rows is read whole whatever its indexes; here it stands for one of millions.
    admin.execute("SET LOCAL enable_seqscan = off")
    admin.execute("SET LOCAL ROLE seloste_door")
    admin.execute(sql.SQL(context_of(acting).decode()))
    [(found,)] = admin.execute(f"EXPLAIN (FORMAT JSON) {query}").fetchall()
    return list(nodes(found[0]["Plan"]))


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from nodes(inner)


NOBODY = "'00000000-0000-0000-0000-000000000000'"


def of_one_person(house: Scene) -> str:
    who = f"'{house.group.group_id}', '{house.beta.company_id}', '{CARE}'"
    return f"SELECT * FROM found_of_person({who}, '{house.alfa.company_id}', {NOBODY})"


def a_page(house: Scene) -> str:
    what = f"'{house.group.group_id}', '{house.alfa.company_id}', '{house.customers.register_id}', '{CARE}'"
    return f"SELECT * FROM found_on_page({what}, NULL, '{{}}', {NOBODY}, {NOBODY}, 100)"


@pytest.mark.parametrize("query", [of_one_person, a_page])
def test_the_share_is_a_condition_of_the_index(
    house: Scene, admin: Connection[Any], query: Callable[[Scene], str]
) -> None:
    found = plan(admin, house.beta.system(CARE), query(house))
    [of_records] = [node for node in found if node.get("Relation Name") == "records"]
    assert of_records["Node Type"] in ("Index Scan", "Index Only Scan")
    assert "register_id = ANY ((InitPlan" in of_records["Index Cond"]
    assert "group_id" in of_records["Index Cond"]


def test_a_page_is_read_in_the_order_of_its_index_and_no_further(house: Scene, admin: Connection[Any]) -> None:
    found = plan(admin, house.beta.system(CARE), a_page(house))
    [of_records] = [node for node in found if node.get("Relation Name") == "records"]
    assert of_records["Index Name"] == "ix_records_register"
    assert "ROW(person_id, record_id) >" in of_records["Index Cond"]
    assert found[0]["Node Type"] == "Limit"
    assert "Sort" not in {node["Node Type"] for node in found}


def test_nobody_else_is_read_to_find_one_person(house: Scene, admin: Connection[Any]) -> None:
    found = plan(admin, house.beta.system(CARE), of_one_person(house))
    for table in ("records", "persons", "objections"):
        [node] = [one for one in found if one.get("Relation Name") == table]
        assert "person_id = " in (node.get("Index Cond") or node["Recheck Cond"])


def test_a_page_leaves_what_was_noted_behind_it_alone(house: Scene, admin: Connection[Any]) -> None:
    ids = {"group": house.group.group_id, "company": house.alfa.company_id, "beta": house.beta.company_id}
    admin.execute(
        "INSERT INTO disclosures (group_id, company_id, scope_id, person_id, since, recipient_id)"
        " SELECT p.group_id, p.company_id, g.scope_id, p.person_id, now(), %(beta)s FROM persons p"
        " JOIN sharing_grants g ON g.group_id = p.group_id"
        " WHERE p.group_id = %(group)s AND p.company_id = %(company)s",
        ids,
    )
    admin.execute("SET LOCAL ROLE seloste_app")
    admin.execute(sql.SQL(context_of(house.beta.system(CARE)).decode()))
    asked = f"SELECT count(*) FROM shared_page('{house.customers.register_id}', {NOBODY}, {NOBODY}, 100)"
    assert admin.execute(asked).fetchall() == [(100,)]
    read = "SELECT idx_tup_fetch + seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'disclosures'"
    [(rows,)] = admin.execute(read).fetchall()
    assert rows < PEOPLE / 10

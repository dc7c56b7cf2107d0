"""Who looked at a person is read from an index inside the walls, however many entries the company has."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection
from psycopg.conninfo import make_conninfo
from sqlalchemy import event
from sqlalchemy.orm import Session

from infra.embedded.postgres import Postgres
from tenants.audit import reading, trail
from tenants.base import new_id
from tenants.database import walled_session
from tests import make
from tests.make import MadeCompany

ENTRIES = 20_000


@pytest.fixture(scope="module")
def company(database: Postgres) -> MadeCompany:
    """Whose staff looked at so many people that reading it all would show."""
    made = make.company(make.group())
    with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste")) as admin:
        admin.execute(
            "INSERT INTO audit_entries (group_id, entry_id, company_id, actor, action, about, about_ids, figures)"
            " SELECT %s, uuidv7(), %s, 'system', 'person.viewed', 'person', ARRAY[gen_random_uuid()], '{}'"
            " FROM generate_series(1, %s)",
            [made.group.group_id, made.company_id, ENTRIES],
        )
        admin.commit()
        admin.execute("ANALYZE audit_entries")
    return made


def looked(company: MadeCompany, action: str, *ids: UUID) -> None:
    with walled_session(company.system()) as session:
        trail.record(session, action, about="person", ids=ids)


def seen(company: MadeCompany, *ids: UUID, limit: int = 10) -> list[str]:
    with walled_session(company.system()) as session:
        return [one.action for one in reading.looks_at(session, ids, limit=limit)]


def test_looks_at_one_and_at_several_are_told_together_and_newest_first(company: MadeCompany) -> None:
    aino, former, other = new_id(), new_id(), new_id()
    looked(company, "person.viewed", aino)
    looked(company, "persons.searched", other, aino)
    looked(company, "persons.compared", aino, other)
    looked(company, "value.opened", former)
    looked(company, "records.imported", aino)
    assert seen(company, aino, former) == ["value.opened", "persons.compared", "persons.searched", "person.viewed"]
    assert seen(company, aino, former, limit=2) == ["value.opened", "persons.compared"]


def test_a_sister_company_is_told_nothing_of_it(company: MadeCompany) -> None:
    sister, aino = make.company(company.group, "beta"), new_id()
    looked(company, "person.viewed", aino)
    assert seen(sister, aino) == []


def test_no_entry_of_another_person_is_read(company: MadeCompany) -> None:
    found = plan(company)
    indexes = {node["Index Name"]: node for node in found if "Index Name" in node}
    assert "Seq Scan" not in {node["Node Type"] for node in found}
    by_person = indexes["ix_audit_entries_person"]["Index Cond"]
    assert [part for part in ("group_id = ", "company_id = ", "about_ids[1] = ") if part not in by_person] == []
    assert "ix_audit_entries_several" in indexes


def plan(company: MadeCompany) -> list[dict[str, Any]]:
    """The nodes of the plan that the runtime role gets for the statement as it is sent."""
    sent: list[tuple[str, Any]] = []
    with walled_session(company.system()) as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *told: sent.append((told[2], told[3])))
        reading.looks_at(session, [new_id()], limit=50)
        statement, given = sent[-1]
        return explained(session, statement, given)


def explained(session: Session, statement: str, given: Any) -> list[dict[str, Any]]:
    raw = session.connection().connection.driver_connection
    assert isinstance(raw, Connection)
    raw.execute("SET LOCAL enable_seqscan = off")
    [(found,)] = raw.execute(f"EXPLAIN (FORMAT JSON) {statement}".encode(), given).fetchall()
    return list(nodes(found[0]["Plan"]))


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from nodes(inner)

"""Who received which fields of whom, when, for what purpose: told to the person by name."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import func, select

from infra.embedded.postgres import Postgres
from tenants.acting import PurposeKind
from tenants.consents import objecting
from tenants.database import walled_session
from tenants.ledger import received
from tenants.ledger.model import Disclosure
from tenants.ledger.received import Received
from tenants.registers.model import LegalBasis
from tests.tenants.sharing.scene import CARE, MARKETING, STORAGE, Scene
from tests.waiting import somebody_waits, until

RIGHTS = PurposeKind.RIGHTS_REQUEST


def told(house: Scene, person_id: UUID) -> list[Received]:
    with walled_session(house.alfa.system(RIGHTS)) as session:
        return received.by_person(session, person_id)


def rows(house: Scene) -> int:
    with walled_session(house.alfa.system(RIGHTS)) as session:
        return int(session.scalar(select(func.count()).select_from(Disclosure)) or 0)


def test_a_person_is_told_by_name_who_received_what(house: Scene) -> None:
    ada, policy_id = house.customer(), house.active()
    assert told(house, ada) == []
    house.read(ada)
    [one] = told(house, ada)
    assert (one.recipient, one.source_id, one.source_version) == ("Beta Oy", policy_id, 1)
    assert [field.fi for field in one.fields] == ["name", "segment"]
    assert (one.register.fi, one.purpose.fi, one.kind) == ("Asiakasrekisteri", "Asiakassuhteen hoito", CARE)
    assert one.until is None


def test_reading_again_writes_nothing_and_a_page_writes_for_everybody_on_it(house: Scene) -> None:
    people = [house.customer() for _ in range(3)]
    house.active()
    house.read(people[0])
    house.page()
    assert rows(house) == 3
    house.page()
    house.read(people[1])
    assert rows(house) == 3
    assert all(len(told(house, one)) == 1 for one in people)


def test_whoever_was_never_read_is_told_of_nobody(house: Scene) -> None:
    ada, bo = house.customer(), house.customer()
    house.active()
    house.read(ada)
    assert told(house, bo) == []


def test_it_ends_for_whoever_objected_when_the_receiver_reads_again(house: Scene) -> None:
    ada, bo = house.customer(), house.customer()
    house.active()
    house.page()
    with walled_session(house.alfa.system(STORAGE)) as session:
        objecting.object_to(session, ada, CARE)
    assert house.page() == [bo]
    assert [one.until is None for one in (*told(house, ada), *told(house, bo))] == [False, True]


def test_it_ends_for_one_who_is_asked_for_alone(house: Scene) -> None:
    ada = house.customer()
    house.active()
    house.read(ada)
    house.restrict(ada)
    assert house.read(ada) == []
    assert told(house, ada)[0].until is not None


def test_with_its_policy_it_ends_for_everybody_and_a_pause_makes_two_of_one(house: Scene) -> None:
    ada, policy_id = house.customer(), house.active()
    house.read(ada)
    house.suspend(policy_id)
    assert told(house, ada)[0].until is not None
    house.resume(policy_id)
    house.read(ada)
    first, second = told(house, ada)
    assert first.until is not None
    assert second.until is None
    house.revoke(policy_id)
    assert all(one.until for one in told(house, ada))


def test_a_new_version_is_told_of_with_its_own_fields(house: Scene) -> None:
    ada, policy_id = house.customer(), house.active()
    house.read(ada)
    house.change(policy_id, fields=("name",))
    house.grant(policy_id)
    house.accept(policy_id)
    house.read(ada)
    first, second = told(house, ada)
    assert (first.source_version, len(first.fields), first.until is None) == (1, 2, False)
    assert (second.source_version, len(second.fields), second.until is None) == (2, 1, True)


def test_a_look_for_one_purpose_ends_nothing_of_another(house: Scene) -> None:
    ada = house.customer()
    house.active()
    house.active(
        purpose_id=house.marketing, legal_basis=LegalBasis.LEGITIMATE_INTEREST, balancing="Asiakas odottaa tätä."
    )
    for kind in (CARE, MARKETING, CARE):
        assert len(house.read(ada, house.beta.system(kind))) == 1
    assert {(one.kind, one.until) for one in told(house, ada)} == {(CARE, None), (MARKETING, None)}
    with walled_session(house.alfa.system(STORAGE)) as session:
        objecting.object_to(session, ada, MARKETING)
    assert len(house.read(ada)) == 1
    assert house.read(ada, house.beta.system(MARKETING)) == []
    assert {one.kind: one.until is None for one in told(house, ada)} == {CARE: True, MARKETING: False}


def test_giver_and_receiver_see_their_part_and_nobody_else_does(house: Scene) -> None:
    ada = house.customer()
    house.active()
    house.read(ada)
    seen = []
    for company in (house.alfa, house.beta, house.gamma):
        with walled_session(company.system(RIGHTS)) as session:
            seen.append(list(session.scalars(select(Disclosure.person_id))))
    assert seen == [[ada], [ada], []]


def test_who_left_while_another_looked_has_not_come_back(house: Scene, database: Postgres) -> None:
    """One looks while the ledger is held by another, who notes that the person has left: both saw what they say."""
    ada = house.customer()
    house.active()
    house.read(ada)
    with looking(house, ada, database) as other:
        other.execute(
            "INSERT INTO objections (group_id, company_id, person_id, kind, since) VALUES (%s, %s, %s, %s, now())",
            [house.group.group_id, house.alfa.company_id, ada, CARE],
        )
        other.execute("UPDATE disclosures SET until = clock_timestamp() WHERE person_id = %s", [ada])
    assert [one.until is not None for one in told(house, ada)] == [True]


def test_who_came_back_while_another_looked_is_not_gone(house: Scene, database: Postgres) -> None:
    ada = house.customer()
    house.active()
    house.read(ada)
    with walled_session(house.alfa.system(STORAGE)) as session:
        objecting.object_to(session, ada, CARE)
    house.read(ada)
    with looking(house, ada, database) as other:
        other.execute("UPDATE objections SET until = now() WHERE person_id = %s", [ada])
        other.execute(
            "INSERT INTO disclosures (group_id, company_id, scope_id, person_id, since, recipient_id)"
            " SELECT group_id, company_id, scope_id, person_id, clock_timestamp(), recipient_id"
            " FROM disclosures WHERE person_id = %s",
            [ada],
        )
    assert [one.until is None for one in told(house, ada)] == [False, True]


@contextmanager
def looking(house: Scene, person_id: UUID, database: Postgres) -> Iterator[psycopg.Connection]:
    """Beta looks at the person, and finds the ledger held by this connection, to which everything is open."""
    reader = threading.Thread(target=house.read, args=(person_id,))
    with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste")) as other:
        other.execute("LOCK TABLE disclosures IN ACCESS EXCLUSIVE MODE")
        reader.start()
        until(lambda: somebody_waits(database))
        yield other
    reader.join(10)

"""Changes are told in an order that nobody who follows it can miss anything of, whoever commits when."""

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from infra.embedded.postgres import Postgres
from tenants.acting import PurposeKind
from tenants.companies.model import Role
from tenants.consents import consenting, objecting
from tenants.database import open_session, walled_session
from tenants.feeds import publishing
from tenants.feeds.publishing import Published
from tenants.registers import batches, changes, correcting, persons, records, restricting
from tenants.registers.json_rows import Given
from tenants.registers.model import Cause, RestrictionGround
from tests import make
from tests.make import MadeCompany, MadeRegister

MARKETING = PurposeKind.MARKETING


@pytest.fixture
def alfa(database: Postgres) -> MadeCompany:
    return make.company(make.group())


@pytest.fixture
def customers(alfa: MadeCompany) -> MadeRegister:
    return make.register(alfa)


def followed(company: MadeCompany, since: int = 0, *, page: int = 1_000) -> list[Published]:
    """As a reader does it: number what is there, then read page by page."""
    with walled_session(company.system()) as session:
        publishing.publish(session)
    found: list[Published] = []
    while True:
        with walled_session(company.system()) as session:
            one = publishing.after(session, found[-1].number if found else since, limit=page)
        found += one
        if len(one) < page:
            return found


def test_whatever_changes_what_is_kept_of_somebody_is_told(alfa: MadeCompany, customers: MadeRegister) -> None:
    staff = make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))
    with walled_session(alfa.system()) as session:
        ada = persons.create(session)
        record = records.write(
            session, customers.register_id, ada, {"customer_number": "1", "name": "Ada"}, source="lomake",
            at=datetime.now(UTC),
        )  # fmt: skip
        consenting.give(session, ada, MARKETING, source="Lomake 7")
        consenting.withdraw(session, ada, MARKETING)
        objecting.object_to(session, ada, MARKETING)
        objecting.lift(session, ada, MARKETING)
    with walled_session(staff.acting(alfa, PurposeKind.RIGHTS_REQUEST)) as session:
        correcting.correct(session, ada, record, {"name": "Aada"}, source="lomake", reason="Kirjoitusvirhe")
        restricting.place(
            session, ada, ground=RestrictionGround.ACCURACY_CONTESTED, reason="Kiistää", review_on=date(2099, 1, 1)
        )
    told = followed(alfa)
    assert [one.cause for one in told] == [
        Cause.WRITTEN, Cause.CONSENTED, Cause.WITHDRAWN, Cause.OBJECTED, Cause.OBJECTION_LIFTED, Cause.CORRECTED,
        Cause.RESTRICTED,
    ]  # fmt: skip
    assert {one.person_id for one in told} == {ada}
    assert [one.record_id for one in told if one.register_id] == [record, record]
    assert [one.number for one in told] == list(range(1, 8))


def test_a_batch_is_one_row_and_as_many_changes_as_it_has_persons(alfa: MadeCompany, customers: MadeRegister) -> None:
    staff = make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))
    rows: list[Given] = [{"customer_number": str(n), "name": f"Asiakas {n}"} for n in range(5)]
    with walled_session(staff.acting(alfa, PurposeKind.STORAGE)) as session:
        written = batches.write(session, customers.register_id, rows, source="lomake")
    with walled_session(staff.acting(alfa, PurposeKind.STORAGE)) as session:
        batches.write(session, customers.register_id, rows[:2], source="lomake")
    told = followed(alfa, page=2)
    assert [(one.number, one.person_id) for one in told] == [
        (number, one.person_id) for number, one in enumerate(written, start=1)
    ]
    assert followed(alfa, since=3) == told[3:]


def test_what_was_rolled_back_is_not_told(alfa: MadeCompany) -> None:
    ada, bo = _people(alfa, 2)
    with _writing(alfa, [ada]) as session:
        session.rollback()
    with _writing(alfa, [bo]) as session:
        session.commit()
    assert [one.person_id for one in followed(alfa)] == [bo]


def test_what_is_published_in_parts_is_published_once(alfa: MadeCompany, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "AT_ONCE", 2)
    people = _people(alfa, 5)
    for person in people:
        with _writing(alfa, [person]) as session:
            session.commit()
    parts = 0
    while not _publish(alfa):
        parts += 1
    assert parts == 2
    assert [(one.number, one.person_id) for one in followed(alfa)] == list(enumerate(people, start=1))


@pytest.mark.parametrize("seed", range(20))
def test_a_reader_who_follows_the_numbers_misses_no_commit(alfa: MadeCompany, seed: int) -> None:
    """Several writers begin in one order and end in another, while somebody reads on and on."""
    chance = random.Random(seed)
    people = _people(alfa, 12)
    waiting = list(people)
    read: list[Published] = []
    with ExitStack() as open_now:
        begun: list[Session] = []
        while waiting or begun:
            step = chance.choice(("begin", "commit", "read"))
            if step == "begin" and waiting and len(begun) < 4:
                persons_of = [waiting.pop() for _ in range(min(len(waiting), chance.randint(1, 3)))]
                begun.append(open_now.enter_context(_writing(alfa, persons_of)))
            elif step == "commit" and begun:
                begun.pop(chance.randrange(len(begun))).commit()
            elif step == "read":
                read += followed(alfa, since=read[-1].number if read else 0, page=chance.randint(1, 4))
    read += followed(alfa, since=read[-1].number if read else 0)
    assert sorted(one.person_id for one in read) == sorted(people)
    assert [one.number for one in read] == list(range(1, len(people) + 1))


def test_a_sister_company_has_numbers_of_its_own(alfa: MadeCompany) -> None:
    beta = make.company(alfa.group, "beta")
    (ada,), (bo,) = _people(alfa, 1), _people(beta, 1)
    for company, person in ((alfa, ada), (beta, bo)):
        with _writing(company, [person]) as session:
            session.commit()
    assert [(one.number, one.person_id) for one in followed(beta)] == [(1, bo)]
    assert [(one.number, one.person_id) for one in followed(alfa)] == [(1, ada)]


def test_no_member_of_staff_reads_who_was_changed(alfa: MadeCompany) -> None:
    """Who was restricted would be among it."""
    (ada,) = _people(alfa, 1)
    with _writing(alfa, [ada]) as session:
        session.commit()
    followed(alfa)
    staff = make.staff(alfa.group, (Role.COMPANY_ADMIN, alfa))
    with walled_session(staff.acting(alfa, PurposeKind.STORAGE)) as session:
        assert publishing.after(session, 0, limit=10) == []


def _people(company: MadeCompany, many: int) -> list[UUID]:
    with walled_session(company.system()) as session:
        return [persons.create(session) for _ in range(many)]


@contextmanager
def _writing(company: MadeCompany, people: Sequence[UUID]) -> Iterator[Session]:
    """A transaction that has begun to write and has not ended."""
    with open_session(company.system()) as session:
        changes.note(session, Cause.WRITTEN, people)
        yield session


def _publish(company: MadeCompany) -> bool:
    with walled_session(company.system()) as session:
        return publishing.publish(session)

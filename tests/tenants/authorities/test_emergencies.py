"""Break-glass: one asks, another confirms, the clock ends it, a third reviews what was done."""

from datetime import UTC, datetime, timedelta
from threading import Thread
from uuid import UUID

import msgspec
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError, ProgrammingError

from infra.embedded.postgres import Postgres
from tenants.audit.model import AuditEntry
from tenants.authorities import disclosing, emergencies, emergency_letters, refusals
from tenants.companies.model import EmergencyAnswer, EmergencyGround, Role
from tenants.companies.permissions import NotActingHere, NotPermitted
from tenants.database import open_session, walled_session
from tenants.errors import SeveralInvalid
from tenants.ledger import received
from tenants.registers import finding, viewing
from tenants.registers.model import Record
from tests import make
from tests.queue import run_jobs
from tests.tenants.authorities.scene import EMERGENCY, RIGHTS, Scene, scene


@pytest.fixture(scope="module")
def lasting(database: Postgres) -> Scene:
    return scene()


@pytest.fixture
def house(database: Postgres) -> Scene:
    return scene()


def pass_time(database: Postgres, emergency_id: UUID) -> None:
    """As if it had begun so long ago that its time is over; nobody else can change when it ends."""
    with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste")) as connection:
        connection.execute(
            "UPDATE emergency_answers SET answered_at = answered_at - interval '4 days',"
            " ends_at = ends_at - interval '4 days' WHERE emergency_id = %s",
            [emergency_id],
        )


def test_what_another_confirmed_opens_the_registers_that_were_asked_for(house: Scene) -> None:
    ada = house.customer("Ada", "1")
    hidden = house.customer("Bo", "2", house.other)
    emergency_id = house.ask()
    with pytest.raises(NotActingHere), walled_session(house.handler.acting(house.alfa, EMERGENCY)) as session:
        viewing.person(session, ada)
    house.confirm(emergency_id)
    with walled_session(house.handler.acting(house.alfa, EMERGENCY)) as session:
        assert [one.name.fi for one in viewing.person(session, ada).registers] == ["Asiakasrekisteri"]
        assert viewing.person(session, hidden).registers == []
        assert session.scalar(select(func.count()).select_from(Record)) == 1


def test_it_opens_to_nobody_else(lasting: Scene) -> None:
    lasting.opened()
    colleague = make.staff(lasting.group, (Role.REQUEST_HANDLER, lasting.alfa))
    for who in (lasting.approver, lasting.officer, colleague):
        with pytest.raises(NotActingHere), walled_session(who.acting(lasting.alfa, EMERGENCY)) as session:
            emergencies.listed(session)
        # Nor where the code asks nothing: a role opens nothing for this purpose.
        with walled_session(who.acting(lasting.alfa, EMERGENCY)) as session:
            assert session.scalar(select(func.count()).select_from(Record)) == 0


def test_it_ends_by_the_clock_at_the_next_statement(house: Scene, database: Postgres) -> None:
    house.customer("Ada", "1")
    emergency_id = house.opened(minutes=5)
    session = open_session(house.handler.acting(house.alfa, EMERGENCY))
    with session:
        assert session.scalar(select(func.count()).select_from(Record)) == 1
        pass_time(database, emergency_id)
        assert session.scalar(select(func.count()).select_from(Record)) == 0
    with pytest.raises(NotActingHere), walled_session(house.handler.acting(house.alfa, EMERGENCY)) as session:
        emergencies.listed(session)


def test_nobody_confirms_their_own(lasting: Scene) -> None:
    asker = make.staff(lasting.group, (Role.COMPANY_ADMIN, lasting.alfa))
    with walled_session(asker.acting(lasting.alfa, RIGHTS)) as session:
        emergency_id = emergencies.ask(
            session,
            ground=EmergencyGround.PROPERTY,
            reason="Palo",
            minutes=30,
            register_ids=[lasting.customers.register_id],
        )
    with pytest.raises(refusals.OwnEmergency), walled_session(asker.acting(lasting.alfa, RIGHTS)) as session:
        emergencies.answer(session, emergency_id, confirm=True)
    given = {
        "group_id": lasting.group.group_id,
        "company_id": lasting.alfa.company_id,
        "emergency_id": emergency_id,
        "asked_by": asker.member_id,
        "refused": False,
        "ends_at": datetime.now(UTC) + timedelta(hours=1),
    }
    with pytest.raises(IntegrityError), walled_session(asker.acting(lasting.alfa, RIGHTS)) as session:
        session.execute(insert(EmergencyAnswer).values(**given, answered_by=asker.member_id))
    with pytest.raises(ProgrammingError), walled_session(asker.acting(lasting.alfa, RIGHTS)) as session:
        session.execute(insert(EmergencyAnswer).values(**given, answered_by=lasting.approver.member_id))


@pytest.mark.parametrize("minutes", [4, 72 * 60 + 1])
def test_it_lasts_from_minutes_to_three_days(lasting: Scene, minutes: int) -> None:
    with pytest.raises(SeveralInvalid) as told:
        lasting.ask(minutes=minutes)
    assert [type(one) for one in told.value.problems] == [refusals.TooManyMinutes]


def test_it_is_answered_once_and_a_refusal_opens_nothing(house: Scene) -> None:
    emergency_id = house.ask()
    house.confirm(emergency_id, confirm=False)
    with pytest.raises(refusals.AnsweredAlready):
        house.confirm(emergency_id)
    assert not house.emergency(emergency_id).running


def test_nobody_has_two_open_at_once(house: Scene) -> None:
    house.opened()
    second = house.ask()
    with pytest.raises(refusals.RunsAlready):
        house.confirm(second)


def test_of_two_that_are_confirmed_at_once_one_opens(house: Scene) -> None:
    asker = make.staff(house.group, (Role.REQUEST_HANDLER, house.alfa))
    asking = msgspec.structs.replace(house, handler=asker)
    first, second = asking.ask(), asking.ask()
    told: list[str] = []

    def confirm_the_second() -> None:
        try:
            house.confirm(second)
            told.append("opened")
        except refusals.RunsAlready:
            told.append("runs already")

    with walled_session(house.approver.acting(house.alfa, RIGHTS)) as session:
        emergencies.answer(session, first, confirm=True)
        other = Thread(target=confirm_the_second)
        other.start()
    other.join(timeout=60)
    assert told == ["runs already"]


def test_what_was_done_is_reported_and_reviewed_by_a_third(house: Scene, database: Postgres) -> None:
    ada = house.customer("Ada Esimerkki", "1")
    emergency_id = house.opened()
    with walled_session(house.handler.acting(house.alfa, EMERGENCY)) as session:
        finding.search(session, "Ada Esimerkki")
    with pytest.raises(refusals.NotReported), walled_session(house.officer.acting(house.alfa, RIGHTS)) as session:
        emergencies.review(session, emergency_id, said="Kunnossa")
    pass_time(database, emergency_id)
    with walled_session(house.alfa.system()) as session:
        emergencies.report(session, emergency_id)
    found = house.emergency(emergency_id)
    assert [(one.action, one.times, one.ids) for one in found.report] == [("persons.searched", 1, (ada,))]
    assert found.awaits_review
    with walled_session(house.alfa.system()) as session:
        [officer] = emergencies.officers(session)
        told = emergency_letters.compose(session, emergencies.TellOfEmergency(emergency_id, officer))
    assert told is not None
    assert str(emergency_id) in told.text
    assert str(ada) not in told.text
    with walled_session(house.officer.acting(house.alfa, RIGHTS)) as session:
        emergencies.review(session, emergency_id, said="Tarpeellinen")
    assert not house.emergency(emergency_id).awaits_review
    with pytest.raises(refusals.ReviewedAlready), walled_session(house.officer.acting(house.alfa, RIGHTS)) as session:
        emergencies.review(session, emergency_id, said="Uudelleen")


def test_ended_before_its_time_it_is_reported_at_once(house: Scene) -> None:
    emergency_id = house.opened()
    with walled_session(house.handler.acting(house.alfa, RIGHTS)) as session:
        emergencies.end(session, emergency_id)
    run_jobs(house.group, only="authorities.report_emergency")
    found = house.emergency(emergency_id)
    assert (found.running, found.awaits_review, found.report) == (False, True, [])
    with pytest.raises(refusals.NotRunning), walled_session(house.handler.acting(house.alfa, RIGHTS)) as session:
        emergencies.end(session, emergency_id)


def test_who_has_a_hand_in_it_does_not_review(lasting: Scene) -> None:
    with pytest.raises(NotPermitted), walled_session(lasting.approver.acting(lasting.alfa, RIGHTS)) as session:
        emergencies.review(session, lasting.police, said="Itse")


def test_data_goes_to_the_recipient_that_was_confirmed_and_to_no_other(house: Scene) -> None:
    ada = house.customer("Ada", "1")
    emergency_id = house.opened(recipient_id=house.pilvi)
    fields = [house.customers.fields["name"]]
    with walled_session(house.handler.acting(house.alfa, EMERGENCY)) as session:
        file_id = disclosing.in_emergency(
            session, emergency_id, ada, register_id=house.customers.register_id, field_ids=fields
        )
        assert b"Ada" in disclosing.take_along(session, file_id).content
        with pytest.raises(refusals.NoRegisters):
            disclosing.in_emergency(session, emergency_id, ada, register_id=house.other.register_id, field_ids=fields)
    with walled_session(house.alfa.system(RIGHTS)) as session:
        [told] = received.by_person(session, ada)
        assert (told.recipient, told.source_id) == ("Pilvi Oy", emergency_id)
        marked = select(AuditEntry.figures).where(AuditEntry.action == "emergency.disclosed")
        assert session.scalars(marked).one()["emergency"] == str(emergency_id)
    with walled_session(house.officer.acting(house.alfa, RIGHTS)) as session:
        [(file, recipient)] = disclosing.made_in(session, emergency_id)
        assert (file.file_id, file.person_ids, recipient) == (file_id, [ada], "Pilvi Oy")


def test_a_sister_company_and_another_group_see_no_emergency(lasting: Scene) -> None:
    emergency_id = lasting.ask()
    other = scene()
    at_beta = make.staff(lasting.group, (Role.COMPANY_ADMIN, lasting.beta))
    for acting in (at_beta.acting(lasting.beta, RIGHTS), other.approver.acting(other.alfa, RIGHTS)):
        with pytest.raises(refusals.NoSuchEmergency), walled_session(acting) as session:
            emergencies.answer(session, emergency_id, confirm=True)

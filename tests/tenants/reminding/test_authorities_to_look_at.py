"""Who has to decide about an authority's request or an emergency finds it above the work of the day."""

import pytest

from tenants.acting import PurposeKind
from tenants.authorities import cases, emergencies
from tenants.companies.permissions import standing
from tenants.database import walled_session
from tenants.reminding import agenda
from tenants.reminding.agenda import Kind
from tests.make import MadeMember
from tests.tenants.authorities.scene import RIGHTS, Scene, scene
from tests.tenants.processors.scene import today

pytestmark = pytest.mark.usefixtures("database")
OURS = {Kind.AUTHORITY_ASKS, Kind.EMERGENCY_ASKED, Kind.EMERGENCY_OPEN, Kind.EMERGENCY_REPORT}


def told(house: Scene, member: MadeMember, purpose: PurposeKind = RIGHTS) -> list[Kind]:
    with walled_session(member.acting(house.alfa, purpose)) as session:
        found = agenda.to_look_at(session, standing(session), today=today())
        return [one.kind for one in found if one.kind in OURS]


def test_a_request_waits_for_another_until_it_is_decided() -> None:
    house = scene()
    house.customer("Aino", "1", email="aino@esimerkki.example")
    case_id = house.open("1")
    assert told(house, house.approver) == [Kind.AUTHORITY_ASKS]
    assert told(house, house.handler) == []
    house.approve(case_id)
    assert told(house, house.approver) == []


def test_whoever_took_a_request_in_does_not_find_it_among_what_they_decide() -> None:
    house = scene()
    house.customer("Aino", "1")
    with walled_session(house.approver.acting(house.alfa, RIGHTS)) as session:
        cases.open_case(session, house.asked("1"))
    assert told(house, house.approver) == []


def test_an_emergency_is_found_at_each_of_its_steps() -> None:
    house = scene()
    emergency_id = house.ask()
    assert told(house, house.approver) == [Kind.EMERGENCY_ASKED]
    assert told(house, house.handler) == []
    house.confirm(emergency_id)
    assert told(house, house.approver) == [Kind.EMERGENCY_OPEN]
    assert told(house, house.officer) == [Kind.EMERGENCY_OPEN]
    with walled_session(house.approver.acting(house.alfa, RIGHTS)) as session:
        emergencies.end(session, emergency_id)
    with walled_session(house.alfa.system()) as session:
        emergencies.report(session, emergency_id)
    assert told(house, house.officer) == [Kind.EMERGENCY_REPORT]
    assert told(house, house.approver) == []
    with walled_session(house.officer.acting(house.alfa, RIGHTS)) as session:
        emergencies.review(session, emergency_id, said="Kunnossa")
    assert told(house, house.officer) == []


def test_one_that_was_not_confirmed_is_over() -> None:
    house = scene()
    house.confirm(house.ask(), confirm=False)
    assert told(house, house.approver) == told(house, house.officer) == []

"""A system that was locked, or in whose name others fail, waits on the list of whoever may release it."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from infra.embedded.postgres import Postgres
from tenants.acting import PurposeKind
from tenants.clients import failing, registering
from tenants.clients.failing import BY_ITSELF, Blame
from tenants.clients.model import FailureReason, Method
from tenants.companies.permissions import standing
from tenants.database import walled_session
from tenants.jobs.model import QueuedJob
from tenants.reminding import agenda, reminders
from tenants.reminding.agenda import Kind
from tenants.reminding.reminders import SendReminder
from tests.make import MadeCompany, MadeMember
from tests.tenants.processors.scene import Scene, scene, today

RIGHTS = PurposeKind.RIGHTS_REQUEST
ADDRESS = "192.0.2.7"


@pytest.fixture
def house(database: Postgres) -> Scene:
    return scene()


@pytest.fixture
def client_id(house: Scene) -> UUID:
    with walled_session(house.approver.acting(house.alfa)) as session:
        return registering.register(session, house.pilvi, name="Vanha", method=Method.CLIENT_SECRET_BASIC).client_id


def fail(house: Scene, client_id: UUID, blame: Blame, times: int) -> None:
    with walled_session(house.alfa.system()) as session:
        client = registering.get(session, client_id)
        for _ in range(times):
            failing.note(session, str(client_id), client, blame, reason=FailureReason.SECRET, address=ADDRESS)


def waits(house: Scene, member: MadeMember, company: MadeCompany, purpose: PurposeKind | None = RIGHTS) -> list[UUID]:
    with walled_session(member.acting(company, purpose)) as session:
        items = agenda.to_look_at(session, standing(session), today=today())
    return [one.about for one in items if one.kind is Kind.CLIENT_FAILURES]


@pytest.mark.parametrize("blame", [Blame.CLIENT, Blame.OTHERS])
def test_it_waits_until_somebody_has_looked(house: Scene, client_id: UUID, blame: Blame) -> None:
    most = BY_ITSELF.most if blame is Blame.CLIENT else failing.AT_ADDRESS.most
    fail(house, client_id, blame, most - 1)
    assert waits(house, house.approver, house.alfa) == []
    fail(house, client_id, blame, 2)
    assert waits(house, house.approver, house.alfa) == [house.pilvi]
    with walled_session(house.approver.acting(house.alfa)) as session:
        registering.release(session, client_id)
    assert waits(house, house.approver, house.alfa) == []


def test_neither_the_sister_company_nor_whoever_may_not_release_it_sees_it(house: Scene, client_id: UUID) -> None:
    fail(house, client_id, Blame.CLIENT, BY_ITSELF.most + 1)
    assert waits(house, house.approver, house.beta) == []
    assert waits(house, house.drafter, house.alfa, None) == []


def test_who_has_not_looked_is_reminded_the_day_after(house: Scene, client_id: UUID) -> None:
    fail(house, client_id, Blame.CLIENT, BY_ITSELF.most + 1)
    for day in (today(), today() + timedelta(days=1)):
        with walled_session(house.alfa.system(RIGHTS)) as session:
            reminders.look(session, today=day)
    with walled_session(house.group.system()) as session:
        rows = session.scalars(select(QueuedJob.arguments).where(QueuedJob.name == SendReminder.name)).all()
    assert {row["kind"] for row in rows} == {"client_failures"}
    reminded = {row["member_id"] for row in rows}
    assert str(house.approver.member_id) in reminded
    assert str(house.drafter.member_id) not in reminded

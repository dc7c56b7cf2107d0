"""A sister company that reads live is told by nature; of the copies that it took along it is to be told."""

from uuid import UUID

import pytest
from sqlalchemy import select

from infra.embedded.postgres import Postgres
from tenants.acting import PurposeKind
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.exports import shared_file
from tenants.notifying import following
from tenants.notifying.model import ConfirmedBy, Notification, NotificationState, Way
from tenants.notifying.states import state_of
from tenants.registers import erasing
from tenants.registers.model import ErasureGround
from tests import make
from tests.tenants.sharing.scene import CARE, Scene, scene

RIGHTS = PurposeKind.RIGHTS_REQUEST


@pytest.fixture
def house(database: Postgres) -> Scene:
    return scene()


def erased(house: Scene, person_id: UUID) -> list[Notification]:
    clerk = make.staff(house.alfa.group, (Role.REQUEST_HANDLER, house.alfa))
    with walled_session(clerk.acting(house.alfa, RIGHTS)) as session:
        erasing.erase(
            session,
            person_id,
            ground=ErasureGround.NOT_NEEDED,
            reason="Loppu",
            register_ids=[house.customers.register_id],
        )
    with walled_session(house.alfa.system(RIGHTS)) as session:
        following.follow(session)
    with walled_session(house.alfa.system(RIGHTS)) as session:
        return list(session.scalars(select(Notification)))


def test_a_sister_that_reads_through_the_door_is_told_by_nature(house: Scene) -> None:
    ada = house.customer()
    house.active()
    house.read(ada)
    [told] = erased(house, ada)
    assert (told.recipient_id, told.way, told.confirmed_by) == (house.beta.company_id, Way.LIVE, ConfirmedBy.LIVE)
    assert state_of(told) is NotificationState.READS_LIVE


def test_a_sister_that_took_a_copy_is_to_confirm(house: Scene) -> None:
    ada = house.customer()
    house.active()
    house.read(ada)
    taker = make.staff(house.beta.group, (Role.REGISTER_OWNER, house.beta), (Role.CUSTOMER_CARE, house.beta))
    with walled_session(taker.acting(house.beta, CARE)) as session:
        shared_file.open_share(session, house.customers.register_id)
    [told] = erased(house, ada)
    assert (told.way, state_of(told)) == (Way.BY_HAND, NotificationState.PENDING)


def test_a_sister_sees_nothing_of_what_others_are_told(house: Scene) -> None:
    ada = house.customer()
    house.active()
    house.read(ada)
    erased(house, ada)
    with walled_session(house.beta.system(RIGHTS)) as session:
        assert session.scalars(select(Notification)).all() == []

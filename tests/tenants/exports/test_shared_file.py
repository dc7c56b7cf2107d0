"""What Alfa shares leaves as a file with Beta's people, through the door and told to Alfa, while it is open."""

import csv
import io

import pytest
from sqlalchemy import select

from tenants.audit.model import AuditEntry
from tenants.companies.model import Role
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.exports import shared_file
from tenants.exports.shared_file import ChangedMeanwhile, NothingShared, OpenedShare
from tenants.ledger import received
from tests import make
from tests.make import MadeMember
from tests.tenants.sharing.scene import CARE, Scene, scene


@pytest.fixture
def house(database: object) -> Scene:
    return scene()


def taker(house: Scene) -> MadeMember:
    return make.staff(house.group, (Role.REGISTER_OWNER, house.beta), (Role.CUSTOMER_CARE, house.beta))


def opened(house: Scene, by: MadeMember) -> OpenedShare:
    with walled_session(by.acting(house.beta, CARE)) as session:
        return shared_file.open_share(session, house.customers.register_id)


def test_the_granted_fields_leave_without_formulas_and_alfa_is_told(house: Scene) -> None:
    ada = house.customer(name="=HYPERLINK(1)", segment="A", email="ada@firma.example")
    policy_id = house.active()
    text = b"".join(shared_file.csv_file(opened(house, taker(house)))).decode()
    header, row = list(csv.reader(io.StringIO(text, newline="")))
    assert (header, row) == (["_person_id", "name", "segment"], [str(ada), "'=HYPERLINK(1)", "A"])
    with walled_session(house.alfa.system()) as session:
        [noted] = received.by_person(session, ada)
    assert noted.recipient == "Beta Oy"
    with walled_session(house.beta.system()) as session:
        taken = select(AuditEntry).where(AuditEntry.action.in_(["shared.taken_along", "shared.read"]))
        entries = session.scalars(taken.order_by(AuditEntry.at)).all()
    assert [(one.action, one.about_ids) for one in entries] == [
        ("shared.taken_along", [policy_id]),
        ("shared.read", [ada]),
    ]


def test_the_file_breaks_off_when_the_door_shuts(house: Scene) -> None:
    house.customer()
    policy_id = house.active()
    begun = opened(house, taker(house))
    house.revoke(policy_id)
    with pytest.raises(ChangedMeanwhile):
        b"".join(shared_file.csv_file(begun))


def test_what_is_not_shared_is_nowhere_and_a_clerk_takes_nothing_along(house: Scene) -> None:
    with pytest.raises(NothingShared):
        opened(house, taker(house))
    house.active()
    with pytest.raises(NotPermitted):
        opened(house, make.staff(house.group, (Role.CUSTOMER_CARE, house.beta)))

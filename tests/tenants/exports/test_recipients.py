"""Art. 15(1)(c): the page of an archive names who has received the person's data."""

import pytest
from sqlalchemy import update

from tenants.base import new_id
from tenants.database import walled_session
from tenants.languages.speaking import Language
from tenants.registers.model import IdentityLevel, Register
from tests.tenants.exports.people import Customer, built, unpacked
from tests.tenants.sharing.scene import Scene, scene


@pytest.fixture
def house() -> Scene:
    return scene()


def page(house: Scene, whose: Customer, language: Language = Language.EN) -> str:
    files = unpacked(whose, built(whose, language=language))
    return next(content for name, content in files.items() if name.endswith(".html")).decode()


def test_a_sister_company_that_read_is_named_with_what_it_received(house: Scene) -> None:
    ada = Customer(house.alfa, house.customer(name="Ada", segment="A"), new_id())
    policy_id = house.active()
    house.read(ada.person_id)
    told = page(house, ada)
    assert "<td>Beta Oy</td><td>Customer register: name, segment</td><td>Customer care</td>" in told
    assert "still receives it" in told
    house.revoke(policy_id)
    again = page(house, Customer(house.alfa, ada.person_id, new_id()), Language.FI)
    assert "<td>Beta Oy</td>" in again
    assert "saa tiedot edelleen" not in again


def test_who_may_read_and_never_did_has_received_nothing(house: Scene) -> None:
    ada = Customer(house.alfa, house.customer(), new_id())
    house.active()
    assert "Beta Oy" not in page(house, ada)


def test_who_received_a_register_that_is_withheld_is_not_told(house: Scene) -> None:
    """It would tell that the person is in it, whose identity was not shown as surely as it asks for."""
    ada = Customer(house.alfa, house.customer(name="Ada"), new_id())
    house.active()
    house.read(ada.person_id)
    with walled_session(house.group.system()) as session:
        this = Register.register_id == house.customers.register_id
        session.execute(update(Register).where(this).values(identity_level=IdentityLevel.L3))
    told = page(house, ada)
    assert "Beta Oy" not in told

"""People are told to which countries outside the EEA their data goes, and on what that rests (Art. 13(1)(f))."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from infra.embedded.postgres import Postgres
from tenants.acting import visitor
from tenants.companies import companies
from tenants.database import walled_session
from tenants.errors import SeveralInvalid
from tenants.processors import publishing, transferring
from tenants.processors.model import ShownTransfer, Transfer, TransferKind
from tenants.processors.transferring import Adequacy
from tenants.registers.model import Recipient, Register
from tests.make import MadeCompany
from tests.tenants.processors.scene import DOCUMENT, SYSTEMS, Scene, scene, today

CLAUSES = Transfer("IN", TransferKind.STANDARD_CLAUSES, DOCUMENT)
FRAMEWORK = Transfer("US", TransferKind.ADEQUACY, DOCUMENT)
SWISS = Transfer("CH", TransferKind.ADEQUACY)


@pytest.fixture
def house(database: Postgres) -> Scene:
    made = scene()
    made.verify()
    return made


def told(house: Scene, company: MadeCompany | None = None) -> list[tuple[str, str, str]]:
    """As somebody reads it who is nobody here."""
    with walled_session(visitor(house.group.group_id)) as session:
        company_id = (company or house.alfa).company_id
        assert company_id in {one.company_id for one in companies.listed(session)}
        return [(one.country, one.kind, one.adequacy) for one in transferring.shown(session, company_id)]


def countries(house: Scene) -> list[str]:
    return [country for country, *_ in told(house)]


def say_of_systems(house: Scene, *, outside_eea: bool | None) -> None:
    with walled_session(house.group.system()) as session:
        for one in session.scalars(select(Register)):
            one.recipients = [Recipient(SYSTEMS.category, key=SYSTEMS.key, outside_eea=outside_eea)]


def test_a_draft_tells_nobody_anything_and_an_approved_one_tells_of_its_own_company_alone(house: Scene) -> None:
    drafted = house.draft(transfers=(CLAUSES, FRAMEWORK, SWISS))
    assert told(house) == []
    house.approve(drafted)
    assert told(house) == [
        ("CH", TransferKind.ADEQUACY, Adequacy.FOUND),
        ("IN", TransferKind.STANDARD_CLAUSES, Adequacy.NOT_FOUND),
        ("US", TransferKind.ADEQUACY, Adequacy.FOUND_FOR_SOME),
    ]
    assert told(house, house.beta) == []


def test_within_the_area_nothing_is_transferred(house: Scene) -> None:
    house.approved(transfers=(Transfer("SE", TransferKind.STANDARD_CLAUSES, DOCUMENT),))
    assert told(house) == []


def test_a_basis_that_carries_nothing_is_not_told_as_one(house: Scene) -> None:
    unshown = Transfer("US", TransferKind.ADEQUACY), Transfer("IN", TransferKind.STANDARD_CLAUSES)
    house.approved(transfers=(*unshown, Transfer("BD", TransferKind.ADEQUACY)))
    assert told(house) == []


def test_under_two_agreements_a_country_is_told_once_for_each_basis_with_the_registers_of_both(house: Scene) -> None:
    house.approved(transfers=(CLAUSES,))
    house.approved("backups", transfers=(CLAUSES, SWISS))
    assert countries(house) == ["CH", "IN"]
    with walled_session(visitor(house.group.group_id)) as session:
        found = transferring.shown(session, house.alfa.company_id)
    assert {one.registers for one in found} == {frozenset({house.customers.register_id})}


def test_where_a_sub_processor_is_counts_as_well(house: Scene) -> None:
    lower = house.processor("konesali", country="IN", countries=("IN",))
    house.engage(house.pilvi, lower, countries=("IN",))
    with pytest.raises(SeveralInvalid):
        house.approved()
    assert told(house) == []
    house.approved("backups", transfers=(CLAUSES,))
    assert countries(house) == ["IN"]


def test_it_is_told_from_its_first_day_on(house: Scene) -> None:
    house.approved(transfers=(CLAUSES,), valid_from=today() + timedelta(days=3))
    assert told(house) == []


def test_a_next_version_takes_its_place_and_with_the_agreement_it_ends(house: Scene) -> None:
    agreed = house.approved(transfers=(CLAUSES,))
    house.change(agreed, transfers=(SWISS,))
    assert countries(house) == ["IN"]
    house.approve(agreed)
    assert countries(house) == ["CH"]
    house.end(agreed)
    assert told(house) == []


def test_what_the_notice_denies_is_not_agreed_on_until_it_says_otherwise(house: Scene) -> None:
    abroad = house.processor("kaukana", country="IN", countries=("IN",))
    house.verify(abroad)
    say_of_systems(house, outside_eea=False)
    drafted = house.draft(processor_id=abroad, transfers=(CLAUSES,))
    with pytest.raises(SeveralInvalid) as refused:
        house.approve(drafted)
    assert [one.field for one in refused.value.problems] == ["registers"]
    house.approved("at-home")
    say_of_systems(house, outside_eea=None)
    house.approve(drafted)
    assert countries(house) == ["IN"]


def rows(house: Scene, agreement_id: UUID) -> int:
    with walled_session(house.beta.system()) as session:
        found = session.scalars(select(ShownTransfer).where(ShownTransfer.agreement_id == agreement_id)).all()
        return len(found)


def test_a_sister_company_hides_nothing_of_what_is_told(house: Scene) -> None:
    agreed = house.approved(transfers=(CLAUSES,))
    assert rows(house, agreed) == 1
    with walled_session(house.beta.system()) as session:
        publishing.hide(session, agreed, from_day=today())
    assert countries(house) == ["IN"]

"""A company shows what it processes as a controller (Art. 30(1)), made of what is declared and agreed."""

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Struct

from tenants.acting import PurposeKind
from tenants.companies import api_tokens
from tenants.companies.model import Role
from tenants.database import walled_session
from tenants.processors.model import Transfer, TransferKind
from tests import make
from tests.make import MadeCompany, MadeMember
from tests.services.browsing import Browser, Page
from tests.tenants.processors.scene import DOCUMENT, Scene, scene

IN_INDIA = Transfer("IN", TransferKind.STANDARD_CLAUSES, DOCUMENT)


class House(Struct, frozen=True):
    scene: Scene
    client: TestClient[Litestar]

    def record(self, member: MadeMember, company: MadeCompany | None) -> list[dict[str, Any]]:
        purpose = PurposeKind.RIGHTS_REQUEST if company else None
        with walled_session(member.acting(company, purpose)) as session:
            own = company.company_id if company else None
            token = api_tokens.issue(session, label="koe", days=1, company_id=own, purpose=purpose).token
        answer = self.client.get("/api/v1/processing-as-controller", headers={"Authorization": f"Bearer {token}"})
        found: list[dict[str, Any]] = answer.json()
        return found


@pytest.fixture(scope="module")
def house(app: Litestar, client: TestClient[Litestar]) -> House:
    """Pilvi works for Alfa, also in India; somebody looks after data protection at Alfa, and another at Beta."""
    made = scene()
    made.verify()
    made.approved(transfers=(IN_INDIA,))
    made.draft("drafted", processor_id=made.processor("luonnos"))
    for company in (made.alfa, made.beta):
        make.staff(made.group, (Role.DATA_PROTECTION_OFFICER, company))
    return House(made, client)


def test_a_sister_company_is_told_of_itself_alone(house: House) -> None:
    [one] = house.record(house.scene.approver, house.scene.beta)
    assert one["controller"]["company_id"] == str(house.scene.beta.company_id)
    [activity] = one["activities"]
    assert (activity["processors"], activity["transfers"]) == ([], [])


def test_a_program_reads_what_the_company_processes_with_whom_and_where(house: House) -> None:
    [one] = house.record(house.scene.approver, house.scene.alfa)
    [activity] = one["activities"]
    assert activity["name"]["fi"] == "Asiakasrekisteri"
    assert [each["label"]["fi"] for each in activity["purposes"]] == ["Asiakassuhteen hoito"]
    assert [each["category"]["fi"] for each in activity["recipients"]] == ["Tietojärjestelmien toimittajat"]
    assert activity["processors"] == ["Pilvi Oy"]
    assert activity["transfers"] == [{"country": "IN", "kind": "standard_clauses", "adequacy": "not_found"}]
    assert len(one["data_protection_officers"]) == 1


def test_for_the_whole_group_every_company_is_told_without_its_processors(house: House) -> None:
    found = house.record(house.scene.admin, None)
    assert {one["controller"]["company_id"] for one in found} == {
        str(company.company_id) for company in (house.scene.alfa, house.scene.beta)
    }
    told = [activity for one in found for activity in one["activities"]]
    assert [activity["processors"] for activity in told] == [[], []]
    assert sorted(len(activity["transfers"]) for activity in told) == [0, 1]


def test_staff_read_it_as_a_page_and_take_it_along_as_a_file(house: House, open_browser: Callable[[], Browser]) -> None:
    browser = open_browser()
    browser.sit_down(house.scene.approver, house.scene.alfa)
    page = Page(browser.get("/office/processors/as-controller?language=fi"))
    for told in ("Asiakasrekisteri", "Pilvi Oy", "Intia", "Tietosuojavastaava"):
        assert told in page.words
    assert "/office/processors/for-others" in page.links
    [line] = csv.DictReader(StringIO(browser.get("/office/processors/as-controller.csv?language=fi").text))
    assert line["processors"] == "Pilvi Oy"
    assert line["transfers"].startswith("Intia: vakiolausekkeet")
    assert line["purposes"].startswith("Asiakassuhteen hoito (")
